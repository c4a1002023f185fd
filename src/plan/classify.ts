import type { Desired, Instant, Observed } from "./types.ts";

/** What an instance is to the wanted state. The first row that matches decides. */
export type Role = "evidence" | "quarantined" | "unbuilt" | "current" | "old";

interface Row {
  readonly role: Role;
  readonly when: (instance: Observed, desired: Desired) => boolean;
  readonly because: string | ((instance: Observed) => string);
}

/** The deployment that replaces what drifted; on its way back, and without one, what drifted is what there is. */
const healing = ({ movement }: Desired): boolean => movement !== null && movement.direction === "forward";

const ROWS: readonly Row[] = [
  { role: "evidence", when: (i) => i.evidence, because: "kept as evidence of a failed deployment" },
  {
    role: "quarantined",
    when: (i) => i.quarantine !== undefined && i.route === null && i.busy === null,
    because: "it is kept in quarantine",
  },
  { role: "old", when: (i) => i.quarantine !== undefined, because: (i) => `it goes into quarantine: ${i.quarantine?.because}` },
  { role: "old", when: (i) => i.outside, because: "it belongs to the Compose project that is being adopted" },
  { role: "unbuilt", when: (i) => i.life === "created" && !i.built, because: "its building was interrupted" },
  // Wanted again by a deployment that turned round: it did not fail, and what is over does not begin again.
  { role: "old", when: (i) => i.life === "ended" && i.drainingSince !== null, because: "it was let go and has stopped" },
  { role: "old", when: (i, d) => d.movement !== null && isOfTheEngine(i, d), because: "it ended with the engine" },
  { role: "old", when: (_, d) => d.replicas === 0, because: "no instance is wanted" },
  { role: "old", when: (i, d) => i.slot > d.replicas, because: "its slot is no longer wanted" },
  { role: "old", when: (i, d) => i.instanceHash !== d.instanceHash, because: "another revision is wanted" },
  { role: "old", when: (i, d) => i.generation < d.generation, because: "a fresh instance is wanted" },
  { role: "old", when: (i, d) => i.heal !== undefined && healing(d), because: (i) => i.heal ?? "" },
  {
    role: "old",
    // Where it must be stopped first it is let up: in the middle of its start a process may hear no signal, and its grace would be waited for.
    when: (i, d) =>
      i.worn && i.life === "running" && !relapsed(i, d) && (d.exclusive === "none" || d.movement !== null || i.readySince !== null),
    because: "it was restarted by the engine and is worn",
  },
  { role: "old", when: (i, d) => i.sick && d.movement === null, because: "its healthcheck reports it unhealthy" },
];

/** No failure of its own: a fresh one follows. What ends for good at an exit, or with success, has ended all the same. */
const isOfTheEngine = (i: Observed, { restart: { policy } }: Desired): boolean =>
  i.endedWithEngine === true && i.life === "ended" && (policy === "on-failure" ? i.exitCode !== 0 : policy !== "no");

/** Made by the running deployment, it has ended and the engine was faster than the look: it failed like any other that ends. */
export const relapsed = (i: Observed, { movement }: Desired): boolean =>
  i.worn && i.life === "running" && movement !== null && i.createdAt !== null && i.createdAt >= movement.startedAt;

export function classify(instance: Observed, desired: Desired): { role: Role; because: string } {
  const row = ROWS.find(({ when }) => when(instance, desired));
  if (row === undefined) return { role: "current", because: "it is what is wanted" };
  return { role: row.role, because: typeof row.because === "string" ? row.because : row.because(instance) };
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

/** Ready for long enough to be sent traffic, and heard of since: one that died meanwhile is told of late (issue 8, soak of seed 7). */
export const proven = (i: Observed, minReadyMs: number, now: Instant): boolean =>
  i.life === "running" && i.readySince !== null && Math.min(now, i.answeredAt ?? now) >= i.readySince + minReadyMs;

/** Takes traffic now, as the router itself reports it; without a route, being ready is all there is. */
export const serving = (i: Observed, routed: boolean): boolean =>
  i.life === "running" && !leaving(i) && (i.outside || (routed ? i.route?.state === "ready" : i.readySince !== null));
