import { simulate } from "./simulate.ts";
import type { Story } from "./story.ts";

/** A violation without its numbers and names: two of a kind are the same defect. */
const kind = (violation: string): string =>
  violation
    .replace(/^.* ms: /, "")
    .replace(/[0-9]+/g, "#")
    .slice(0, 40);

/** The story without what the violation does not need: happenings are left out one by one as long as it still happens. */
export async function shrink(story: Story, violations: readonly string[]): Promise<Story> {
  const wanted = new Set(violations.map(kind));
  let shortest = story;
  for (let index = 0; index < shortest.happenings.length; ) {
    const shorter = { ...shortest, happenings: shortest.happenings.filter((_, at) => at !== index) };
    const report = await simulate(shorter);
    if (report.violations.some((violation) => wanted.has(kind(violation)))) shortest = shorter;
    else index++;
  }
  return shortest;
}
