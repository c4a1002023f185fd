import { boundsOf, choose } from "../plan/choose.ts";
import { previewRollout } from "../plan/preview.ts";
import type { Desired, Observed } from "../plan/types.ts";
import { checkStack } from "../spec/check.ts";
import { diffSpecs } from "../spec/diff.ts";
import type { Revision } from "../spec/types.ts";
import { droppedLimits } from "./ability.ts";
import { type Deps, pins } from "./actions.ts";
import { refuseClashes, refuseForeignPorts } from "./clashes.ts";
import type { InstanceView, PlanView, ServiceKey, ServicePlan, ServiceView, UpRequest } from "./control.ts";
import type { Glance } from "./glance.ts";
import { checkOf, observed, wanted } from "./look.ts";
import { primaryAddress } from "./perform.ts";
import type { EngineInstance, Instant, RoutedServer } from "./ports.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { Readiness } from "./readiness.ts";
import type { ServiceRow } from "./store.ts";
import { viewInstance, viewService } from "./views.ts";
import { sharedVolumes } from "./volumes.ts";

/** Looking without touching: `ps`, `services`, `plan`. */
export interface Lookout extends Deps {
  readonly readiness: Readiness;
  readonly engineStartedAt: () => Instant | null;
  readonly glance: Glance;
}

interface Scene {
  readonly row: ServiceRow;
  readonly current: Revision;
  readonly desired: Desired;
  readonly instances: readonly EngineInstance[];
  readonly world: readonly Observed[];
  readonly revisions: ReadonlyMap<number, Revision>;
}

async function scene(
  lookout: Lookout,
  row: ServiceRow,
  instances: readonly EngineInstance[],
  routed: readonly RoutedServer[],
): Promise<Scene | null> {
  const { store, clock, readiness } = lookout;
  const own = instances.filter((i) => i.stack === row.stack && i.service === row.service);
  const revisions = new Map<number, Revision>();
  for (const number of new Set([row.target, ...own.map((i) => i.revision)])) {
    const revision = await store.revision(row, number);
    if (revision !== null) revisions.set(number, revision);
  }
  const current = revisions.get(row.target);
  if (current === undefined) return null;
  const deployment = row.deployment === null ? null : await store.deployment(row.deployment);
  const desired = await wanted(store, row, deployment, current, await sharedVolumes(store, row.stack), clock.now());
  const world = observed(own, {
    routed,
    facts: await store.facts(row),
    busy: new Map(),
    engineStartedAt: lookout.engineStartedAt(),
    readiness,
    check: (i) => checkOf(i, revisions.get(i.revision) ?? current),
    address: (i) => primaryAddress(i, revisions.get(i.revision) ?? null),
  });
  return { row, current, desired, instances: own, world, revisions };
}

async function scenes(lookout: Lookout, of: Partial<ServiceKey>): Promise<Scene[]> {
  const [rows, { instances, routed }] = await Promise.all([lookout.store.services(of.stack), lookout.glance.see()]);
  const found: Scene[] = [];
  for (const row of rows) {
    if (of.service !== undefined && row.service !== of.service) continue;
    const one = await scene(lookout, row, instances, routed);
    if (one !== null && !(row.removed && one.instances.length === 0)) found.push(one);
  }
  return found;
}

export async function listInstances(lookout: Lookout, of: Partial<ServiceKey>): Promise<InstanceView[]> {
  const now = lookout.clock.now();
  return (await scenes(lookout, of)).flatMap((s) => {
    const world = new Map(s.world.map((w) => [w.name, w]));
    return s.instances.flatMap((i) => {
      const seen = world.get(i.name);
      const revision = s.revisions.get(i.revision) ?? null;
      return seen === undefined ? [] : [viewInstance(i, seen, s.desired, revision, s.current, primaryAddress(i, revision), now)];
    });
  });
}

