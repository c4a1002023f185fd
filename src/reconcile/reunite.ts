import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { begin, end } from "./deployment.ts";
import { isJob } from "./jobs.ts";
import { type Origin, readOrigin } from "./origin.ts";
import type { Engine, EngineInstance, EngineNetwork, EngineVolume, Instant } from "./ports.ts";
import { reuniteVolumes } from "./reunite-volumes.ts";
import type { ServiceRow, Store } from "./store.ts";

/** Why rows and world may differ: a backup is older than what runs, or there are no rows at all. */
export type Cause = { readonly kind: "restored"; readonly date: string } | { readonly kind: "recovered" };

export interface Found {
  readonly instances: readonly EngineInstance[];
  readonly networks: readonly EngineNetwork[];
  readonly volumes: readonly EngineVolume[];
  readonly origins: ReadonlyMap<string, Origin>;
}

export async function found(engine: Engine, labels: ReadonlyMap<string, string>): Promise<Found> {
  const origins = new Map<string, Origin>();
  for (const [name, text] of labels) {
    const origin = readOrigin(text);
    if (origin !== null) origins.set(name, origin);
  }
  return { instances: await engine.instances(), networks: await engine.networks(), volumes: await engine.volumes(), origins };
}

/** One service as it was found. */
interface Remnant {
  readonly key: ServiceKey;
  /** Running ones, newest content first; where none runs, whatever is left. */
  readonly live: readonly EngineInstance[];
  readonly known: readonly EngineInstance[];
}

export function remnants({ instances, origins }: Found, revisions: (i: EngineInstance) => boolean = () => false): Remnant[] {
  const services = new Map<string, EngineInstance[]>();
  for (const i of instances.filter((one) => !isJob(one)))
    services.set(`${i.stack}/${i.service}`, [...(services.get(`${i.stack}/${i.service}`) ?? []), i]);
  return [...services.values()].map((all) => {
    const running = all.filter((i) => ["running", "paused", "restarting"].includes(i.state));
    const live = (running.length > 0 ? running : all).sort(
      (a, b) => b.revision - a.revision || b.generation - a.generation || b.createdAt - a.createdAt,
    );
    const [{ stack, service }] = all as [EngineInstance];
    return { key: { stack, service }, live, known: live.filter((i) => origins.has(i.name) || revisions(i)) };
  });
}

/**
 * Makes the rows agree with what runs, so that nothing that runs is replaced: what runs is what is wanted. Where a service runs
 * in two contents its deployment is paused, for a person to resume or abort. One transaction; each change is an event.
 */
export async function reunite(store: Store, seen: Found, cause: Cause, now: Instant): Promise<void> {
  await store.write(async (within) => {
    await tell(within, seen, cause, now);
    const known = new Set<EngineInstance>();
    for (const i of seen.instances) if ((await within.revision(i, i.revision)) !== null) known.add(i);
    const left = remnants(seen, (i) => known.has(i));
    for (const network of seen.networks)
      if (network.ours && network.stack !== null && network.subnet !== null)
        await within.putNetwork({ name: network.name, stack: network.stack, subnet: network.subnet });
    await reuniteVolumes(within, seen);
    for (const remnant of left) await one(within, remnant, seen, cause, now);
    if (cause.kind === "restored" && seen.instances.length > 0) await missing(within, left, now);
  });
}

async function tell(store: Store, seen: Found, cause: Cause, now: Instant): Promise<void> {
  const message =
    cause.kind === "restored"
      ? `the home was restored from the backup of ${cause.date}; what was recorded after it is missing`
      : `the home was lost; its rows were rebuilt from ${count(seen.instances.length)}, and history begins anew`;
  await store.addEvent(now, { kind: `home.${cause.kind}`, message });
}

async function one(store: Store, { key, live, known }: Remnant, seen: Found, cause: Cause, now: Instant): Promise<void> {
  const say = (message: string) => store.addEvent(now, { kind: `service.${cause.kind}`, ...key, message });
  const [newest] = known;
  const before = await store.service(key);
  const unknown = live
    .filter((i) => !known.includes(i))
    .map((i) => i.name)
    .sort();
  if (newest === undefined && before === null) {
    await say(`${unknown.join(", ")}: nothing tells what they were made from; they run on, untouched, until the service is deployed again`);
    return;
  }
  for (const i of known) await learn(store, i, seen.origins.get(i.name) ?? null);
  await stackOf(
    store,
    key,
    known.flatMap((i) => seen.origins.get(i.name) ?? []),
    now,
  );
  for (const i of live) await factOf(store, i);
  const origin = newest === undefined ? null : (seen.origins.get(newest.name) ?? null);
  const row = before ?? (origin === null ? null : rowFrom(key, origin));
  if (row === null) return;
  const target = await store.revision(key, row.target);
  const wanted: ServiceRow =
    newest === undefined ? row : { ...row, target: target?.instanceHash === newest.instanceHash ? row.target : newest.revision };
  const stopped = before === null && live.every((i) => wasStopped(i, seen.origins.get(i.name)));
  // How many are left of what was stopped says nothing.
  const there = stopped && row.overrides.replicas === undefined ? row.applied.replicas : highest(live);
  const replicas = before === null ? there : Math.max(row.replicas, there);
  // Somebody scaled it: the next `up` of the same file is not to undo that.
  const scaled = replicas !== row.applied.replicas && row.overrides.replicas === undefined;
  const after: ServiceRow = {
    ...wanted,
    generation: Math.max(row.generation, ...live.map((i) => i.generation)),
    replicas,
    overrides: scaled ? { ...row.overrides, replicas: { by: "before the recovery" } } : row.overrides,
    stopped: false,
    removed: false,
    halted: null,
  };
  const contents = new Set(live.map((i) => `${i.instanceHash}/${i.generation}`));
  const older = known.find((i) => i.instanceHash !== newest?.instanceHash);
  if (contents.size > 1 || unknown.length > 0) {
    const stable = older?.revision ?? after.target;
    await halt(store, { ...after, stable, stableReplicas: after.replicas }, unknown, now);
    await say(`${live.map((i) => i.name).join(", ")} run in ${contents.size} contents; the deployment is paused: resume or abort it`);
  } else if (before === null || differs(before, after)) {
    await superseded(store, after, now);
    await store.putService({
      ...after,
      stopped,
      deployment: null,
      stable: after.target,
      stableGeneration: after.generation,
      stableReplicas: after.replicas,
      stableOverrides: after.overrides,
    });
    const names = live.map((i) => i.name).join(", ");
    if (stopped) await say(`${names}: it was stopped, and stays so; instar start ${key.stack}/${key.service} brings it back`);
    else await say(`${names}: what runs is what is wanted: revision ${after.target}, ${count(after.replicas)}`);
  }
}

