import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import type { Blueprint } from "../../reconcile/ports.ts";
import type { MountSpec, TmpfsSpec } from "../../spec/types.ts";

type Host = NonNullable<Docker.ContainerCreateOptions["HostConfig"]>;
type Mount = Docker.MountConfig[number];

/** Volumes, binds, tmpfs, secrets and configs of an instance. */
export const mountKeys = (blueprint: Blueprint): Pick<Host, "Mounts" | "Binds" | "Tmpfs"> => {
  const { spec, files = [] } = blueprint;
  return {
    Mounts: [
      ...spec.mounts.filter((mount) => !isBindString(mount)).map((mount) => mountOf(mount, blueprint)),
      ...files.map(({ source, target }): Mount => ({ Type: "bind", Source: source, Target: target, ReadOnly: true })),
    ],
    Binds: spec.mounts.filter(isBindString).map(bindString),
    Tmpfs: Object.fromEntries(spec.tmpfs.map((tmpfs) => [tmpfs.target, tmpfsOptions(tmpfs)])),
  };
};

// Only the string form makes a missing source (Compose spec, volumes, short syntax).
const isBindString = (mount: MountSpec): boolean => mount.kind === "bind" && mount.createHostPath;

const bindString = ({ source, target, readOnly, propagation }: MountSpec): string => {
  const options = [...(readOnly ? ["ro"] : []), ...(propagation === undefined ? [] : [propagation])];
  return `${source}:${target}${options.length === 0 ? "" : `:${options.join(",")}`}`;
};

const mountOf = (mount: MountSpec, blueprint: Blueprint): Mount => ({
  Type: mount.kind,
  Source: mount.kind === "bind" ? (mount.source ?? "") : volumeOf(mount, blueprint),
  Target: mount.target,
  ReadOnly: mount.readOnly,
  ...(mount.propagation === undefined ? {} : { BindOptions: { Propagation: mount.propagation } }),
  ...volumeOptions(mount),
});

const volumeOf = ({ source, target }: MountSpec, { volumeNames, slotVolumes }: Blueprint): string => {
  const name = source === null ? slotVolumes[target] : (volumeNames[source] ?? source);
  // Without a source the engine would make a volume that nobody finds again.
  if (name === undefined) throw new InstarError("INS7005", `no volume was chosen for ${target}`);
  return name;
};

const volumeOptions = ({ noCopy, subpath }: MountSpec): Pick<Mount, "VolumeOptions"> =>
  noCopy === undefined && subpath === undefined
    ? {}
    : ({
        VolumeOptions: { ...(noCopy === undefined ? {} : { NoCopy: noCopy }), ...(subpath === undefined ? {} : { Subpath: subpath }) },
      } as Pick<Mount, "VolumeOptions">);

const tmpfsOptions = (tmpfs: TmpfsSpec): string =>
  [
    tmpfs.sizeBytes === null ? null : `size=${tmpfs.sizeBytes}`,
    tmpfs.mode === null ? null : `mode=${tmpfs.mode.toString(8)}`,
    ...(tmpfs.options ?? []),
  ]
    .filter((option) => option !== null)
    .join(",");
