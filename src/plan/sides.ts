import { planAlone } from "./alone.ts";
import { classify, leaving, serving } from "./classify.ts";
import { type Course, isPromoted, shareInForce, sizeNow, WHOLE } from "./course.ts";
import { firstToGo, step } from "./leaving.ts";
import { survey } from "./survey.ts";
import type { Desired, Instant, Movement, Observed, Plan, Side, Status, Step } from "./types.ts";
import { USUAL_WEIGHT, weightsFor } from "./weights.ts";

/** A side with what is there of it. */
interface Party {
  readonly side: Side;
  readonly replicas: number;
  readonly world: readonly Observed[];
  /** Takes traffic, or would with a weight. */
  readonly serving: readonly Observed[];
  /** Whether its failures are the deployment's. */
  readonly judged: boolean;
}

/**
 * Several revisions side by side: each is filled, replaced and thinned out by the very planner that one alone has, and
 * what is different is added here: how many instances each has, which weights they carry, and when the next step comes.
 * In all never more than 2 × the wanted number. Pure.
 */
export function planSides(desired: Desired, sides: readonly Side[], observed: readonly Observed[], now: Instant): Plan {
  const { movement } = desired;
  const course = movement?.direction === "forward" ? (movement.course ?? null) : null;
  const parties = partiesOf(sides, course, observed);
  const plans = parties.map((party) => planAlone(alone(desired, party), party.world, now));
  const [target] = parties;
  const ready = target !== undefined && target.serving.length >= target.replicas && !strayed(desired, parties);
  const shares = sharesNow(parties, course, ready);
  const underWay = new Set(plans.flatMap((plan) => plan.steps.map(({ instance }) => instance)));
  const changes = { ...weightChanges(parties, shares), ...surplusChanges(parties, underWay) };
  const wakes = plans.flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]));
  for (const { until } of sides) if (until !== null) wakes.push(until);
  const all = plans.flatMap((plan) => plan.steps);
  const within = capped(all, parties, desired, observed);
  const steps = [
    ...within.map((one) => lightly(one, parties, shares)),
    ...inTheCrowd(desired, parties, observed, all.length - within.length, now),
  ];
  if (Object.keys(changes).length > 0) steps.push(weigh(desired, changes, course === null ? null : shares));
  const settled = ready && Object.keys(changes).length === 0;
  const judged = plans.filter((_, index) => parties[index]?.judged);
  const failed = judged.map(({ status }) => status).find(({ kind }) => kind === "failed") ?? null;
  if (failed === null && course !== null && movement !== null && !isPromoted(course)) {
    const next = planCourse(desired, movement, course, settled, now);
    if (next.step !== null) steps.push(next.step);
    if (next.wakeAt !== null) wakes.push(next.wakeAt);
    return { steps, status: next.status, wakeAt: earliest(wakes, now) };
  }
  const moving = judged.map(({ status }) => status).find(({ kind }) => kind !== "converged");
  const status: Status = failed ?? moving ?? (settled ? { kind: "converged" } : { kind: "moving", waiting: "the weights to be in force" });
  return { steps, status, wakeAt: earliest(wakes, now) };
}

/**
 * What a revision that is wanted alone weighs: the usual, all of them. What nobody let in weighs nothing from then on: the usual is less
 * than a side that carries nearly all has. Old 256 and new 3 are 1.2 %; old 100 and new 3 would be 2.9 %.
 * @param underWay instances that have a step of their own in this plan
 */
export function planUsualWeights(desired: Desired, observed: readonly Observed[], underWay: ReadonlySet<string>): Step | null {
  if (!desired.routed) return null;
  const changes: Record<string, number> = {};
  const there = observed.filter((i) => i.busy === null && serving(i, true) && !i.outside);
  const isCurrent = (i: Observed): boolean => classify(i, desired).role === "current";
  for (const i of there.filter(isCurrent)) if (weightOf(i) !== USUAL_WEIGHT) changes[i.name] = USUAL_WEIGHT;
  if (desired.closed === true && there.some(isCurrent))
    for (const i of there) if (i.instanceHash !== desired.instanceHash && weightOf(i) > 0 && !underWay.has(i.name)) changes[i.name] = 0;
  return Object.keys(changes).length === 0 ? null : weigh(desired, changes, null);
}

const weightOf = (i: Observed): number => i.route?.weight ?? USUAL_WEIGHT;
const earliest = (wakes: readonly Instant[], now: Instant): Instant | null => {
  const future = wakes.filter((at) => at > now);
  return future.length === 0 ? null : Math.min(...future);
};

