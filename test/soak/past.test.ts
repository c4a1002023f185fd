import { describe, expect, it } from "vitest";
import { type InForce, Past, rollbackFault } from "./past.ts";

const FIRST: InForce = { revision: 1, image: "v1", edition: 1, replicas: 2 };
const SECOND: InForce = { revision: 2, image: "v2", edition: 1, replicas: 2 };
const FOURTH: InForce = { revision: 4, image: "v2", edition: 2, replicas: 4 };
const past = (...all: readonly InForce[]): Past => {
  const made = new Past();
  for (const one of all) made.became(one);
  return made;
};

describe("what a rollback must give", () => {
  it("the last one that succeeded before the present one, whole", () => {
    expect(past(FIRST, SECOND, FOURTH).before(4)).toEqual({ revision: 2, image: "v2", edition: 1, replicas: 2 });
  });

  it("a second rollback goes forth again", () => {
    expect(past(FIRST, SECOND, FIRST).before(2)).toEqual(SECOND);
    expect(past(FIRST, SECOND, FIRST, SECOND).before(2)).toEqual(FIRST);
  });

  it("instances made anew are no other revision", () => {
    expect(past(FIRST, SECOND, SECOND).before(2)).toEqual(FIRST);
  });

  it("a revision that is deployed again is what it was", () => {
    expect(past(FIRST, SECOND, { ...FIRST, image: "v3" }, SECOND).before(2)).toEqual(FIRST);
  });

  it("nothing, where there was only one", () => {
    expect(past(FIRST).before(2)).toBeNull();
  });

  it("a number of replicas set by scale stays, until a file sets one", () => {
    const scaled = past(FIRST, SECOND);
    scaled.replicasBy = "scale";
    expect(scaled.before(3)).toMatchObject({ revision: 1, replicas: 3 });
    scaled.replicasBy = "file";
    expect(scaled.before(3)).toMatchObject({ revision: 1, replicas: 2 });
  });

  it("is not known where something went wrong in between", () => {
    const unsure = past(FIRST, SECOND);
    unsure.forget();
    expect(unsure.before(2)).toBe("unknown");
    unsure.became(SECOND);
    expect(unsure.before(2)).toBe("unknown");
    unsure.became(FOURTH);
    expect(unsure.before(2), "who set the number of replicas").toBe("unknown");
    unsure.replicasBy = "file";
    expect(unsure.before(2)).toEqual(SECOND);
  });
});

describe("a rollback is wrong", () => {
  it.each([
    ["to the one before", FIRST, { refusal: null, to: 1 }, true],
    ["to another", FIRST, { refusal: null, to: 3 }, false],
    ["although there is nothing before", null, { refusal: null, to: 1 }, false],
    ["refused because there is nothing before", null, { refusal: "404 INS2004 no earlier revision", to: null }, true],
    ["refused although there is one", FIRST, { refusal: "404 INS2004 no earlier revision", to: null }, false],
    ["refused for another reason", null, { refusal: "409 INS2030 under way", to: null }, false],
    ["refused for another reason, where nobody knows", "unknown", { refusal: "409 INS2009 gone", to: null }, false],
    ["to whatever, where nobody knows", "unknown", { refusal: null, to: 7 }, true],
    ["that did not succeed, which is told elsewhere", FIRST, { refusal: null, to: null }, true],
  ] as const)("%s", (_what, before, came, fine) => {
    expect(rollbackFault(before as Parameters<typeof rollbackFault>[0], came) === null).toBe(fine);
  });
});
