import { leaving, serving } from "../plan/classify.ts";
import type { Desired, Observed, StepKind } from "../plan/types.ts";
import type { Sighting } from "./context.ts";

const ON_THE_WAY_OUT: ReadonlySet<StepKind> = new Set(["stop", "remove", "fail", "crash"]);

/** What a pass saw, as contexts need it: who takes traffic, and whether that is known of all. */
export function sighted(
  seen: Omit<Sighting, "serving" | "certain" | "wanted">,
  desired: Pick<Desired, "routed" | "replicas">,
  world: readonly Observed[],
): Sighting {
  const takes = (i: Observed): boolean => serving(i, desired.routed) && !i.evidence && (i.busy === null || !ON_THE_WAY_OUT.has(i.busy));
  const unknown = (i: Observed): boolean =>
    !desired.routed && i.life === "running" && !leaving(i) && i.readySince === null && i.probedSince !== null && i.probeDetail === null;
  return {
    ...seen,
    wanted: desired.replicas > 0,
    serving: new Set(world.filter(takes).map(({ name }) => name)),
    certain: !world.some(unknown),
  };
}
