import { describe, expect, it } from "vitest";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";
import { AT_FIVE, canary, course, does, moves, runs, serves } from "./beside.ts";
import { NOW, ONE } from "./one.ts";

const paused = { paused: true };
const { course: _, ...movement } = moves(course(), paused);
const alone = (revision: number, more: Partial<Desired> = {}): Desired => ({
  ...{ ...ONE, revision, instanceHash: `of ${revision}`, movement },
  ...more,
});

describe("in a pause, as long as enough serve, nothing that is not wanted is let in", () => {
  it.each<[string, Desired, Observed[]]>([
    ["the old revision of a promoted canary", canary(course({ at: 1, since: NOW }), paused), [serves(3, 100), serves(2, 0)]],
    ["one of a deployment that was overtaken", alone(4), [serves(2), runs(3)]],
    ["the old one beside its ready successor", alone(3), [serves(3), runs(2)]],
    ["the old one that has no weight any more", alone(3), [serves(3), serves(2, 0)]],
    ["one beyond the number of a canary", canary(course({ since: NOW }), paused), [...AT_FIVE, serves(3, 0, 2)]],
  ])("%s", (_what, desired, observed) => {
    expect(does(planRollout(desired, observed, NOW))).toEqual([]);
  });

  it("what is ready is better than nothing where too few serve", () => {
    expect(does(planRollout(alone(3), [runs(2)], NOW))).toEqual(["route s-w-r2-1-a1"]);
    expect(does(planRollout(alone(3), [runs(2, 1, { readySince: null })], NOW))).toEqual([]);
    expect(does(planRollout(alone(3, { replicas: 0 }), [runs(2)], NOW))).toEqual([]);
  });

  it("also where its successor is built and waits for the data", () => {
    const built = runs(3, 1, { life: "created", startedAt: null, readySince: null, probedSince: null });
    expect(does(planRollout(alone(3, { exclusive: "service" }), [runs(2), built], NOW))).toContain("route s-w-r2-1-a1");
  });
});
