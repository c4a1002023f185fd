import { choose } from "../plan/choose.ts";
import { isPromoted } from "../plan/course.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { hasSides, underWay } from "./course.ts";
import { stillBefore } from "./jobs.ts";
import type { Engine } from "./ports.ts";
import { withheldPorts } from "./predecessors.ts";
import { serviceName } from "./service-name.ts";
import type { ServiceRow, Store } from "./store.ts";
import type { RoutedService } from "./table.ts";
import { sharedVolumes } from "./volumes.ts";

/** Requests may name a revision of a service that is deployed side by side, split, or has a set kept warm. */
async function besideOf(store: Store, row: ServiceRow, revisions: readonly Revision[]): Promise<Pick<RoutedService, "beside">> {
  if (!revisions.some(({ spec }) => hasSides(spec.strategy)) && row.split === undefined && row.warm === undefined) {
    if ((await underWay(store, row)) === null) return {};
  }
  const course = (await underWay(store, row))?.course;
  const undecided =
    course?.strategy === "canary" && !isPromoted(course) && row.stable !== null ? { always: row.target, never: row.stable } : null;
  return { beside: { target: row.target, undecided } };
}

/** Ports and domains change hands only once the instances, which stay, have answered where they lead. */
async function isStanding(store: Store, row: ServiceRow, [target, before]: readonly Revision[]): Promise<boolean> {
  if (row.deployment === null || before === undefined || before.instanceHash !== target?.instanceHash) return false;
  return (await store.deployment(row.deployment))?.answered !== true;
}

/**
 * Where two services claim the same, as when one takes over from the other (handover.ts): who has served keeps it until the other has
 * succeeded, and who is on its way out gives it up. The first one has it.
 */
const inTurn = (rows: readonly ServiceRow[]): ServiceRow[] => {
  const turn = (row: ServiceRow): number => (row.removed ? 2 : Number(row.stable === null));
  return rows.toSorted((a, b) => turn(a) - turn(b));
};

/** The services whose ports the router carries: they follow the rows; during a deployment the ports of both revisions are open. */
export async function carriedServices(
  store: Store,
  engine: Engine,
  revision: (key: ServiceKey, number: number) => Promise<Revision>,
): Promise<RoutedService[]> {
  const carried: RoutedService[] = [];
  const given = Map.groupBy(await store.ports(), serviceName);
  const sharedIn = new Map<string, ReadonlySet<string>>();
  const withheld = await withheldPorts(store, engine);
  const there = new Set((await engine.instances({}, "all")).map((i) => `${i.stack}/${i.service}`));
  for (const row of inTurn(await store.services())) {
    if (row.removed && !there.has(`${row.stack}/${row.service}`)) continue;
    const target = await revision(row, row.target);
    const revisions = row.stable !== null && (await stillBefore(store, row, target)) ? [await revision(row, row.stable)] : [target];
    if (row.deployment !== null && row.stable !== null && row.stable !== row.target && revisions[0] === target)
      revisions.push(await revision(row, row.stable));
    const shared = sharedIn.get(row.stack) ?? (await sharedVolumes(store, row.stack));
    sharedIn.set(row.stack, shared);
    if (!revisions.some((r) => choose(r.spec, row.replicas, r.volumeNames, shared).routed)) continue;
    const own = given.get(`${row.stack}/${row.service}`) ?? [];
    carried.push({
      revisions,
      replicas: row.removed || row.stopped || row.halted !== null ? 0 : row.replicas,
      sharedVolumes: shared,
      withheld,
      standing: await isStanding(store, row, revisions),
      ...(await besideOf(store, row, revisions)),
      given: new Map(own.map((g) => [`${g.target}/${g.protocol}`, g.published])),
    });
  }
  return carried;
}