/** It is an instance of this side, of its present generation. */
export const isOf = (i: Observed, side: Side): boolean =>
  !i.outside && i.instanceHash === side.instanceHash && i.generation >= side.generation;

/** Whatever is of no side leaves beside the one that carries most: it is that side's predecessor. */
function partiesOf(sides: readonly Side[], course: Course | null, observed: readonly Observed[]): readonly Party[] {
  const most = course === null ? Math.max(...sides.map(({ share }) => share)) : null;
  const home = most === null ? sides.length - 1 : sides.findIndex(({ share }) => share === most);
  return sides.map((side, index) => {
    const world = observed.filter((i) => {
      const own = sides.findIndex((one) => isOf(i, one));
      return own === index || (own < 0 && index === home);
    });
    const replicas = course !== null && index === 0 ? sizeNow(course, side.replicas) : side.replicas;
    return {
      side,
      replicas,
      world,
      serving: world.filter((i) => isOf(i, side) && i.slot <= replicas && i.busy === null && serving(i, true)),
      judged: index === 0 || (course === null && side.share > 0 && side.until === null),
    };
  });
}

/** What the planner of one revision is to know of a side. */
function alone(desired: Desired, { side, replicas, judged }: Party): Desired {
  const { sides: _, movement, ...rest } = desired;
  const { revision, instanceHash, generation } = side;
  return {
    ...rest,
    ...{ revision, instanceHash, generation, replicas, closed: true },
    crashes: desired.crashes.filter((crash) => crash.revision === revision),
    // Nothing of a side hides behind others of it that serve: each is proven before it is let in.
    bounds: { ...desired.bounds, order: "start-first", minReadyMs: Math.max(desired.bounds.minReadyMs, judged ? desired.provingMs : 0) },
    movement: judged ? movement : null,
  };
}

/** Does something of no side still get requests? */
const strayed = (desired: Desired, parties: readonly Party[]): boolean =>
  parties.some(({ side, world }) =>
    world.some((i) => !isOf(i, side) && desired.routed && !i.outside && serving(i, true) && weightOf(i) > 0),
  );

function sharesNow(parties: readonly Party[], course: Course | null, ready: boolean): readonly number[] {
  if (course !== null) {
    const share = shareInForce(course, ready);
    return parties.map((_, index) => (index === 0 ? share : index === 1 ? WHOLE - share : 0));
  }
  // A side that has just been asked for takes its share when it is complete, and keeps it when one of it dies.
  return parties.map(({ side, serving, replicas }) =>
    serving.length >= replicas || serving.some((i) => weightOf(i) > 0) ? side.share : 0,
  );
}

/** Instance → weight, for those that have another one. The lowest slots carry where not all can. */
function weightChanges(parties: readonly Party[], shares: readonly number[]): Readonly<Record<string, number>> {
  const loads = weightsFor(parties.map(({ serving }, index) => ({ share: shares[index] ?? 0, instances: serving.length })));
  const changes: Record<string, number> = {};
  for (const [index, { serving }] of parties.entries()) {
    const { carriers, weight } = loads[index] ?? { carriers: 0, weight: 0 };
    for (const [rank, i] of [...serving].sort((a, b) => a.slot - b.slot).entries()) {
      const wanted = rank < carriers ? weight : 0;
      if (weightOf(i) !== wanted) changes[i.name] = wanted;
    }
  }
  return changes;
}

/**
 * Beyond the number of its side and not on its way out yet, it would add to the share of those that are wanted, once they are all there.
 * @param underWay instances that have a step of their own in this plan
 */
function surplusChanges(parties: readonly Party[], underWay: ReadonlySet<string>): Readonly<Record<string, number>> {
  const beyond = parties
    .filter((party) => party.serving.length >= party.replicas)
    .flatMap(({ side, replicas, world }) => world.filter((i) => isOf(i, side) && i.slot > replicas && i.busy === null && serving(i, true)))
    .filter((i) => weightOf(i) > 0 && !underWay.has(i.name));
  return Object.fromEntries(beyond.map(({ name }) => [name, 0]));
}

/** Comes into the router without a share where its side is not alone: `weigh` then sets all of them at once. */
function lightly(step: Step, parties: readonly Party[], shares: readonly number[]): Step {
  if (step.do !== "route") return step;
  const own = parties.findIndex(({ world }) => world.some((i) => i.name === step.instance));
  const all = shares.every((share, index) => (index === own ? share === WHOLE : share === 0));
  return all ? step : { ...step, weights: { [step.instance]: 0 } };
}

/**
 * Never more than 2 × the wanted number, all sides, strays and those on their way out together; what carries most is built and started
 * first. Whom the engine is about to start again is there. What is built does not have to have been built under this limit: a side
 * that was over for a moment is one again (crowded story 1582).
 */
