import type { Instant } from "./types.ts";

/** Shares are in hundredths of a percent: 10,000 is everything. */
export const WHOLE = 10_000;

/** What a step waits for besides its time: fed by jobs and webhooks, read by the planner. */
export interface Gate {
  readonly name: string;
  readonly state: "waiting" | "passed" | "failed";
  /** What came of it, in words; "" while it waits. */
  readonly reason: string;
}

/** One stay of a deployment in which the old and the new revision stand side by side. */
export interface CourseStep {
  /** The new revision's part of the requests. */
  readonly share: number;
  /** Instances of the new revision, as a share of the wanted number; at least one. */
  readonly size: number;
  /** How long it lasts once its weights are in force, in ms; null: until somebody promotes. */
  readonly forMs: number | null;
  /** The deployment goes on when all have passed, and back when one has failed. */
  readonly gates: readonly Gate[];
}

/** A deployment in steps: plain data in its row, so that it goes on wherever a daemon died. */
export interface Course {
  readonly strategy: "blue-green" | "canary";
  readonly steps: readonly CourseStep[];
  /** Index of the present step; `steps.length` when everything goes to the new revision. */
  readonly at: number;
  /** When the present step's weights were first in force; null: not yet. */
  readonly since: Instant | null;
  /** How long the old set is kept, ready and without traffic, after the last step. */
  readonly warmMs: number;
}

export const isPromoted = (course: Course): boolean => course.at >= course.steps.length;

/** Some of the requests, or the preview, may go to the new revision: it stands ready beside the old one. */
export const isInForce = (course: Course | undefined): boolean => course !== undefined && (course.at > 0 || course.since !== null);

/** The step before the present one decides until the present one is ready. 5 %, 25 %, in the second and not ready yet → 5 %. */
export function shareInForce(course: Course, ready: boolean): number {
  const step = isPromoted(course) ? WHOLE : (course.steps[course.at]?.share ?? WHOLE);
  if (course.since !== null || ready) return step;
  return course.at === 0 ? 0 : (course.steps[course.at - 1]?.share ?? 0);
}

/** How many instances of the new revision the present step wants: 3 wanted, size 25 % → 1; 10 wanted, size 25 % → 3. */
export function sizeNow(course: Course, replicas: number): number {
  if (replicas === 0) return 0;
  const size = isPromoted(course) ? WHOLE : (course.steps[course.at]?.size ?? WHOLE);
  return Math.min(replicas, Math.max(1, Math.ceil((replicas * size) / WHOLE)));
}
