import { InstarError } from "../errors.ts";
import type { ServiceKey } from "./control.ts";
import type { ServiceRow, Store } from "./store.ts";
import type { VolumeDesk } from "./volume-desk.ts";

/**
 * What `rollback --data` overwrote belongs to the revision that was good before it. It is remembered on the service, not on the
 * deployment: whatever ends that deployment, and whichever comes next, nothing of the service starts on data that is not its own.
 */
export interface Owed {
  /** The deployment that overwrote it. */
  readonly deployment: string;
  /** Volume → the snapshot with its content from before. */
  readonly snapshots: Readonly<Record<string, string>>;
  /** Its way back has begun: before anything starts, the volumes get it back. Until then a success lets it go. */
  readonly due: boolean;
  /** Volume → the snapshot of what the older revision had written until then. */
  readonly aside?: Readonly<Record<string, string>>;
}

export const isDue = (row: Pick<ServiceRow, "owed">): boolean => row.owed?.due === true;

/** `due`: from now on, if it was not before. */
export const owing = ({ owed }: Pick<ServiceRow, "owed">, due = false): Pick<ServiceRow, "owed"> =>
  owed === undefined ? {} : { owed: { ...owed, due: due || owed.due } };

/** Once a deployment has succeeded: its data is the good one. What is due stays so, since a service that is stopped succeeds too. */
export function letGo(row: ServiceRow): ServiceRow {
  const { owed, ...rest } = row;
  return owed === undefined || owed.due ? row : rest;
}

/**
 * Written down before a volume is overwritten: false when the deployment does not go forward any more, and nothing may be. The first
 * word stands: a later deployment that restores again, before one has succeeded, overwrites what nobody relied on yet.
 */
export function owe(store: Store, key: ServiceKey, id: string, volume: string): Promise<boolean> {
  return store.write(async (within) => {
    const [row, deployment] = [await within.service(key), await within.deployment(id)];
    if (row === null || deployment === null || row.deployment !== id || deployment.direction === "back") return false;
    if (row.stable === null || row.owed?.snapshots[volume] !== undefined) return true;
    const snapshot = deployment.snapshots?.[volume];
    if (snapshot === undefined) throw new InstarError("INS7005", `${id} would overwrite ${volume}, of which it kept nothing`);
    const owed = row.owed ?? { deployment: id, snapshots: {}, due: false };
    await within.putService({ ...row, owed: { ...owed, snapshots: { ...owed.snapshots, [volume]: snapshot } } });
    return true;
  });
}

/**
 * The volumes get back what a deployment that did not succeed overwrote; what the older revision wrote meanwhile is kept in a snapshot
 * first. False: nothing is due. May be repeated. Raises INS3011 to INS3015.
 */
export async function giveBack(store: Store, contents: VolumeDesk, key: ServiceKey): Promise<boolean> {
  const owed = (await store.service(key))?.owed;
  if (owed?.due !== true) return false;
  const { deployment } = owed;
  const who = (await store.deployment(deployment))?.cause.who ?? "instar";
  for (const [volume, snapshot] of Object.entries(owed.snapshots)) {
    if (owed.aside?.[volume] === undefined) {
      const aside = await contents.setAside(volume, { running: false, who, origin: "before-deploy", deployment });
      if (aside !== null) await change(store, key, (one) => ({ ...one, aside: { ...one.aside, [volume]: aside } }));
    }
    await contents.putBack(snapshot, who, { done: () => paid(store, key, volume) });
  }
  return true;
}

/** Somebody decided what is in this volume, or that it is no more: nothing else is put into it. */
export async function paidByHand(store: Store, volume: string): Promise<void> {
  for (const row of await store.services()) if (row.owed?.snapshots[volume] !== undefined) await paid(store, row, volume);
}

/** Snapshot → for what it is still needed, in words. Neither retention nor anybody takes it away meanwhile. */
export async function neededSnapshots(store: Store): Promise<ReadonlyMap<string, string>> {
  const needed = new Map<string, string>();
  for (const row of await store.services()) {
    const running = row.deployment === null ? null : await store.deployment(row.deployment);
    for (const id of Object.values(running?.restores ?? {})) needed.set(id, `${running?.id} restores it`);
    for (const id of Object.values(running?.snapshots ?? {})) needed.set(id, `${running?.id} may fail`);
    for (const id of Object.values(row.owed?.snapshots ?? {})) needed.set(id, `${row.owed?.deployment} may fail, or has failed`);
  }
  return needed;
}

/** Of every service that cannot start before its volumes have their content back, in words. */
export async function dueInWords(store: Store): Promise<readonly { readonly message: string; readonly hint: string }[]> {
  return (await store.services()).flatMap(({ stack, service, owed }) =>
    owed?.due !== true
      ? []
      : Object.entries(owed.snapshots).map(([volume, id]) => ({
          message: `${stack}/${service} starts when ${volume} has the content back that ${owed.deployment} overwrote (${id})`,
          hint: `instar events says what is in the way; another content: instar snapshot restore ID`,
        })),
  );
}

const paid = (store: Store, key: ServiceKey, volume: string): Promise<void> =>
  change(store, key, (owed) => {
    const { [volume]: _, ...left } = owed.snapshots;
    return Object.keys(left).length === 0 ? null : { ...owed, snapshots: left };
  });

const change = (store: Store, key: ServiceKey, of: (owed: Owed) => Owed | null): Promise<void> =>
  store.write(async (within) => {
    const row = await within.service(key);
    if (row?.owed === undefined) return;
    const { owed, ...rest } = row;
    const after = of(owed);
    await within.putService(after === null ? rest : { ...rest, owed: after });
  });
