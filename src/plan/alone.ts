import { allowedFailures } from "./bounds.ts";
import { planFilling } from "./filling.ts";
import { runsJob } from "./jobs.ts";
import { isKept, planLeaving } from "./leaving.ts";
import { type Survey, survey } from "./survey.ts";
import type { Desired, Instant, Observed, Plan, Status } from "./types.ts";

/** Beyond the waits that are bounded by themselves, a deployment that records no step for this long has stalled. */
const STALL_MS = 120_000;

/** The decision for a service of which one revision is wanted. Pure; linear in the number of instances. */
export function planAlone(desired: Desired, observed: readonly Observed[], now: Instant): Plan {
  const world = survey(desired, observed, now);
  const atWork =
    desired.movement?.arrived === true || runsJob(desired.jobs) || observed.some((i) => i.busy === "snapshot" || i.busy === "restore");
  const watching: Instant[] = [];
  const reached = verdict(desired, world, watching, now);
  // Nothing new is begun by what has failed or stalled: the loop settles it once nothing is under way.
  const unanswered = whyUnanswered(desired, world, watching, now);
  const failed = whyDeploymentFailed(desired) ?? unanswered ?? (reached.kind === "moving" ? whyStalled(desired, atWork, now) : null);
  const out = planLeaving(desired, world, now);
  const drains = out.steps.filter((step) => step.do === "drain").length;
  const into = failed === null ? planFilling(desired, world, drains, now) : { steps: [], wakes: [] };
  const wakes = [...out.wakes, ...into.wakes, ...watching];
  const status = failed ?? reached;
  if (desired.movement !== null && !desired.movement.paused && desired.waitingFor === null && status.kind === "moving")
    wakes.push(stallsAt(desired));
  const future = wakes.filter((at) => at > now);
  return { steps: [...into.steps, ...out.steps], status, wakeAt: future.length === 0 ? null : Math.min(...future) };
}

const stallsAt = (desired: Desired): Instant =>
  (desired.movement?.progressAt ?? 0) +
  Math.max(desired.bounds.readyTimeoutMs, desired.bounds.drainMs, desired.bounds.delayMs, desired.bounds.monitorMs) +
  STALL_MS;

function whyDeploymentFailed(desired: Desired): Status | null {
  const movement = desired.movement;
  if (movement === null || movement.paused) return null;
  const last = movement.failures.at(-1);
  if (
    last !== undefined &&
    desired.bounds.failureAction !== "continue" &&
    movement.failures.length + (movement.passedOver ?? 0) > allowedFailures(desired.replicas, desired.bounds.maxFailureRatio)
  )
    return { kind: "failed", code: / ended (by itself|with the engine) with exit code /.test(last) ? "INS5002" : "INS5001", reason: last };
  return null;
}

/** What serves never answered where the new routes lead: the routes go back, and what serves goes on. */
function whyUnanswered({ movement, bounds }: Desired, world: Survey, wakes: Instant[], now: Instant): Status | null {
  if (movement === null || movement.paused) return null;
  for (const { name, unanswered } of world.current.values()) {
    if (unanswered === undefined) continue;
    const limit = Math.max(unanswered.since, movement.progressAt) + bounds.readyTimeoutMs;
    const reason = `${name} did not answer within ${bounds.readyTimeoutMs} ms where the new routes lead: ${unanswered.words}`;
    if (now >= limit) return { kind: "failed", code: "INS5001", reason };
    wakes.push(limit);
  }
  return null;
}

/** @param atWork it waits for its group, a job runs, or volumes are being read or written: that takes as long as it takes, and is no stall */
function whyStalled(desired: Desired, atWork: boolean, now: Instant): Status | null {
  const movement = desired.movement;
  if (movement === null || movement.paused || desired.waitingFor !== null || atWork || now < stallsAt(desired)) return null;
  return { kind: "failed", code: "INS5003", reason: `no step could be taken since ${new Date(movement.progressAt).toISOString()}` };
}

function verdict(desired: Desired, world: Survey, wakes: Instant[], now: Instant): Status {
  if (desired.waitingFor !== null && world.available.size < desired.replicas) return { kind: "moving", waiting: desired.waitingFor };
  const old = world.old.filter((one) => !isKept(one, desired) || !world.servingOld.includes(one));
  if (old.length > 0) return { kind: "moving", waiting: `${old.length} old instances to leave` };
  if (world.unbuilt.length > 0) return { kind: "moving", waiting: "a half-built instance to be removed" };
  if (world.available.size < desired.replicas)
    return { kind: "moving", waiting: `${desired.replicas - world.available.size} of ${desired.replicas} instances to become available` };
  if (desired.replicas > 0 && world.completed.size === desired.replicas) return { kind: "completed" };
  const watched = (world.lastAvailableAt ?? 0) + desired.bounds.monitorMs;
  if (desired.movement !== null && desired.bounds.monitorMs > 0 && now < watched) {
    wakes.push(watched);
    return { kind: "moving", waiting: `the monitor time of ${desired.bounds.monitorMs} ms` };
  }
  return { kind: "converged" };
}