export async function listServices(lookout: Lookout, of: Partial<ServiceKey>): Promise<ServiceView[]> {
  const given = await lookout.store.ports();
  return (await scenes(lookout, of))
    .filter((s) => !s.row.removed)
    .map((s) => {
      const ports = new Map(
        given.filter((g) => g.stack === s.row.stack && g.service === s.row.service).map((g) => [`${g.target}/${g.protocol}`, g.published]),
      );
      return viewService(s.row, s.current, s.world, s.desired, ports, lookout.httpPort);
    });
}

/** What `up` would do, key by key, and the steps of each rollout as the planner itself would take them. */
export async function planUp(lookout: Lookout, request: UpRequest): Promise<PlanView> {
  const { store } = lookout;
  checkStack(request.spec);
  await refuseClashes(store, request.spec);
  await refuseForeignPorts(store, lookout.router, request.spec);
  const prepared = await prepare(lookout, request);
  const dropped = await droppedLimits(lookout.engine, request.spec);
  const current = new Map((await scenes(lookout, { stack: request.spec.name })).map((s) => [s.row.service, s]));
  const services: ServicePlan[] = [];
  for (const p of prepared) services.push(planService(p, current.get(p.key.service) ?? null, lookout.clock.now()));
  for (const [name, s] of current)
    if (!s.row.removed && !(name in request.spec.services))
      services.push({
        stack: s.row.stack,
        service: name,
        action: request.prune ? "remove" : "orphaned",
        from: s.row.target,
        to: null,
        changes: [],
        steps: [],
        kept: [],
      });
  return {
    stack: request.spec.name,
    changed: services.some((s) => !["none", "pinned", "orphaned"].includes(s.action)),
    services,
    notices: [...request.notices, ...dropped, ...pins(prepared), ...choices(prepared)],
  };
}

function planService(p: Prepared, now_: Scene | null, now: number): ServicePlan {
  const base = { ...p.key, from: p.row === null || p.row.removed ? null : p.row.target, kept: p.kept };
  if (p.action === "none" || p.action === "pinned") return { ...base, action: p.action, to: p.row?.target ?? null, changes: [], steps: [] };
  const replaces = p.current === null || p.current.instanceHash !== p.instanceHash;
  const number = p.action === "revision" ? (p.current === null ? 1 : p.current.number + 1) : (p.row?.target ?? 1);
  const choice = choose(p.spec, p.replicas, p.volumeNames, new Set());
  const desired: Desired = {
    ...p.key,
    revision: number,
    instanceHash: p.instanceHash,
    generation: p.row?.generation ?? 0,
    replicas: p.replicas,
    bounds: boundsOf(p.spec, choice, "forward"),
    provingMs: 0,
    restart: p.spec.restart,
    routed: choice.routed,
    exclusive: choice.exclusive,
    movement: null,
    crashes: [],
    waitingFor: null,
  };
  const steps = previewRollout(desired, now_?.world ?? [], now);
  const changes = p.current === null ? [] : imageChange(p).concat(diffSpecs(p.current.spec, p.spec));
  const action = p.row === null || p.row.removed ? "create" : p.action === "scale" ? "scale" : replaces ? "replace" : "update";
  return { ...base, action, to: number, changes, steps: steps.map((s) => ({ do: s.do, instance: s.instance, because: s.because })) };
}

const imageChange = (p: Prepared): ServicePlan["changes"][number][] =>
  p.current === null || p.current.image.digests.includes(p.image.shown)
    ? []
    : [{ path: "image digest", before: p.current.image.shown, after: p.image.shown, replaces: true }];

/** Defaults with consequences, each with its reason. */
const choices = (prepared: readonly Prepared[]): PlanView["notices"] =>
  prepared
    .filter((p) => p.action !== "none")
    .map((p) => {
      const choice = choose(p.spec, p.replicas, p.volumeNames, new Set());
      const ready = choice.ready.kind === "running" ? "being up is taken for ready" : `ready is seen by ${choice.ready.kind}`;
      return { code: "choice", message: `${p.key.service}: ${choice.order}, because ${choice.because}; ${ready}`, at: null };
    });