export const count = (instances: number): string => `${instances} instance${instances === 1 ? "" : "s"}`;

const highest = (live: readonly EngineInstance[]): number => Math.max(...live.map((i) => i.slot));

/**
 * The engine starts such a one again however it ends, unless somebody has stopped it: it is what was kept of a failed deployment, or
 * stands still on purpose. With another policy nothing tells it from what ended with the host.
 */
const wasStopped = ({ state }: EngineInstance, origin: Origin | undefined): boolean =>
  state === "exited" && ["always", "unless-stopped"].includes(origin?.revision.spec.restart.policy ?? "no");

const differs = (a: ServiceRow, b: ServiceRow): boolean =>
  (["target", "generation", "replicas", "stopped", "removed", "halted"] as const).some((key) => a[key] !== b[key]);

/** Under its own number, which labels and names already carry. */
async function learn(store: Store, i: EngineInstance, origin: Origin | null): Promise<void> {
  if (origin === null || (await store.revision(i, i.revision)) !== null) return;
  const revision: Revision = { ...origin.revision, number: i.revision, why: "recovered" };
  await store.putRevision(revision);
}

async function stackOf(store: Store, { stack, service }: ServiceKey, origins: readonly Origin[], now: Instant): Promise<void> {
  const row = (await store.stack(stack)) ?? { name: stack, updatedAt: now, removed: false, networks: "{}", volumes: "{}" };
  const merged = (text: string, of: "networks" | "volumes"): string =>
    JSON.stringify(Object.assign({}, ...origins.map((origin) => origin[of]), JSON.parse(text)));
  await store.putStack({ ...row, removed: false, networks: merged(row.networks, "networks"), volumes: merged(row.volumes, "volumes") });
  const given = await store.ports();
  for (const port of origins[0]?.ports ?? [])
    if (!given.some((g) => g.stack === stack && g.service === service && g.target === port.target && g.protocol === port.protocol))
      await store.putPort({ stack, service, ...port });
}

/** The start seen now is the reference: a later one that Instar did not make is wear. */
async function factOf(store: Store, i: EngineInstance): Promise<void> {
  if (i.state !== "running" || (await store.facts(i)).has(i.id)) return;
  const { id, name, stack, service, startedAt } = i;
  await store.putFact({ id, name, stack, service, drainingSince: null, evidenceOf: null, startedAt });
}

const rowFrom = (key: ServiceKey, { applied, overrides, pinned, revision }: Origin): ServiceRow => ({
  ...key,
  applied,
  overrides,
  stableOverrides: overrides,
  pinned,
  target: revision.number,
  stable: null,
  generation: 0,
  stableGeneration: 0,
  replicas: 0,
  stableReplicas: 0,
  stopped: false,
  removed: false,
  halted: null,
  deployment: null,
});

/** The running deployment, or one made for it, waits for a person: nothing is created or drained meanwhile. */
async function halt(store: Store, row: ServiceRow, unknown: readonly string[], now: Instant): Promise<void> {
  const running = row.deployment === null ? null : await store.deployment(row.deployment);
  const revision = await store.revision(row, row.target);
  const goesOn = running !== null && running.endedAt === null && running.to === row.target && running.direction === "forward";
  const started = goesOn
    ? running
    : await begin(store, row, { to: row.target, kind: "up", who: "recovery", strategy: revision?.spec.strategy ?? "rolling" }, now);
  if (goesOn) await store.putService(row);
  const words = unknown.length === 0 ? "" : `; nothing tells what ${unknown.join(", ")} were made from`;
  const reason = `the home was lost in the middle of it${words}`;
  await store.putDeployment({ ...started, paused: true, outcome: "paused", reason });
}

async function superseded(store: Store, row: ServiceRow, now: Instant): Promise<void> {
  const running = row.deployment === null ? null : await store.deployment(row.deployment);
  if (running !== null && running.endedAt === null)
    await end(store, running, "superseded", "something else runs than this backup knows", now);
}

/** Others of the installation run, but nothing of these: perhaps they were taken down on purpose after the backup. */
async function missing(store: Store, left: readonly Remnant[], now: Instant): Promise<void> {
  for (const row of await store.services()) {
    if (row.removed || row.stopped || row.halted !== null || row.replicas === 0 || row.deployment !== null) continue;
    if (left.some(({ key }) => key.stack === row.stack && key.service === row.service)) continue;
    await store.putService({ ...row, stopped: true });
    const message = `no instance of it was found, while others run: it stays stopped; instar start ${row.stack}/${row.service} brings it back`;
    await store.addEvent(now, { kind: "service.restored", stack: row.stack, service: row.service, message });
  }
}
