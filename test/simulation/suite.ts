import { beforeAll, describe, expect, it } from "vitest";
import { LAWS } from "./laws.ts";
import { PLAIN, type Played, play } from "./play.ts";

/** Every law as a property of so many stories: they are played once, and each law says which of them broke it. */
export function lawsHold(from: number, runs: number, book = PLAIN): void {
  describe(`in ${runs} stories from seed ${from} (${book.again})`, () => {
    let played: Played;
    beforeAll(async () => {
      played = await play(from, runs, book);
    }, 900_000);
    for (const [law, sentence] of Object.entries(LAWS))
      it(sentence, () => {
        const broken = played.failures.filter(({ laws }) => laws.some((one) => one === law));
        expect(broken.map(({ text }) => text).join("\n\n")).toBe("");
      });
    it("Requests came in every story.", () => expect(played.arrived).toBeGreaterThan(runs * 50));
    it("In nine of ten stories exactly one thing may serve in the end.", () => expect(played.certain).toBeGreaterThan(0.9 * runs));
  });
}

/** How many stories each of the two files of the test set plays, beside each other: what fits into a minute on two busy cores. */
export const STORIES = 1000;
