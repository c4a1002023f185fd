import { InstarError } from "../errors.ts";
import { hashOf } from "../lib/hash.ts";
import { singleWriterPath } from "../plan/choose.ts";
import { swapsOf } from "../spec/image-volumes.ts";
import type { Revision, ServiceSpec, StackSpec, VolumeSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Engine, SlotPath } from "./ports.ts";
import type { Prepared } from "./prepare.ts";
import type { ServiceRow, Store, VolumeRow } from "./store.ts";

/**
 * Engine names of the volumes that a stack's file declares shared: `shared: true`, or mounted read-write by several
 * services or replicas; `shared: false` forbids it (law 6).
 */
export function sharedVolumes(store: Store, stack: string): Promise<ReadonlySet<string>> {
  return sharedBy(store, stack, ({ replicas }) => replicas);
}

async function sharedBy(store: Store, stack: string, count: (row: ServiceRow) => number): Promise<ReadonlySet<string>> {
  const row = await store.stack(stack);
  const declared = row === null ? {} : (JSON.parse(row.volumes) as Record<string, VolumeSpec>);
  const services = (await store.services(stack)).filter(({ removed }) => !removed);
  return sharedAmong(
    declared,
    services.map((service) => ({ spec: service.applied, replicas: count(service) })),
  );
}

/** The same for one of the stack's services: who mounts no volume need not know, and the others are not read. */
export async function sharedVolumesOf(store: Store, { stack, spec }: Pick<Revision, "stack" | "spec">): Promise<ReadonlySet<string>> {
  return spec.mounts.some(({ kind, readOnly }) => kind === "volume" && !readOnly) ? sharedVolumes(store, stack) : NONE;
}

const NONE: ReadonlySet<string> = new Set();

/** The same for services that are not rows yet. */
export function sharedAmong(
  declared: Readonly<Record<string, VolumeSpec>>,
  services: readonly { readonly spec: Pick<ServiceSpec, "mounts">; readonly replicas: number }[],
): ReadonlySet<string> {
  const writers = new Map<string, number>();
  for (const { spec, replicas } of services) {
    const names = new Set(spec.mounts.filter((m) => m.kind === "volume" && !m.readOnly && m.source !== null).map((m) => m.source ?? ""));
    for (const name of names) writers.set(name, (writers.get(name) ?? 0) + replicas);
  }
  const shared = new Set<string>();
  for (const [key, count] of writers) {
    const volume = declared[key];
    if (volume?.shared === true || (volume?.shared !== false && count > 1)) shared.add(volume?.name ?? key);
  }
  return shared;
}

/**
 * More instances than the file says make no second writer: only the file declares that (law 6). Raises INS2091.
 *
 * @param wanted how many instances there are to be
 * @param declared how many the file says
 * @param shared what the file declares shared
 */
export function refuseSecondWriter(
  { stack, service }: ServiceKey,
  { spec, volumeNames }: Pick<Revision, "spec" | "volumeNames">,
  wanted: number,
  declared: number,
  shared: ReadonlySet<string>,
): void {
  if (wanted < 2 || declared > 1) return;
  const path = singleWriterPath(spec, volumeNames, shared);
  if (path !== null) throw new InstarError("INS2091", `${wanted} instances of ${stack}/${service} would write to ${path} at once`);
}

/** The same for a service that is a row, and this revision of it. */
export async function refuseScaling(store: Store, row: ServiceRow, revision: Revision, wanted: number, said: number): Promise<void> {
  if (wanted < 2 || said > 1) return;
  const shared = await sharedBy(store, row.stack, ({ applied }) => applied.replicas);
  refuseSecondWriter(row, revision, wanted, said, shared);
}

interface Ground {
  readonly store: Store;
  readonly engine: Engine;
}

/**
 * The volumes a file declares, made once and then only found again: one that was there and is gone is missed, for an empty
 * one in its place would be a loss without a word. `adopted`: those about to be taken over as they are.
 * Raises INS3020, INS3003, INS1008.
 */
export async function groundVolumes(
  { store, engine }: Ground,
  stack: StackSpec,
  accepted: readonly string[],
  adopted: readonly VolumeRow[],
): Promise<void> {
  const rows = new Map([...(await store.volumes()), ...adopted].map((row) => [row.name, row]));
  const there = new Set((await engine.volumes()).map(({ name }) => name));
  for (const [key, spec] of Object.entries(stack.volumes)) {
    const row = rows.get(spec.name);
    if (row !== undefined && !there.has(spec.name) && !isAccepted(accepted, spec.name, pathsOf(stack, key))) throw gone(spec.name);
    if (row?.origin === "adopted" && there.has(spec.name)) continue;
    await engine.ensureVolume(stack.name, spec);
    if (!spec.external && row === undefined) await store.putVolume(made(spec.name, stack.name, null));
  }
  // One of a slot is not missed any more, and made with the instance that needs it.
  for (const { name, owner } of await store.volumes(stack.name))
    if (owner !== null && !there.has(name) && isAccepted(accepted, name, [owner.target])) await store.dropVolume(name);
}

/** What `up` would miss, or the deployments that it begins. Raises INS3020. */
export async function refuseGone(
  { store, engine }: Ground,
  stack: StackSpec,
  prepared: readonly Prepared[],
  accepted: readonly string[],
): Promise<void> {
  const there = new Set((await engine.volumes()).map(({ name }) => name));
  const lost = (await store.volumes()).filter(({ name }) => !there.has(name));
  for (const { name } of lost)
    for (const [key, spec] of Object.entries(stack.volumes))
      if (spec.name === name && !isAccepted(accepted, name, pathsOf(stack, key))) throw gone(name);
  for (const { name, stack: of, owner } of lost)
    if (of === stack.name && owner !== null && !isAccepted(accepted, name, [owner.target]) && prepared.some((p) => takes(p, owner)))
      throw gone(name);
}

