import type { Part } from "./leaving.ts";
import type { Desired, Instant, Observed, Step } from "./types.ts";

/**
 * An instance in quarantine leaves the rotation like any other that goes, but is not removed: it runs on, for people to look into, until
 * its time is over. Where two may not run at once (stop-first) it is stopped, and kept stopped.
 */
const mustStop = ({ bounds, exclusive }: Desired): boolean => bounds.order === "stop-first" || exclusive !== "none";

const step = (kind: Step["do"], i: Observed, because: string): Step => ({
  ...{ do: kind, instance: i.name, slot: i.slot, attempt: i.attempt, revision: i.revision, because },
});

/** The stop that ends a drain becomes the end of its route. */
export function afterDrain(desired: Desired, i: Observed, planned: Step): Step {
  if (i.quarantine === undefined || planned.do !== "stop" || mustStop(desired) || i.route === null) return planned;
  return step("unroute", i, `${planned.because}; it is kept in quarantine`);
}

export function keepQuarantined(desired: Desired, i: Observed, part: Part, now: Instant): void {
  const until = i.quarantine?.until ?? now;
  const alive = i.life === "running" || i.revives;
  if (i.busy !== null) return;
  if (now >= until) part.steps.push(step(alive ? "stop" : "remove", i, "its time in quarantine is over"));
  else {
    part.wakes.push(until);
    if (alive && mustStop(desired)) part.steps.push(step("stop", i, "it is kept in quarantine, stopped: two may not run at once"));
  }
}
