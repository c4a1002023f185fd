import { InstarError } from "../../src/errors.ts";
import type { Weather } from "./life.ts";
import type { Random } from "./random.ts";
import type { Setting } from "./story.ts";

/** What a story does to the calls of the ports. */
export class Skies {
  /** Of the answers of engine and router that are lost. */
  lostShare = 0;
  readonly #random: Random;
  readonly #eventMs: number;

  constructor(random: Random, { eventMs }: Pick<Setting, "eventMs">) {
    this.#random = random;
    this.#eventMs = eventMs;
  }

  /** Calls take twice so long at most. */
  over(longestMs: number): Weather {
    const random = this.#random;
    return {
      delay: () => (longestMs === 0 ? [0, 0] : [random.whole(0, longestMs), random.whole(0, longestMs)]),
      lost: (call) =>
        this.lostShare > 0 && random.chance(this.lostShare) ? new InstarError("INS3001", `the answer to ${call} was lost`) : null,
      late: () => ({
        ms: this.#eventMs === 0 ? 0 : random.whole(0, this.#eventMs),
        twice: this.#eventMs > 0 && random.chance(0.05),
      }),
    };
  }

  overStore(longestMs: number): Weather {
    return { ...this.over(longestMs), lost: () => null };
  }
}
