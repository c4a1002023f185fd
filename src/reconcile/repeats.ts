import type { Step, StepKind } from "../plan/types.ts";
import type { Instant } from "./ports.ts";
import { pauseAfter } from "./refusals.ts";

/** A step that is planned again so long after it ended has a new cause. */
const RIGHT_AFTER_MS = 10_000;
/** Their repetition is part of them. */
const REPEATED: ReadonlySet<StepKind> = new Set(["ask", "cut"]);

interface Ended {
  readonly step: string;
  /** In a row, this one included. */
  readonly times: number;
  readonly at: Instant;
}

/**
 * Steps of one service that ended well and are planned again unchanged, right after: what they were for did not come about, whatever
 * the reason, and to do them at once for ever would do nothing but harm. Each waits as one that failed does.
 */
export class Repeats {
  readonly #last = new Map<string, Ended>();

  /** How often it ended well in a row before `now`, when that is what its instance did last. */
  times(step: Step, now: Instant): number {
    return this.#before(step, now)?.times ?? 0;
  }

  /** When it may begin; `now`: at once. */
  dueAt(step: Step, now: Instant): Instant {
    const last = this.#before(step, now);
    return last === null ? now : last.at + pauseAfter(last.times - 1);
  }

  /** null too where it ended in the future: a clock that was set back is not waited for. */
  #before(step: Step, now: Instant): Ended | null {
    const last = this.#last.get(step.instance);
    return last === undefined || last.step !== textOf(step) || last.at > now || now - last.at > RIGHT_AFTER_MS ? null : last;
  }

  ended(step: Step, now: Instant): void {
    if (REPEATED.has(step.do)) return;
    this.#last.set(step.instance, { step: textOf(step), times: this.times(step, now) + 1, at: now });
    for (const [instance, { at }] of this.#last) if (now - at > RIGHT_AFTER_MS) this.#last.delete(instance);
  }

  failed(step: Step): void {
    this.#last.delete(step.instance);
  }
}

const textOf = (step: Step): string => JSON.stringify(step);
