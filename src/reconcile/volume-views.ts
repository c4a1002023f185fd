import { InstarError } from "../errors.ts";
import type { Revision, VolumeSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Engine, EngineVolume, VolumeUser } from "./ports.ts";
import type { Snapshot } from "./snapshots.ts";
import type { Store } from "./store.ts";
import type { VolumeView } from "./volume-control.ts";
import type { VolumeLocks } from "./volume-locks.ts";

interface Seen {
  readonly volumes: readonly EngineVolume[];
  readonly users: readonly VolumeUser[];
  readonly sizes: ReadonlyMap<string, number>;
  /** Newest first. */
  readonly snapshots: readonly Snapshot[];
  readonly wanted: ReadonlySet<string>;
  readonly locks: VolumeLocks;
  /** Volume → since when. */
  readonly frozen: ReadonlyMap<string, number>;
}

/** Ours, and those of others that an instance of ours mounts; by name. */
export function volumeViews({ volumes, users, sizes, snapshots, wanted, locks, frozen }: Seen): VolumeView[] {
  return (
    volumes
      // The router's own files have no stack.
      .filter(({ name, stack, ours }) => (ours && stack !== null) || users.some((user) => user.ours && user.volume === name))
      .map(({ name, stack, ours }): VolumeView => {
        const mine = users.filter((user) => user.volume === name);
        const taken = snapshots.filter((snapshot) => snapshot.volume === name);
        const [last] = taken;
        return {
          ...{ name, stack, ours, bytes: sizes.get(name) ?? null },
          users: mine.map(({ container, service, running, readOnly }) => ({ container, service, running, readOnly })),
          snapshots: taken.length,
          lastSnapshot: last === undefined ? null : { id: last.id, createdAt: last.createdAt },
          orphan: ours && mine.length === 0 && !wanted.has(name),
          halfRestored: locks.halfRestored.get(name) ?? null,
          work: locks.workOn(name),
          frozenSince: frozen.get(name) ?? null,
        };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  );
}

/** Engine names of what the stacks' files declare and the services' present revisions mount. */
export async function wantedVolumes(store: Store): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>();
  for (const stack of await store.stacks()) {
    if (stack.removed) continue;
    for (const { name } of Object.values(JSON.parse(stack.volumes) as Record<string, VolumeSpec>)) wanted.add(name);
  }
  for (const row of await store.services()) {
    const revision = row.removed ? null : await store.revision(row, row.target);
    if (revision === null) continue;
    for (const name of Object.values(revision.volumeNames)) wanted.add(name);
    // Of a slot that is away too: it comes back to its data.
    for (const name of await slotVolumes(store, revision)) wanted.add(name);
  }
  return wanted;
}

/** Engine names of the volumes that belong to the service's slots at the paths of this revision, whether an instance is there or not. */
async function slotVolumes(store: Store, { stack, service, spec }: Revision): Promise<string[]> {
  const paths = new Set(spec.mounts.filter(({ kind, source }) => kind === "volume" && source === null).map(({ target }) => target));
  const rows = await store.volumes(stack);
  return rows.filter(({ owner }) => owner?.service === service && paths.has(owner.target)).map(({ name }) => name);
}

/** Engine names of the volumes that a revision's instances write to, those without a name excepted. */
export function writtenVolumes(revision: Pick<Revision, "spec" | "volumeNames">): string[] {
  const written = revision.spec.mounts.filter((mount) => mount.kind === "volume" && !mount.readOnly);
  return [...new Set(written.flatMap(({ source }) => (source === null ? [] : [revision.volumeNames[source] ?? source])))];
}

/** The service whose present revision writes to it, where none of its instances is there. */
export async function writerOf(store: Store, volume: string): Promise<ServiceKey | null> {
  for (const row of await store.services()) {
    const revision = row.removed ? null : await store.revision(row, row.target);
    if (revision !== null && [...writtenVolumes(revision), ...(await slotVolumes(store, revision))].includes(volume)) return row;
  }
  return null;
}

/**
 * What a service (`service` or `stack/service`) writes to: named by its present revision, or mounted by an instance of it.
 * Raises INS2002, INS2003; INS2012 where there is nothing.
 */
export async function volumesOfService(store: Store, engine: Engine, name: string): Promise<readonly string[]> {
  const [stack, service] = name.includes("/") ? name.split("/", 2) : [undefined, name];
  const found = (await store.services(stack)).filter((row) => !row.removed && row.service === service);
  const [row] = found;
  if (row === undefined) throw new InstarError("INS2012", `there is no volume and no service ${name}`);
  if (found.length > 1) throw new InstarError("INS2003", `${name} is in ${found.map((one) => one.stack).join(" and ")}`);
  const revision = await store.revision(row, row.target);
  const mounted = (await engine.volumeUsers()).filter(
    (user) => user.ours && !user.readOnly && user.stack === row.stack && user.service === row.service,
  );
  const own = revision === null ? [] : [...writtenVolumes(revision), ...(await slotVolumes(store, revision))];
  const names = new Set([...own, ...mounted.map((user) => user.volume)]);
  if (names.size === 0) throw new InstarError("INS2012", `${row.stack}/${row.service} writes to no volume`);
  return [...names].sort();
}
