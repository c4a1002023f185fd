import { betweenBatches, mayDrain } from "./bounds.ts";
import { leaving } from "./classify.ts";
import { afterDrain, keepQuarantined } from "./quarantine.ts";
import type { Old, Survey } from "./survey.ts";
import type { Desired, Instant, Observed, Step, StepKind } from "./types.ts";

/** Between the cut at the drain limit and the stop, so that the cut is seen in the counters. */
const AFTER_CUT_MS = 1000;

export interface Part {
  readonly steps: Step[];
  readonly wakes: Instant[];
}

export const step = (kind: StepKind, i: Observed, because: string): Step => ({
  do: kind,
  instance: i.name,
  slot: i.slot,
  attempt: i.attempt,
  revision: i.revision,
  because,
});

/** drain → sessions 0 in every worker (or the limit, then cut) → stop → out of the router → remove. Never another order (law 3). */
export function planLeaving(desired: Desired, world: Survey, now: Instant): Part {
  const part: Part = { steps: [], wakes: [] };
  const paused = desired.movement?.paused ?? false;
  for (const instance of world.unbuilt)
    if (instance.busy === null) part.steps.push(step("remove", instance, "its building was interrupted; it is built again"));
  for (const instance of world.evidence) keepEvidence(instance, part);
  for (const instance of world.quarantined) keepQuarantined(desired, instance, part, now);
  const chosen = paused ? new Set<string>() : chooseToDrain(desired, world, now);
  const stillServing = new Set(world.servingOld.map((o) => o.instance.name));
  const enough = world.available.size + world.servingOld.length >= desired.replicas;
  const prepared = preparedSlots(world);
  const crowding = inTheCrowd(desired, world, prepared.size);

  for (const { instance: i, because } of world.old) {
    if (i.busy !== null) continue;
    if (i.life !== "running") part.steps.push(ended(i, because));
    else if (leaving(i))
      part.steps.push(...wayOut(desired, i, "its drain was interrupted", part.wakes, now).map((one) => afterDrain(desired, i, one)));
    else if (!paused && i.route?.state === "ready" && i.route.weight === 0) part.steps.push(step("drain", i, because));
    else if (chosen.has(i.name)) part.steps.push(i.route !== null ? step("drain", i, because) : step("stop", i, because));
    else if (!stillServing.has(i.name)) {
      const goes = enough || (!paused && (inTheWay(desired, i, prepared) || crowding.has(i.name)));
      part.steps.push(...idle(desired, i, because, goes));
    }
  }
  return part;
}

/** One that its restart policy is about to start again is stopped first: the engine removes no such container. */
const ended = (i: Observed, because: string): Step =>
  i.route !== null ? step("unroute", i, "it has ended") : step(i.revives ? "stop" : "remove", i, because);

/** It serves nobody and holds the data that its built successor waits for. */
const inTheWay = (desired: Desired, i: Observed, prepared: ReadonlySet<number>): boolean =>
  desired.exclusive === "service" ? prepared.size > 0 : desired.exclusive === "slot" && prepared.has(i.slot);

/**
 * Where twice the wanted number runs, nothing that is built may start, and what several bad versions left behind would stay for ever:
 * as many of those that are not ready, or that nobody lets in, make room, of the newest revisions first. Worked example: 2 wanted, one
 * of revision 1 serves, both of 3 and one of 4 never get ready, both of 5 are built: the one of 4 and one of 3 stop.
 */
function inTheCrowd(desired: Desired, world: Survey, waiting: number): ReadonlySet<string> {
  const { replicas } = desired;
  const old = world.old.map(({ instance }) => instance);
  if (world.running < 2 * replicas || waiting === 0 || old.some((i) => i.busy !== null || leaving(i))) return new Set();
  const idle = old.filter((i) => i.life === "running" && (i.readySince === null || !mayBeLetIn(desired, i)) && !i.outside);
  return new Set(
    idle
      .sort(firstToGo)
      .slice(0, waiting)
      .map(({ name }) => name),
  );
}

/** Of those that nobody sends to: what is not ready before what is, of the newest revisions first. */
export const firstToGo = (a: Observed, b: Observed): number =>
  Number(a.readySince !== null) - Number(b.readySince !== null) || b.revision - a.revision || b.slot - a.slot;

const preparedSlots = (world: Survey): ReadonlySet<number> =>
  new Set([...world.current].filter(([, i]) => i.life === "created" && i.built && i.busy === null).map(([slot]) => slot));

