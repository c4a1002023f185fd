import { LAWS, type Law } from "./laws.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { crowdedStoryOf, type Story, storyOf, told } from "./story.ts";

export interface Failure {
  readonly seed: number;
  readonly laws: readonly Law[];
  /** Its shortened story, what was seen, and how to play it again. */
  readonly text: string;
}

export interface Played {
  readonly failures: readonly Failure[];
  readonly arrived: number;
  readonly excused: number;
  /** Stories in which exactly one thing may serve in the end. */
  readonly certain: number;
}

/** More than these are only counted: each is played again for every happening left out. */
const SHORTENED = 20;

export interface Book {
  readonly storyOf: (seed: number) => Story;
  /** How a story of it is played again. */
  readonly again: string;
}
export const PLAIN: Book = { storyOf, again: "script/simulate" };
export const CROWDED: Book = { storyOf: crowdedStoryOf, again: "script/simulate --crowded" };

/** So many seeds, one after another. */
export async function play(from: number, runs: number, book = PLAIN, tell: (failure: string) => void = () => undefined): Promise<Played> {
  const failures: Failure[] = [];
  let arrived = 0;
  let excused = 0;
  let certain = 0;
  for (let seed = from; seed < from + runs; seed++) {
    const story = book.storyOf(seed);
    const report = await simulate(story);
    arrived += report.arrived;
    excused += report.excused;
    if (report.ends === 1) certain++;
    if (report.violations.length === 0) continue;
    const short = failures.length < SHORTENED ? await shrink(story, report.violations) : { story, violations: report.violations };
    const seen = short.violations.map(({ law, seen }) => `  VIOLATED: ${LAWS[law]} But: ${seen}`);
    const text = [told(short.story), ...seen, `  again: ${book.again} --seed ${seed}`].join("\n");
    failures.push({ seed, laws: [...new Set(report.violations.map(({ law }) => law))], text });
    tell(text);
  }
  return { failures, arrived, excused, certain };
}
