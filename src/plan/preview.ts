import { fresh } from "./fresh.ts";
import { planRollout } from "./rollout.ts";
import type { Desired, Instant, Observed, Step } from "./types.ts";

const ROUNDS = 400;

/**
 * The steps a rollout would take in a world where everything goes well at once: what `plan` shows.
 * The planner itself makes them, so the preview cannot differ from the deed.
 */
export function previewRollout(desired: Desired, observed: readonly Observed[], now: Instant): Step[] {
  let world: readonly Observed[] = observed;
  let { preluded } = desired;
  let at = now;
  const steps: Step[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const plan = planRollout({ ...desired, preluded }, world, at);
    if (plan.steps.length === 0 && (plan.wakeAt === null || plan.status.kind !== "moving")) break;
    steps.push(...plan.steps);
    preluded = [...preluded, ...plan.steps.map((step) => `${step.do}/${step.slot}`)];
    for (const step of plan.steps) world = after(desired, world, step, at);
    at = plan.steps.length === 0 && plan.wakeAt !== null ? plan.wakeAt : at + 1;
  }
  return steps;
}

function after(desired: Desired, world: readonly Observed[], step: Step, now: Instant): readonly Observed[] {
  const change = (with_: Partial<Observed>): readonly Observed[] => world.map((i) => (i.name === step.instance ? { ...i, ...with_ } : i));
  switch (step.do) {
    case "create":
      return [...world, fresh({ ...desired, ...step, name: step.instance }, null)];
    case "start":
      return change({ life: "running", startedAt: now, readySince: now, probedSince: now });
    case "route":
      return change({ route: { state: "ready", sessions: 0 }, drainingSince: null });
    case "drain":
      return change({ route: { state: "drain", sessions: 0 }, drainingSince: now });
    case "cut":
    case "snapshot":
    case "restore":
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
