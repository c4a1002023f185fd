import { describe, expect, it } from "vitest";
import { DEFECTS } from "./defects.ts";
import { LAWS } from "./laws.ts";
import { simulate } from "./simulate.ts";
import { told } from "./story.ts";

describe("what was found once does not come back", () => {
  it.each(DEFECTS)("$name: $was", async ({ name, story }) => {
    const { violations } = await simulate(story);
    const seen = violations.map(({ law, seen }) => `${LAWS[law]} But: ${seen}`);
    expect(seen, `${told(story)}\n  again: script/simulate --defect ${name}`).toEqual([]);
  });
});

describe("a story", () => {
  it("is the same each time it is played", async () => {
    for (const { story } of DEFECTS.slice(0, 3)) expect(await simulate(story)).toEqual(await simulate(story));
  });
});
