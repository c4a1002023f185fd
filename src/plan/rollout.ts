import { planAlone } from "./alone.ts";
import { isInForce, isPromoted } from "./course.ts";
import { withJobs } from "./jobs.ts";
import { planSides, planUsualWeights } from "./sides.ts";
import type { Desired, Instant, Observed, Plan, Side } from "./types.ts";

/**
 * The whole decision for one service: from what is wanted and what is seen, the steps that are safe right now.
 * Pure; called again after every change. Linear in the number of instances.
 */
export function planRollout(desired: Desired, observed: readonly Observed[], now: Instant): Plan {
  const plan = planInstances(desired, observed, now);
  return desired.jobs === undefined ? plan : withJobs(plan, desired.jobs, isInForce(desired.movement?.course), now);
}

function planInstances(desired: Desired, observed: readonly Observed[], now: Instant): Plan {
  const sides = (desired.sides ?? []).filter(({ until }) => until === null || now < until);
  if (sides.length < 2 || desired.replicas === 0) return planOne(desired, observed, now);
  const plan = planSides(desired, sides, observed, now);
  return isOver(desired, sides, plan) ? planOne(desired, observed, now) : plan;
}

function planOne(desired: Desired, observed: readonly Observed[], now: Instant): Plan {
  const plan = planAlone(desired, observed, now);
  const weigh = planUsualWeights(desired, observed);
  if (weigh === null) return plan;
  const status = plan.status.kind === "converged" ? { kind: "moving" as const, waiting: "the weights to be in force" } : plan.status;
  return { ...plan, steps: [...plan.steps, weigh], status };
}

/** Everything goes to the new revision, and the old one is not kept: it leaves as in any other deployment. */
function isOver(desired: Desired, sides: readonly Side[], plan: Plan): boolean {
  const course = desired.movement?.direction === "forward" ? desired.movement.course : undefined;
  return course !== undefined && isPromoted(course) && course.warmMs === 0 && sides.length === 2 && plan.status.kind === "converged";
}