/** An instance of this slot is about to be made with it. */
const takes = ({ key, action, replicas, spec }: Prepared, { service, slot, target }: SlotPath): boolean =>
  key.service === service &&
  !["none", "pinned"].includes(action) &&
  slot <= replicas &&
  spec.mounts.some((mount) => mount.kind === "volume" && mount.source === null && mount.target === target);

const isAccepted = (accepted: readonly string[], name: string, paths: readonly string[]): boolean =>
  [name, ...paths].some((one) => accepted.includes(one));

/** Where the file's services mount it. */
const pathsOf = ({ services }: StackSpec, key: string): string[] =>
  Object.values(services).flatMap(({ mounts }) =>
    mounts.filter(({ kind, source }) => kind === "volume" && source === key).map(({ target }) => target),
  );

/**
 * Content is put back only into what this installation made or adopted, and into what is gone, which is made again. Raises INS3002 for
 * any other of these volumes.
 */
export async function refuseForeign({ store, engine }: Ground, names: readonly string[]): Promise<void> {
  const adopted = new Set((await store.volumes()).filter(({ origin }) => origin === "adopted").map(({ name }) => name));
  const foreign = (await engine.volumes()).find(({ name, ours }) => names.includes(name) && !ours && !adopted.has(name));
  if (foreign !== undefined)
    throw new InstarError("INS3002", `the volume ${foreign.name} is not ours: no content is put back into it`, {
      hint: "roll back without --data; its content can be put back by hand: instar snapshot ls, then instar snapshot export ID writes a tar",
    });
}

const made = (name: string, stack: string, owner: SlotPath | null): VolumeRow => ({ name, stack, owner, origin: "made" });

const gone = (name: string): InstarError => new InstarError("INS3020", `the volume ${name} was there and is gone`);

/**
 * Path → volume for the paths that belong to this slot: the ones it had before, whatever its revision, else new ones.
 * Everything the revision mounts must be there, for the engine makes an empty one of what is missing. Raises INS3020.
 */
export async function volumesOfSlot({ store, engine }: Ground, revision: Revision, slot: number): Promise<Record<string, string>> {
  const mounted = revision.spec.mounts.filter(({ kind }) => kind === "volume");
  if (mounted.length === 0) return {};
  const there = new Set((await engine.volumes()).map(({ name }) => name));
  const rows = await store.volumes(revision.stack);
  const chosen: Record<string, string> = {};
  for (const { source, target } of mounted) {
    if (source !== null) {
      const name = revision.volumeNames[source] ?? source;
      if (!there.has(name)) throw gone(name);
      continue;
    }
    const owner: SlotPath = { service: revision.service, slot, target };
    const row = rows.find((one) => sameOwner(one.owner, owner));
    const name = row?.name ?? slotVolumeName(revision.stack, owner);
    chosen[target] = name;
    if (row !== undefined && !there.has(name)) throw gone(name);
    if (row !== undefined) continue;
    // A crash in between leaves a volume of this very name and label: it is found by the next one.
    await engine.ensureVolume(revision.stack, plainVolume(name), owner);
    await store.putVolume(made(name, revision.stack, owner));
  }
  return chosen;
}

/** Engine names of everything an instance of this slot mounts. */
export async function mountedVolumes(store: Store, revision: Revision, slot: number): Promise<readonly string[]> {
  const rows = await store.volumes(revision.stack);
  return revision.spec.mounts.flatMap(({ kind, source, target }) => {
    if (kind !== "volume") return [];
    if (source !== null) return [revision.volumeNames[source] ?? source];
    const owner = { service: revision.service, slot, target };
    return rows.filter((row) => sameOwner(row.owner, owner)).map(({ name }) => name);
  });
}

export const plainVolume = (name: string): VolumeSpec => ({
  ...{ name, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null },
});

const sameOwner = (a: SlotPath | null, b: SlotPath): boolean =>
  a !== null && a.service === b.service && a.slot === b.slot && a.target === b.target;

/** `shop_db_1_var-lib-mysql_3fa9c1`: readable, and of the engine's alphabet whatever the path. */
const slotVolumeName = (stack: string, { service, slot, target }: SlotPath): string =>
  `${stack}_${service}_${slot}_${target
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40)}_${hashOf([stack, service, slot, target]).slice(0, 6)}`;

/** Refuses what would hide data that was written: another volume at the path of the last revision's. Raises INS2020. */
export function refuseSwaps(prepared: readonly Prepared[], accepted: readonly string[]): void {
  for (const p of prepared) {
    if (p.current === null || p.action === "pinned") continue;
    const swap = swapsOf(p.current, p).find(({ target, after }) => !accepted.includes(target) && !accepted.includes(after));
    if (swap !== undefined)
      throw new InstarError(
        "INS2020",
        `${p.key.service}: ${swap.before} is mounted at ${swap.target}, and ${swap.after} would take its place`,
        {
          hint: `mount ${swap.before} there, or allow it: --accept-volume ${/^[\w.-]+$/.test(swap.after) ? swap.after : swap.target}; nothing is deleted either way`,
        },
      );
  }
}
