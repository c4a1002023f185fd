import { choose } from "../plan/choose.ts";
import { isPromoted } from "../plan/course.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { hasSides, underWay } from "./course.ts";
import { handingOver } from "./group-end.ts";
import type { GroupRow } from "./groups-store.ts";
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

/** Who is on its way out has what nobody else claims. */
const inTurn = (rows: readonly ServiceRow[]): ServiceRow[] => rows.toSorted((a, b) => Number(a.removed) - Number(b.removed));

/** All of its group have arrived, and what others had is theirs (handover.ts); null: not so. */
async function takenOver(store: Store, row: ServiceRow): Promise<GroupRow | null> {
  const running = row.deployment === null ? null : await store.deployment(row.deployment);
  const group = running === null ? null : await handingOver(store, running);
  return group?.handover === "done" ? group : null;
}

/** By service: who has taken over, and who goes once these have succeeded. */
async function changedHands(store: Store, rows: readonly ServiceRow[]): Promise<Record<"over" | "leaving", ReadonlySet<string>>> {
  const [over, leaving] = [new Set<string>(), new Set<string>()];
  for (const row of rows) {
    const group = await takenOver(store, row);
    if (group === null) continue;
    over.add(serviceName(row));
    for (const service of group.prune) leaving.add(serviceName({ stack: group.stack, service }));
  }
  return { over, leaving };
}

/**
 * The services whose ports the router carries: they follow the rows; during a deployment the ports of both revisions are open, and what
 * another service had before stays with that.
 */
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
  const rows = await store.services();
  const { over, leaving } = await changedHands(store, rows);
  for (const row of inTurn(rows)) {
    const name = serviceName(row);
    if (row.removed && !there.has(name)) continue;
    const target = await revision(row, row.target);
    const before = row.stable === null || row.deployment === null ? target : await revision(row, row.stable);
    const isOver = over.has(name);
    const moves = before.number !== target.number;
    const revisions = !moves ? [target] : !isOver && (await stillBefore(store, row, target)) ? [before] : [target, before];
    const shared = sharedIn.get(row.stack) ?? (await sharedVolumes(store, row.stack));
    sharedIn.set(row.stack, shared);
    if (!revisions.some((r) => choose(r.spec, row.replicas, r.volumeNames, shared).routed)) continue;
    const own = given.get(name) ?? [];
    carried.push({
      revisions,
      holds: isOver ? target.number : row.removed || row.stable === null || leaving.has(name) ? null : before.number,
      replicas: row.removed || row.stopped || row.halted !== null ? 0 : row.replicas,
      sharedVolumes: shared,
      withheld,
      standing: !isOver && (await isStanding(store, row, revisions)),
      ...(isOver ? { over: true } : {}),
      ...(await besideOf(store, row, revisions)),
      given: new Map(own.map((g) => [`${g.target}/${g.protocol}`, g.published])),
    });
  }
  return carried;
}
