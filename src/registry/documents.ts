import { createHash } from "node:crypto";
import { InstarError } from "../errors.ts";
import type { Descriptor } from "../reconcile/registry-port.ts";
import { jsonIn } from "./tokens.ts";

/** Everything a tag may name. Without the lists a registry answers with an old form, under another digest. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;
export const INDEX_TYPES: readonly string[] = MANIFEST_TYPES.slice(0, 2);

export const DIGEST = /^sha256:[a-f0-9]{64}$/;
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

interface Child extends Descriptor {
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

/** Of an index, the manifest for `linux/amd64` (the first of that kind, as the engine takes it); null without one. */
export function childFor(body: Buffer, platform: string, whose: string): Descriptor | null {
  const [os, architecture] = platform.split("/");
  const children = (jsonIn(body, whose) as { manifests?: readonly Child[] } | null)?.manifests;
  if (!Array.isArray(children)) throw new InstarError("INS3029", `${whose} is an index without manifests`);
  const found = (children as readonly Child[]).filter(
    (child) => child?.platform?.os === os && child.platform?.architecture === architecture,
  );
  const child = found.find(({ platform: own }) => own?.variant === undefined) ?? found[0];
  if (child !== undefined && !DIGEST.test(child.digest)) throw new InstarError("INS3029", `${whose} names ${JSON.stringify(child.digest)}`);
  return child ?? null;
}

/** The config's digest of an image manifest. Raises INS3029. */
export function configIn(body: Buffer, whose: string): string {
  const digest = (jsonIn(body, whose) as { config?: { digest?: unknown } } | null)?.config?.digest;
  if (typeof digest !== "string" || !DIGEST.test(digest)) throw new InstarError("INS3029", `${whose} names no config`);
  return digest;
}

/** `manifests` of an index that lists referrers. Raises INS3029. */
export function descriptorsIn(body: Buffer, whose: string): readonly Descriptor[] {
  const list = (jsonIn(body, whose) as { manifests?: unknown } | null)?.manifests;
  if (!Array.isArray(list)) throw new InstarError("INS3029", `${whose} is no index`);
  return list.filter((one): one is Descriptor => {
    const { digest, mediaType, size } = (one ?? {}) as Record<string, unknown>;
    return typeof digest === "string" && DIGEST.test(digest) && typeof mediaType === "string" && typeof size === "number";
  });
}
