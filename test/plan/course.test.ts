import { expect, it } from "vitest";
import { type Course, isInForce, shareInForce, sizeNow } from "../../src/plan/course.ts";

const step = (share: number, size = share) => ({ share, size, forMs: 0, gates: [] });
const course = (at: number, since: number | null): Course => ({
  strategy: "canary",
  steps: [step(500), step(2_500, 5_000)],
  ...{ at, since, warmMs: 0 },
});

it.each([
  ["nothing before the first step is ready", 0, null, false, 0],
  ["the first step, once it is ready", 0, null, true, 500],
  ["the step before decides until the next is ready", 1, null, false, 500],
  ["a step that has begun stays when one of it dies", 1, 7, false, 2_500],
  ["promoted and not whole yet: the last step", 2, null, false, 2_500],
  ["promoted and whole", 2, null, true, 10_000],
])("%s", (_name, at, since, ready, share) => {
  expect(shareInForce(course(at, since), ready)).toBe(share);
});

it.each([
  [3, 0, 1],
  [10, 1, 5],
  [3, 1, 2],
  [3, 2, 3],
  [0, 2, 0],
])("%i wanted, step %i: %i instances", (replicas, at, size) => {
  expect(sizeNow(course(at, null), replicas)).toBe(size);
});

it.each([
  ["before its first step has begun", 0, null, false],
  ["in its first step", 0, 7, true],
  ["on the way to its second", 1, null, true],
  ["promoted", 2, 7, true],
])("%s: whether the new revision may be let in", (_name, at, since, inForce) => {
  expect(isInForce(course(at, since))).toBe(inForce);
});

it("where nothing stands side by side nothing is let in", () => {
  expect(isInForce(undefined)).toBe(false);
});