/** While nobody has let the others in, only what is of the wanted content, such as one that is worn (crowded story 16699). */
const mayBeLetIn = ({ closed, instanceHash }: Desired, i: Observed): boolean => closed !== true || i.instanceHash === instanceHash;

/** Not serving and not wanted: it goes when enough others serve, not in a pause; while they do not, it is better than nothing. */
function idle(desired: Desired, i: Observed, because: string, goes: boolean): Step[] {
  if (goes && desired.movement?.paused === true) return [];
  if (goes) return [i.route === null ? step("stop", i, because) : step("drain", i, because)];
  if (desired.routed && i.readySince !== null && mayBeLetIn(desired, i))
    return [step("route", i, "too few instances serve, and this one is ready")];
  return [];
}

function keepEvidence(i: Observed, part: Part): void {
  if (i.busy !== null) return;
  if (i.life === "running" || i.revives) part.steps.push(step("stop", i, "evidence is kept stopped"));
  else if (i.route !== null) part.steps.push(step("unroute", i, "evidence takes no traffic"));
}

/**
 * From serving to `stop`, one step at a time: it comes when the sessions are 0 in every worker, or have outlived the limit
 * and the cut.
 */
export function wayOut(desired: Desired, i: Observed, because: string, wakes: Instant[], now: Instant): Step[] {
  // By what routes to it, not by what is wanted: a service that loses its ports had sessions until now.
  if (i.route === null) return [step("stop", i, "nothing routes to it")];
  // A crash between the journal's entry and the router's command leaves a drain that never began.
  if (i.route.state === "ready" || i.drainingSince === null) return [step("drain", i, because)];
  if (i.route.sessions === 0) return [step("stop", i, "its sessions are 0 in every router worker")];
  const limit = i.drainingSince + desired.bounds.drainMs;
  if (now >= limit + AFTER_CUT_MS) return [step("stop", i, `${i.route.sessions} sessions outlived the drain limit and the cut`)];
  if (now >= limit) {
    wakes.push(limit + AFTER_CUT_MS, now + 50);
    return [step("cut", i, `the drain limit of ${desired.bounds.drainMs} ms has passed with ${i.route.sessions} sessions`)];
  }
  // 10 ms at first, then a tenth of the time waited, at most 250 ms: a short drain ends at once, a long one costs little.
  wakes.push(Math.min(limit, now + Math.min(250, Math.max(10, Math.floor((now - i.drainingSince) / 10)))));
  return [];
}

/** Which serving instances of other revisions begin to drain now. */
function chooseToDrain(desired: Desired, world: Survey, now: Instant): ReadonlySet<string> {
  const { replicas, bounds } = desired;
  let count = mayDrain({
    replicas,
    parallelism: bounds.parallelism,
    order: bounds.order,
    live: world.live,
    available: world.available.size,
    servingOld: world.servingOld.length,
    leaving: world.leaving,
  });
  if (count === 0) return new Set();
  const prepared = preparedSlots(world);
  let successors = prepared.size;
  const waits = betweenBatches(desired, world) > now;
  const chosen = new Set<string>();
  const ranked = world.servingOld
    .filter((one) => !isKept(one, desired))
    .sort((a, b) => rank(a, world, desired, prepared) - rank(b, world, desired, prepared) || b.instance.slot - a.instance.slot);
  for (const { instance } of ranked) {
    if (count === 0) break;
    // stop-first takes one away only when its successor stands ready to start, so that the gap is no longer than it must be.
    const needsSuccessor = bounds.order === "stop-first" && instance.slot <= replicas && !world.available.has(instance.slot);
    if (instance.busy !== null || (needsSuccessor && (waits || successors === 0))) continue;
    if (needsSuccessor && desired.exclusive === "slot" && !prepared.has(instance.slot)) continue;
    if (needsSuccessor) successors--;
    count--;
    chosen.add(instance.name);
  }
  return chosen;
}

/** It serves until its ports have changed hands. */
export const isKept = ({ instance }: Old, { keepsOld }: Desired): boolean => keepsOld !== undefined && instance.instanceHash === keepsOld;

/** Lower goes first: slots that are not wanted, slots whose successor serves, slots whose successor is built, the rest. */
const rank = (o: Old, world: Survey, desired: Desired, prepared: ReadonlySet<number>): number =>
  o.instance.slot > desired.replicas ? 0 : world.available.has(o.instance.slot) ? 1 : prepared.has(o.instance.slot) ? 2 : 3;
