import type { AutoredeploySpec } from "../spec/types.ts";
import type { Instant } from "./types.ts";

/** What the registry has for a service, as it was seen last. */
export interface Sighting {
  readonly tag: string;
  readonly digest: string;
  /** Every digest of the image for this machine. */
  readonly digests: readonly string[];
  /** When this digest was first seen there. */
  readonly seenAt: Instant;
  readonly approved: boolean;
}

/** What the decision reads of the service's rows. */
export interface Standing {
  readonly stopped: boolean;
  /** The deployment that pinned it; null: not pinned. */
  readonly pinned: string | null;
  /** Digests of the image wanted now. */
  readonly wanted: readonly string[];
  /** The running deployment. */
  readonly running: { readonly id: string; readonly own: boolean; readonly back: boolean } | null;
  /** When a deployment was last begun for a push; null: never. */
  readonly lastBeganAt: Instant | null;
  /** The deployment in which one of the sighted digests failed last, and has not succeeded since. */
  readonly failed: { readonly id: string; readonly outcome: string } | null;
}

export interface Verdict {
  readonly act: "deploy" | "nothing";
  readonly state:
    | "up-to-date"
    | "deploying"
    | "waiting-for-approval"
    | "waiting-for-age"
    | "waiting-for-window"
    | "waiting"
    | "failed-before"
    | "pinned"
    | "stopped";
  readonly because: string;
  /** When the answer may be another although nothing happened; null: not by itself. */
  readonly wakeAt: Instant | null;
}

/** Pushes that follow each other faster than this are one deployment and then another: ten in a second are two. */
export const SETTLE_MS = 3000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * May this image go in now? First match wins. `utcOffsetMs`: what to add to an instant for the wall clock the window means.
 */
export function decideAutoredeploy(
  policy: AutoredeploySpec,
  standing: Standing,
  sighting: Sighting,
  now: Instant,
  utcOffsetMs: number,
): Verdict {
  const nothing = (state: Verdict["state"], because: string, wakeAt: Instant | null = null): Verdict => ({
    act: "nothing",
    state,
    because,
    wakeAt,
  });
  const { wanted, running } = standing;
  const same = sighting.digests.some((digest) => wanted.includes(digest));
  const backing = running?.back === true;
  if (same && !backing)
    return running?.own === true
      ? nothing("deploying", `${running.id} brings it in`)
      : nothing("up-to-date", "the registry has what is wanted here");
  if (standing.stopped) return nothing("stopped", "the service is stopped");
  if (standing.pinned !== null)
    return nothing("pinned", `${standing.pinned} pinned the service; instar unpin lets it follow the registry again`);
  if (running !== null && (!running.own || backing)) return nothing("waiting", `${running.id} is to end first`);
  if (standing.failed !== null)
    return nothing(
      "failed-before",
      `${standing.failed.id} with this image ended as ${standing.failed.outcome}; it is not tried again by itself (instar deploy does)`,
    );
  if (policy.approve && !sighting.approved) return nothing("waiting-for-approval", "instar approve lets it in");
  const ripe = sighting.seenAt + policy.minAgeMs;
  if (now < ripe) return nothing("waiting-for-age", `it was first seen less than ${policy.minAgeMs / 1000} s ago`, ripe);
  const opens = policy.window === null ? now : windowOpensAt(policy.window, now, utcOffsetMs);
  if (now < opens) return nothing("waiting-for-window", `the window opens at ${new Date(opens).toISOString()}`, opens);
  const settled = (standing.lastBeganAt ?? Number.NEGATIVE_INFINITY) + SETTLE_MS;
  if (now < settled) return nothing("waiting", "pushes follow each other; the last one goes in", settled);
  return { act: "deploy", state: "deploying", because: `the registry has ${sighting.digest} for ${sighting.tag}`, wakeAt: null };
}

/**
 * When a daily window is open next: `now` within it. 02:00-04:00 at 01:30 → in 30 minutes; 23:00-01:00 at 00:30 → now.
 * The end is not part of it.
 */
export function windowOpensAt(window: NonNullable<AutoredeploySpec["window"]>, now: Instant, utcOffsetMs: number): Instant {
  const wall = now + utcOffsetMs;
  const sinceMidnight = ((wall % DAY_MS) + DAY_MS) % DAY_MS;
  const [from, to] = [window.fromMinute * MINUTE_MS, window.toMinute * MINUTE_MS];
  const open = from < to ? sinceMidnight >= from && sinceMidnight < to : sinceMidnight >= from || sinceMidnight < to;
  if (open) return now;
  return now + ((from - sinceMidnight + DAY_MS) % DAY_MS);
}
