import { InstarError } from "../errors.ts";
import { choose } from "../plan/choose.ts";
import type { PreludeKind } from "../plan/types.ts";
import type { Revision, SnapshotSpec, VolumeSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { owe } from "./giving-back.ts";
import type { DeploymentRow, Store } from "./store.ts";
import type { VolumeDesk } from "./volume-desk.ts";
import { writtenVolumes } from "./volume-views.ts";
import { sharedVolumes } from "./volumes.ts";

/** Kept before `rollback --data` overwrites it, whatever the file says. */
const SAFETY: Kept = { keep: null, maxAgeMs: null, freeze: false };

interface Kept extends SnapshotSpec {
  /** Its writers can be made to stand still. */
  readonly freeze: boolean;
}

/** Volume → which of its snapshots are kept, for those the revision writes to and whose file asks for it. */
export async function snapshotVolumes(
  store: Store,
  stack: string,
  revision: Pick<Revision, "spec" | "volumeNames">,
): Promise<ReadonlyMap<string, Kept>> {
  const row = await store.stack(stack);
  return declaredSnapshots(row === null ? {} : (JSON.parse(row.volumes) as Record<string, VolumeSpec>), revision);
}

export function declaredSnapshots(
  declared: Readonly<Record<string, VolumeSpec>>,
  revision: Pick<Revision, "spec" | "volumeNames">,
): ReadonlyMap<string, Kept> {
  const written = new Set(writtenVolumes(revision));
  const found = Object.values(declared).filter(({ name, snapshot }) => snapshot !== undefined && written.has(name));
  return new Map(found.map(({ name, snapshot, freeze }) => [name, { ...(snapshot ?? SAFETY), freeze: freeze !== undefined }]));
}

/**
 * What a deployment does to the volumes between the stop and the start. On the way back nothing, but for what it restored itself
 * (`giving-back.ts`). Where several instances may write at once (`together`) none is stopped first, and nothing is restored. A snapshot
 * that the file declares is never left out: what still has a writer that cannot be frozen then fails the deployment (INS3011).
 */
export async function preludeOf(
  store: Store,
  deployment: DeploymentRow | null,
  revision: Revision,
  together = false,
): Promise<readonly PreludeKind[]> {
  if (deployment === null || deployment.direction === "back") return [];
  if (Object.keys(deployment.restores ?? {}).length > 0 && !together) return ["snapshot", "restore"];
  const declared = await snapshotVolumes(store, revision.stack, revision);
  if (declared.size === 0) return [];
  if (deployment.from === deployment.to) return (await neverStarted(store, deployment, revision)) ? ["snapshot"] : [];
  return deployment.from !== null || (await findsData(store, deployment, declared)) ? ["snapshot"] : [];
}

/** Deployments looked back at for one that succeeded. */
const REMEMBERED = 100;

/** The revision came while no instance was wanted, and none of it has started yet: what is in the volumes is the earlier one's. */
async function neverStarted(store: Store, { id, stack, service, to }: DeploymentRow, revision: Revision): Promise<boolean> {
  let came = false;
  for (const one of await store.deployments({ stack, service }, REMEMBERED)) {
    if (one.id === id) continue;
    if (one.to !== to) break;
    if ((await store.steps(one.id)).some((step) => step.do === "start")) return false;
    // Of the same content nothing is started either: the instances are its own already.
    if (one.from !== null && one.from !== to)
      came = (await store.revision({ stack, service }, one.from))?.instanceHash !== revision.instanceHash;
  }
  return came;
}

/**
 * No revision is good, and yet its volumes are written: by another one, before the service went down, or by the Compose project that it
 * takes over. Where several write, containers of the project still may, and nothing freezes those.
 */
async function findsData(store: Store, { stack, service, to }: DeploymentRow, declared: ReadonlyMap<string, Kept>): Promise<boolean> {
  const before = await store.deployments({ stack, service }, REMEMBERED);
  const good = before.find(({ outcome, strategy }) => outcome === "succeeded" && strategy !== "remove");
  if (good !== undefined) return good.to !== to;
  const shared = await sharedVolumes(store, stack);
  return (await store.volumes(stack)).some(({ name, origin }) => origin === "adopted" && declared.has(name) && !shared.has(name));
}

interface Doing {
  readonly key: ServiceKey;
  readonly slot: number;
  readonly deployment: string;
  readonly revision: Revision;
}

/** Before anything is stopped for it. Raises INS3013. */
export async function needRoom(store: Store, contents: VolumeDesk, { deployment, revision }: Doing): Promise<void> {
  const row = await store.deployment(deployment);
  if (!(await preludeOf(store, row, revision)).includes("snapshot") || row === null) return;
  // Should it fail, what the older revision wrote on the content it got back is kept as well.
  await contents.needRoom([...(await volumesOf(store, row, revision)).keys()], Object.values(row.restores ?? {}));
}

const volumesOf = async (store: Store, row: DeploymentRow, revision: Revision): Promise<ReadonlyMap<string, Kept>> =>
  new Map([
    ...Object.keys(row.restores ?? {}).map((volume): [string, Kept] => [volume, SAFETY]),
    ...(await snapshotVolumes(store, revision.stack, revision)),
  ]);

/** May be repeated: what is recorded as done is not done again. Raises INS3011 to INS3015. */
export async function performPrelude(store: Store, contents: VolumeDesk, kind: PreludeKind, doing: Doing): Promise<void> {
  const row = await store.deployment(doing.deployment);
  if (row === null) throw new InstarError("INS7005", `there is no deployment ${doing.deployment}`);
  const quiet = (): void => undefined;
  const { who } = row.cause;
  if (kind === "restore") {
    for (const [volume, snapshot] of Object.entries(row.restores ?? {}))
      if (!(await contents.putBack(snapshot, who, { may: () => owe(store, doing.key, row.id, volume) }))) return;
  } else
    for (const [volume, retention] of await volumesOf(store, row, doing.revision)) {
      const taken = (await store.deployment(doing.deployment))?.snapshots?.[volume];
      if (taken !== undefined) continue;
      const how = { running: false, who, origin: "before-deploy", deployment: doing.deployment } as const;
      const { id } = await (retention.freeze ? contents.takeInTurn(volume, how) : contents.take(volume, how, quiet));
      await change(store, doing.deployment, (one) => ({ snapshots: { ...one.snapshots, [volume]: id } }));
      await contents.prune(volume, retention);
    }
  await change(store, doing.deployment, (one) => ({ preluded: [...(one.preluded ?? []), `${kind}/${doing.slot}`] }));
}

const change = (store: Store, id: string, of: (row: DeploymentRow) => Partial<DeploymentRow>): Promise<void> =>
  store.write(async (within) => {
    const row = await within.deployment(id);
    if (row !== null) await within.putDeployment({ ...row, ...of(row) });
  });

/**
 * Volume → the snapshot that the deployment to the present revision took before it changed the data; if it started nothing, the one
 * that did. Raises INS2023 when there is none.
 */
export async function snapshotsBefore(store: Store, key: ServiceKey, target: number): Promise<Readonly<Record<string, string>>> {
  const good = (await store.deployments(key, 1000)).filter(({ to, outcome }) => to === target && outcome === "succeeded");
  const undone = good.slice(0, good.findIndex(({ from }) => from !== target) + 1);
  const taken = undone.findLast(({ snapshots }) => Object.keys(snapshots ?? {}).length > 0)?.snapshots;
  if (taken === undefined)
    throw new InstarError("INS2023", `no snapshot was taken before revision ${target} of ${key.stack}/${key.service} was deployed`);
  return taken;
}

/** Data is put back while nothing writes to it, and what several instances write to is never left alone. Raises INS2023. */
export async function refuseTogether(store: Store, revision: Revision, replicas: number): Promise<void> {
  const shared = await sharedVolumes(store, revision.stack);
  if (choose(revision.spec, replicas, revision.volumeNames, shared).exclusive !== "none") return;
  throw new InstarError("INS2023", `several instances write to the volumes of ${revision.stack}/${revision.service} at once`, {
    hint: "stop all that write to them, restore by hand (instar snapshot restore ID), roll back without --data, and start them again",
  });
}

/** Data is put back before an instance starts: where none is wanted nothing would be, and nobody would know. Raises INS2023. */
export function refuseNone({ stack, service }: ServiceKey, replicas: number): void {
  if (replicas > 0) return;
  throw new InstarError("INS2023", `no instance of ${stack}/${service} is wanted, and its data is put back before one starts`, {
    hint: `first: instar scale ${stack}/${service} 1; or restore by hand (instar snapshot restore ID) and roll back without --data`,
  });
}
