import type { Violation } from "./laws.ts";
import { simulate } from "./simulate.ts";
import type { Story } from "./story.ts";

/** A violation without its numbers and names: two of a kind are the same defect. */
const kind = ({ law, seen }: Violation): string =>
  `${law} ${seen
    .replace(/^.* ms: /, "")
    .replace(/[0-9]+/g, "#")
    .slice(0, 40)}`;

/** The story without what the violation does not need, and what is then seen: happenings are left out as long as it still happens. */
export async function shrink(story: Story, violations: readonly Violation[]): Promise<{ story: Story; violations: readonly Violation[] }> {
  const wanted = new Set(violations.map(kind));
  let shortest = { story, violations };
  for (let index = 0; index < shortest.story.happenings.length; ) {
    const shorter = { ...shortest.story, happenings: shortest.story.happenings.filter((_, at) => at !== index) };
    const report = await simulate(shorter);
    if (report.violations.some((violation) => wanted.has(kind(violation)))) shortest = { story: shorter, violations: report.violations };
    else index++;
  }
  return shortest;
}
