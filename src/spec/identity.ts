import { hashOf } from "../lib/hash.ts";
import { contextIdentity } from "./context.ts";
import type { FileSpec, ImageIdentity, MountSpec, PortSpec, ServiceSpec } from "./types.ts";
import { byText } from "./values.ts";

export { short } from "../lib/hash.ts";

export type Names = Readonly<Record<string, string>>;

/**
 * Keys of the spec that reach container create and so decide replacement. `ports` only where the engine binds them;
 * `stopGraceMs` is given at stop, and whether a bind's source is made changes nothing for a container that runs.
 */
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
  "container",
  "files",
  "expose",
] as const satisfies readonly (keyof ServiceSpec)[];

const engineBound = (port: PortSpec): boolean => port.mode === "host" || port.protocol === "udp";

const mountIdentity = ({ createHostPath: _, ...mount }: MountSpec, volumeNames: Names): object => ({
  ...mount,
  source: mount.kind === "volume" && mount.source !== null ? (volumeNames[mount.source] ?? mount.source) : mount.source,
});

/** Whose file it is and what is in it; under which key it was declared is nobody's business. */
const fileIdentity = ({ target, uid, gid, mode, version }: FileSpec): object => ({ target, uid, gid, mode, version });

/**
 * sha256 hex (JCS) over what reaches container create. Of the image it takes `shown`, the one digest that stays when others become
 * known; an image that is the same by membership must be carried over first (`carryImage`). Volumes and networks enter by the
 * engine's name. A stored revision is hashed with the `specVersion` that made it.
 */
export function instanceHash(
  spec: ServiceSpec,
  image: ImageIdentity,
  volumeNames: Names,
  networkNames: Names,
  specVersion: number,
): string {
  const networks = Object.entries(spec.networks).map(([key, attachment]) => ({
    ...attachment,
    name: networkNames[key] ?? key,
    aliases: [...attachment.aliases].sort(byText),
  }));
  // A key that a spec does not have is not hashed: revisions from before the key keep their hash.
  const plain = Object.fromEntries(INSTANCE_KEYS.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]]));
  return hashOf({
    ...plain,
    specVersion,
    image: image.shown,
    mounts: spec.mounts.map((mount) => mountIdentity(mount, volumeNames)),
    networks: networks.sort((a, b) => byText(a.name, b.name)),
    ports: spec.ports.filter(engineBound),
    ...(spec.files === undefined ? {} : { files: spec.files.map(fileIdentity) }),
    ...(spec.context === undefined ? {} : { context: contextIdentity(spec.context) }),
  });
}

/** sha256 hex (JCS) over the whole spec, the image and the engine's names: what a rollback restores. Replicas too, though `scale` makes no revision. */
export function revisionHash(
  spec: ServiceSpec,
  image: ImageIdentity,
  volumeNames: Names,
  networkNames: Names,
  specVersion: number,
): string {
  return hashOf({
    specVersion,
    spec,
    image: image.shown,
    volumeNames: usedVolumeNames(spec, volumeNames),
    networkNames: usedNetworkNames(spec, networkNames),
  });
}

/** The names a service uses, by key; others of its stack are none of its business. */
function usedVolumeNames(spec: ServiceSpec, names: Names): Names {
  return pick(
    names,
    spec.mounts.flatMap(({ kind, source }) => (kind === "volume" && source !== null ? [source] : [])),
  );
}

function usedNetworkNames(spec: ServiceSpec, names: Names): Names {
  return pick(names, Object.keys(spec.networks));
}

const pick = (names: Names, keys: readonly string[]): Names =>
  Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(names, key) ? [[key, names[key] ?? ""]] : [])));

/** Two images are the same when they share a digest: the engine, a registry and the image store each know it by another. */
export function sameImage(a: ImageIdentity, b: ImageIdentity): boolean {
  const known = new Set(a.digests);
  return b.digests.some((digest) => known.has(digest));
}

/** Of the jobs that do not run with the image of their service. */
export const ownImages = ({ jobs = {} }: ServiceSpec): readonly ImageIdentity[] =>
  Object.values(jobs).flatMap(({ resolved }) => resolved ?? []);

/** The image found now, with the digest it was identified by before when it is the same one: its hash does not change. */
export function carryImage(before: ImageIdentity | null, now: ImageIdentity): ImageIdentity {
  if (before === null || !sameImage(before, now)) return now;
  return { ...now, shown: before.shown, digests: [...new Set([...before.digests, ...now.digests])].sort(byText) };
}
