import { fresh } from "./fresh.ts";
import { planRollout } from "./rollout.ts";
import type { Desired, Instant, Movement, Observed, Step } from "./types.ts";
import { USUAL_WEIGHT } from "./weights.ts";

const ROUNDS = 400;

/**
 * The steps a rollout would take in a world where everything goes well at once: what `plan` shows.
 * The planner itself makes them, so the preview cannot differ from the deed.
 */
export function previewRollout(desired: Desired, observed: readonly Observed[], now: Instant): Step[] {
  // Sessions that are open now end at once too: nobody can tell when, and each look at them would only be one of hundreds.
  let world: readonly Observed[] = observed.map((i) => (i.route === null ? i : { ...i, route: { ...i.route, sessions: 0 } }));
  let { preluded, movement } = desired;
  let at = now;
  const steps: Step[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const plan = planRollout({ ...desired, preluded, movement }, world, at);
    if (plan.steps.length === 0 && (plan.wakeAt === null || plan.status.kind !== "moving")) break;
    steps.push(...plan.steps);
    preluded = [...preluded, ...plan.steps.map((step) => `${step.do}/${step.slot}`)];
    for (const step of plan.steps) {
      world = after(desired, world, step, at);
      movement = staged(movement, step, at);
    }
    at = plan.steps.length === 0 && plan.wakeAt !== null ? plan.wakeAt : at + 1;
  }
  return steps;
}

const hashOf = (desired: Desired, revision: number): string =>
  desired.sides?.find((side) => side.revision === revision)?.instanceHash ?? desired.instanceHash;

/** The course after a step of it. */
export function staged(movement: Movement | null, step: Step, now: Instant): Movement | null {
  if (movement?.course === undefined || step.stage === undefined) return movement;
  return { ...movement, progressAt: now, course: { ...movement.course, at: step.stage.at, since: step.stage.begins ? now : null } };
}

function after(desired: Desired, world: readonly Observed[], step: Step, now: Instant): readonly Observed[] {
  const change = (with_: Partial<Observed>): readonly Observed[] => world.map((i) => (i.name === step.instance ? { ...i, ...with_ } : i));
  switch (step.do) {
    case "create":
      return [...world, fresh({ ...desired, ...step, name: step.instance, instanceHash: hashOf(desired, step.revision) }, null)];
    case "start":
      return change({ life: "running", startedAt: now, readySince: now, probedSince: now });
    case "route":
      return change({ route: { state: "ready", sessions: 0, weight: step.weights?.[step.instance] ?? USUAL_WEIGHT }, drainingSince: null });
    case "weigh":
      return world.map((i) =>
        i.route === null ? i : { ...i, route: { ...i.route, weight: step.weights?.[i.name] ?? i.route.weight ?? USUAL_WEIGHT } },
      );
    case "stage":
      return world;
    case "drain":
      return change({ route: { state: "drain", sessions: 0 }, drainingSince: now });
    case "cut":
    case "snapshot":
    case "restore":
    case "ask":
    case "job-create":
    case "job-start":
    case "job-stop":
    case "job-end":
      return world;
    case "stop":
      return change({ life: "ended", exitCode: 0 });
    case "unroute":
      return change({ route: null });
    case "remove":
    case "fail":
    case "crash":
    case "complete":
      return world.filter((i) => i.name !== step.instance);
    default:
      return step.do satisfies never;
  }
}