function capped(steps: readonly Step[], parties: readonly Party[], desired: Desired, observed: readonly Observed[]): Step[] {
  const there = observed.filter((i) => (i.life !== "ended" || i.revives) && !i.evidence && !i.outside).length;
  const running = observed.filter((i) => (i.life === "running" || i.revives || i.busy === "start") && !i.outside).length;
  const rank = (step: Step): number => -(parties.find(({ side }) => side.revision === step.revision)?.side.share ?? 0);
  const within = (kind: "create" | "start", present: number): readonly Step[] =>
    steps
      .filter((one) => one.do === kind)
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, Math.max(0, 2 * desired.replicas - present));
  const allowed = new Set([...within("create", there), ...within("start", running)]);
  return steps.filter((one) => (one.do !== "create" && one.do !== "start") || allowed.has(one));
}

/**
 * What nobody sends to and nobody wants would take the room of what is wanted for ever: as many go as could not be built.
 * Worked example (story 4833): 1 wanted, two of slots 2 and 4 run from an interrupted scale, and slot 1 has died.
 */
function inTheCrowd(desired: Desired, parties: readonly Party[], observed: readonly Observed[], refused: number, now: Instant): Step[] {
  if (refused === 0 || desired.movement?.paused === true || observed.some((i) => i.busy !== null || leaving(i))) return [];
  return parties
    .flatMap((party) => survey(alone(desired, party), party.world, now).old.map(({ instance }) => instance))
    .filter((i) => i.life === "running" && i.route?.state !== "ready" && !i.outside)
    .sort(firstToGo)
    .slice(0, refused)
    .map((i) => step(i.route === null ? "stop" : "drain", i, "it serves nobody, and what is wanted has no room"));
}

/** Steps that are about the whole service: they have its name and no slot. */
const ofService = (desired: Desired, kind: "weigh" | "stage", because: string): Step => ({
  do: kind,
  instance: `${desired.stack}-${desired.service}`,
  slot: 0,
  attempt: 0,
  revision: desired.revision,
  because,
});

function weigh(desired: Desired, weights: Readonly<Record<string, number>>, shares: readonly number[] | null): Step {
  const [share] = shares ?? [];
  const because =
    share === undefined ? "the weights differ from the shares that are wanted" : `revision ${desired.revision} gets ${percent(share)}`;
  return { ...ofService(desired, "weigh", because), weights };
}

interface Next {
  readonly step: Step | null;
  readonly status: Status;
  readonly wakeAt: Instant | null;
}

/** The step that the course is in: it begins when its weights are in force, and ends with its time and its gates. */
function planCourse(desired: Desired, movement: Movement, course: Course, settled: boolean, now: Instant): Next {
  const current = course.steps[course.at];
  const name = `step ${course.at + 1} of ${course.steps.length} (${percent(current?.share ?? 0)})`;
  const moving = (waiting: string): Status => ({ kind: "moving", waiting });
  const wait = (waiting: string, wakeAt: Instant | null = null): Next => ({ step: null, status: moving(waiting), wakeAt });
  const bad = current?.gates.find(({ state }) => state === "failed");
  if (bad !== undefined)
    return { step: null, status: { kind: "failed", code: "INS5005", reason: `the gate ${bad.name} failed: ${bad.reason}` }, wakeAt: null };
  if (movement.paused) return wait(`${name}: paused`);
  const stage = (at: number, begins: boolean, because: string): Next => ({
    step: { ...ofService(desired, "stage", because), stage: { at, begins } },
    status: moving(because),
    wakeAt: null,
  });
  if (!settled) return wait(`${name}: revision ${desired.revision} is not ready for it yet`);
  const byHand = current === undefined || current.forMs === null;
  const inForce = `${name} is in force${byHand ? `, until somebody says instar promote ${movement.id}` : ""}`;
  if (course.since === null) return stage(course.at, true, inForce);
  const gates = current?.gates.filter(({ state }) => state === "waiting").map((gate) => gate.name) ?? [];
  if (byHand) return wait(`to be promoted: instar promote ${movement.id}`);
  const over = course.since + current.forMs;
  if (now < over) return wait(`${name}: ${Math.ceil((over - now) / 1000)} s more`, over);
  if (gates.length > 0) return wait(`${name}: waits for ${gates.join(", ")}`);
  return stage(course.at + 1, false, current.forMs === 0 ? `${name} is passed` : `${name} has lasted ${current.forMs / 1000} s`);
}

/** 500 → `5 %`, 50 → `0.5 %`. */
export const percent = (share: number): string => `${Number((share / 100).toFixed(2))} %`;
