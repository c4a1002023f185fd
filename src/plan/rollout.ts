import { planAlone } from "./alone.ts";
import { leaving, serving } from "./classify.ts";
import { isInForce, isPromoted } from "./course.ts";
import { withJobs } from "./jobs.ts";
import { isOf, planSides, planUsualWeights } from "./sides.ts";
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
  return isOver(desired, sides, plan, observed) ? planOne(desired, observed, now) : plan;
}

function planOne(desired: Desired, observed: readonly Observed[], now: Instant): Plan {
  const plan = planAlone(desired, observed, now);
  const weigh = planUsualWeights(desired, observed, new Set(plan.steps.map(({ instance }) => instance)));
  if (weigh === null) return plan;
  const status = plan.status.kind === "converged" ? { kind: "moving" as const, waiting: "the weights to be in force" } : plan.status;
  return { ...plan, steps: [...plan.steps, weigh], status };
}

/**
 * Everything goes to the new revision, and the old one is not kept: it leaves as in any other deployment. Once it has begun to, it is
 * not built again, although a daemon that has just begun does not know yet who is ready.
 */
function isOver(desired: Desired, sides: readonly Side[], plan: Plan, observed: readonly Observed[]): boolean {
  const course = desired.movement?.direction === "forward" ? desired.movement.course : undefined;
  if (course === undefined || !isPromoted(course) || course.warmMs > 0 || sides.length !== 2) return false;
  return plan.status.kind === "converged" || hasBegunToLeave(observed.filter((i) => sides[1] !== undefined && isOf(i, sides[1])));
}

/** Nothing of it gets requests, and of what there was some are drained, or none is left. */
const hasBegunToLeave = (old: readonly Observed[]): boolean =>
  old.every((i) => !serving(i, true) || i.route?.weight === 0) &&
  (old.length === 0 || old.some((i) => leaving(i) || i.drainingSince !== null));
