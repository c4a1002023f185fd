import type { Desired, Instant, Observed } from "./types.ts";

/** What an instance is to the wanted state. The first row that matches decides. */
export type Role = "evidence" | "unbuilt" | "current" | "old";

interface Row {
  readonly role: Role;
  readonly when: (instance: Observed, desired: Desired) => boolean;
  readonly because: string;
}

const ROWS: readonly Row[] = [
  { role: "evidence", when: (i) => i.evidence, because: "kept as evidence of a failed deployment" },
  { role: "old", when: (i) => i.outside, because: "it belongs to the Compose project that is being adopted" },
  { role: "unbuilt", when: (i) => i.life === "created" && !i.built, because: "its building was interrupted" },
  { role: "old", when: (_, d) => d.replicas === 0, because: "no instance is wanted" },
  { role: "old", when: (i, d) => i.slot > d.replicas, because: "its slot is no longer wanted" },
  { role: "old", when: (i, d) => i.instanceHash !== d.instanceHash, because: "another revision is wanted" },
  { role: "old", when: (i, d) => i.generation < d.generation, because: "a fresh instance is wanted" },
  { role: "old", when: (i) => i.worn && i.life === "running", because: "it was restarted by the engine and is worn" },
  { role: "old", when: (i, d) => i.sick && d.movement === null, because: "its healthcheck reports it unhealthy" },
];

export function classify(instance: Observed, desired: Desired): { role: Role; because: string } {
  return ROWS.find((row) => row.when(instance, desired)) ?? { role: "current", because: "it is what is wanted" };
}

/** Leaving: drained, being stopped or being removed. It counts neither as available nor as surge. */
export const leaving = (i: Observed): boolean =>
  i.life === "running" &&
  (i.drainingSince !== null ||
    i.route?.state === "drain" ||
    i.busy === "drain" ||
    i.busy === "cut" ||
    i.busy === "stop" ||
    i.busy === "remove" ||
    i.busy === "fail");

/** Ready for long enough to be sent traffic. */
export const proven = (i: Observed, minReadyMs: number, now: Instant): boolean =>
  i.life === "running" && i.readySince !== null && now >= i.readySince + minReadyMs;

/** Takes traffic now, as the router itself reports it; without a route, being ready is all there is. */
export const serving = (i: Observed, routed: boolean): boolean =>
  i.life === "running" && !leaving(i) && (i.outside || (routed ? i.route?.state === "ready" : i.readySince !== null));
