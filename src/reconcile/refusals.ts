import { InstarError } from "../errors.ts";
import type { Step } from "../plan/types.ts";

/** What a step that did not work means: another try, or a failure of its deployment. */

const RETRY_MS = [50, 200, 1000, 5000] as const;

/** The daemon is closing, or the engine is away: nobody's failure, and the next try goes on. */
const PASSING: ReadonlySet<string> = new Set(["INS7001", "INS3001"]);

/** A start that is refused so often is refused for good: after some seconds, by the pauses between the tries. */
const STARTS = 4;

/** The pause after the n-th try that did not work, in ms; `before` counts from 0. */
export const pauseAfter = (before: number): number => RETRY_MS[Math.min(before, RETRY_MS.length - 1)] ?? RETRY_MS[3];

/** The same of a look: it costs little, and what was away (an engine, the router) may be there again at any moment. */
export const lookAgainAfter = (before: number): number => Math.min(RETRY_MS[2], pauseAfter(before));

/**
 * A failure of the deployment, of which there may be too many. `tried`: how often this step was refused before.
 *
 * - With the old instance stopped a snapshot is not tried twice: the old one comes back instead. A restore is tried again, because
 *   what is half restored cannot come back.
 * - A start that the engine refuses (a command or a device that is not there, a host port that somebody has) leaves a container that
 *   never ran: nothing else would tell of it.
 */
export function countsAsFailure(step: Step, error: unknown, tried: number): error is InstarError {
  if (!(error instanceof InstarError) || PASSING.has(error.code)) return false;
  if (step.do === "start") return tried >= STARTS;
  return step.do === "snapshot" || ((step.do === "restore" || step.do === "create") && !error.row.retryable);
}

/** After these steps the container may be gone. */
export const removes = (step: Step): boolean => ["remove", "fail", "crash", "complete"].includes(step.do);
