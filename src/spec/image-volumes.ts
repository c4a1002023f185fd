import type { ImageIdentity, MountSpec, ServiceSpec } from "./types.ts";
import { byText } from "./values.ts";

/**
 * The service with a mount for every path its image declares as a volume and nothing else covers: such data belongs to the
 * slot and passes from instance to instance, as if the file had said `volumes: [/path]`. Those of another image go.
 */
export function withImageVolumes(spec: ServiceSpec, image: ImageIdentity): ServiceSpec {
  const own = spec.mounts.filter((mount) => mount.fromImage !== true);
  const covered = new Set([...own, ...spec.tmpfs].map(({ target }) => target));
  const declared = (image.volumes ?? []).filter((target) => !covered.has(target));
  if (declared.length === 0 && own.length === spec.mounts.length) return spec;
  const mounts = declared.map(
    (target): MountSpec => ({ kind: "volume", source: null, target, readOnly: false, createHostPath: false, fromImage: true }),
  );
  return { ...spec, mounts: [...own, ...mounts].sort((a, b) => byText(a.target, b.target)) };
}

/** A path that held a volume and would hold something else. */
export interface Swap {
  readonly target: string;
  /** The engine's name, or words for what has none. */
  readonly before: string;
  readonly after: string;
}

interface Mounted {
  readonly spec: Pick<ServiceSpec, "mounts" | "tmpfs">;
  readonly volumeNames: Readonly<Record<string, string>>;
}

/** Paths at which `after` would not find the data that `before` wrote there. A path that is no longer mounted is none of them. */
export function swapsOf(before: Mounted, after: Mounted): readonly Swap[] {
  return before.spec.mounts.flatMap((mount) => {
    if (mount.kind !== "volume" || mount.readOnly) return [];
    const was = nameOf(mount, before.volumeNames);
    const successor = after.spec.mounts.find(({ target }) => target === mount.target);
    const scratch = after.spec.tmpfs.some(({ target }) => target === mount.target) ? "a tmpfs" : null;
    const is = successor === undefined ? scratch : nameOf(successor, after.volumeNames);
    return is === null || is === was ? [] : [{ target: mount.target, before: was, after: is }];
  });
}

const nameOf = ({ kind, source }: MountSpec, names: Readonly<Record<string, string>>): string =>
  source === null ? "a volume of its slot" : kind === "volume" ? (names[source] ?? source) : source;
