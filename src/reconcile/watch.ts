import type { Verdict } from "../plan/drift.ts";
import type { Desired, Observed } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import type { Deps } from "./actions.ts";
import type { InstanceView, ServiceKey, ServiceView } from "./control.ts";
import type { Ends } from "./ends.ts";
import type { Glance } from "./glance.ts";
import { type Glimpse, observed, steadyUnder, wanted } from "./look.ts";
import { primaryAddress } from "./perform.ts";
import type { EngineInstance, Instant, RoutedServer } from "./ports.ts";
import { probed, probingOf } from "./probing.ts";
import type { Readiness } from "./readiness.ts";
import { serviceName } from "./service-name.ts";
import { withShares } from "./share-views.ts";
import { besides } from "./sides.ts";
import type { ServiceRow } from "./store.ts";
import { viewInstance, viewService } from "./views.ts";
import { sharedVolumesOf } from "./volumes.ts";

/** Looking without touching: `ps`, `services`, and what `plan` begins from. */
export interface Lookout extends Deps {
  readonly readiness: Readiness;
  readonly ends: Ends;
  readonly engineStartedAt: () => Instant | null;
  readonly glance: Glance;
  /** What the instance's drift is called. */
  readonly verdict: (instance: EngineInstance, revision: Revision | null, worn: boolean) => Verdict;
}

export interface Scene {
  readonly row: ServiceRow;
  readonly current: Revision;
  readonly desired: Desired;
  readonly instances: readonly EngineInstance[];
  readonly world: readonly Observed[];
  readonly revisions: ReadonlyMap<number, Revision>;
}

export async function scene(
  lookout: Lookout,
  row: ServiceRow,
  instances: readonly EngineInstance[],
  routed: readonly RoutedServer[],
  busy: Glimpse["busy"] = new Map(),
): Promise<Scene | null> {
  const { store, clock, readiness } = lookout;
  const own = instances.filter((i) => i.stack === row.stack && i.service === row.service);
  const revisions = new Map<number, Revision>();
  for (const number of new Set([row.target, ...besides(row), ...own.map((i) => i.revision)])) {
    const revision = await store.revision(row, number);
    if (revision !== null) revisions.set(number, revision);
  }
  const current = revisions.get(row.target);
  if (current === undefined) return null;
  const deployment = row.deployment === null ? null : await store.deployment(row.deployment);
  const desired = await wanted(store, row, deployment, current, await sharedVolumesOf(store, current), clock.now());
  const probing = probed(row, current, deployment?.direction === "forward", revisions);
  const world = observed(own, {
    routed,
    facts: await store.facts(row),
    busy,
    engineStartedAt: lookout.engineStartedAt(),
    readiness,
    steadyMs: steadyUnder(desired),
    ends: lookout.ends,
    probing: (i, isRouted) => probingOf(i, isRouted, probing),
    address: (i) => primaryAddress(i, revisions.get(i.revision) ?? null),
  });
  return { row, current, desired, instances: own, world, revisions };
}

export async function scenes(lookout: Lookout, of: Partial<ServiceKey>): Promise<Scene[]> {
  const [rows, { instances, routed }] = await Promise.all([lookout.store.services(of.stack), lookout.glance.see()]);
  const found: Scene[] = [];
  const own = Map.groupBy(instances, serviceName);
  const servers = Map.groupBy(routed, ({ name }) => name);
  for (const row of rows) {
    if (of.service !== undefined && row.service !== of.service) continue;
    const there = own.get(`${row.stack}/${row.service}`) ?? [];
    const behind = there.flatMap(({ name }) => servers.get(name) ?? []);
    const one = await scene(lookout, row, there, behind);
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
      if (seen === undefined) return [];
      const drift = seen.evidence
        ? "none"
        : lookout.verdict(i, s.current.instanceHash === i.instanceHash ? s.current : revision, seen.worn);
      return [viewInstance(i, seen, s.desired, revision, s.current, primaryAddress(i, revision), drift, now)];
    });
  });
}

/** Of whole stacks: who shares a domain with a service is known by all of them. */
export async function listServices(lookout: Lookout, of: Pick<Partial<ServiceKey>, "stack">): Promise<ServiceView[]> {
  const given = Map.groupBy(await lookout.store.ports(), serviceName);
  const there = (await scenes(lookout, of)).filter((s) => !s.row.removed);
  const views = there.map((s) => {
    const own = given.get(`${s.row.stack}/${s.row.service}`) ?? [];
    const ports = new Map(own.map((g) => [`${g.target}/${g.protocol}`, g.published]));
    return { view: viewService(s.row, s.current, s.world, s.desired, ports, lookout.httpPort), spec: s.current.spec };
  });
  return withShares(views, lookout.httpPort);
}
