import canonicalize from "canonicalize";
import { sha256 } from "../lib/hash.ts";
import type { ImageIdentity, ServiceSpec } from "./types.ts";

/** The part of a service that reaches container create, key by key. It decides replacement. */
export const INSTANCE_KEYS = [
  "command",
  "entrypoint",
  "environment",
  "user",
  "workingDir",
  "hostname",
  "labels",
  "mounts",
  "tmpfs",
  "readOnly",
  "capAdd",
  "capDrop",
  "init",
  "stopSignal",
  "logging",
  "resources",
  "healthcheck",
  "restart",
  "networks",
  "networkMode",
  "expose",
] as const satisfies readonly (keyof ServiceSpec)[];

type Names = Readonly<Record<string, string>>;

/**
 * sha256 hex over what reaches container create: the instance keys, the ports that the engine itself binds, the
 * engine names of volumes and networks, and the image's shown digest (the platform manifest's, or the config's for
 * a local image: one stable member of the set). JCS (RFC 8785).
 */
export function instanceHash(spec: ServiceSpec, image: ImageIdentity, volumeNames: Names, networkNames: Names, specVersion: number): string {
  const picked = Object.fromEntries(INSTANCE_KEYS.map((key) => [key, spec[key]]));
  const ports = spec.ports.filter((p) => p.mode === "host" || p.protocol === "udp");
  return digest({ specVersion, ...picked, ports, image: image.shown, volumeNames, networkNames });
}

/** sha256 hex over the whole service and its image. */
export function revisionHash(spec: ServiceSpec, image: ImageIdentity, volumeNames: Names, networkNames: Names, specVersion: number): string {
  return digest({ specVersion, spec, image: image.shown, volumeNames, networkNames });
}

/** 12 hex digits, for people. */
export const short = (hash: string): string => hash.replace(/^sha256:/, "").slice(0, 12);

/** Two images are one when they share a digest. */
export const sameImage = (a: ImageIdentity, b: ImageIdentity): boolean => a.digests.some((d) => b.digests.includes(d));

const digest = (value: unknown): string => sha256(canonicalize(value) ?? "");
