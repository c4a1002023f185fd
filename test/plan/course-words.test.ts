import { expect, it } from "vitest";
import type { Course } from "../../src/plan/course.ts";
import { courseInWords } from "../../src/plan/course-words.ts";
import { courseUnder } from "../../src/reconcile/course.ts";
import { SIDES } from "../../src/spec/sides.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const canary = (steps: readonly number[], size: number | null = null): Course =>
  courseUnder("canary", serviceSpec({ strategy: "canary", sides: { ...SIDES.canary, steps, size } }));

const FIVE = { share: 500, size: 500, forMs: 60_000, gates: [] };

it("says on how many instances a share is made, and where weights cannot make it", () => {
  expect(courseInWords(canary([500, 5_000]), 4)).toBe("canary: 5 % on 1 instance for 1m, then 50 % on 2 instances for 1m, then everything");
  expect(courseInWords(canary([100], 10_000), 3)).toBe("canary: 1 % on 3 instances for 1m, then everything");
  expect(courseInWords(canary([20], 10_000), 1)).toMatch(/^canary: 0.2 % on 1 instance, which is 0.39 % in weights for 1m/);
  // 0.29 % is met as well as weights go, to a tenth of a percent; 0.28 % is not.
  expect(courseInWords(canary([29], 10_000), 1)).not.toContain("in weights");
  expect(courseInWords(canary([28], 10_000), 1)).toContain("0.39 % in weights");
  expect(courseInWords(canary([20], 10_000), 2)).toMatch(/^canary: 0.2 % on 1 of 2 instances, since weights end at 256/);
});

it("says who switches, and how long the old set is kept", () => {
  expect(courseInWords(courseUnder("blue-green", serviceSpec({})), 3)).toBe(
    "blue-green: the whole new set beside the old one, without traffic, then one switch when it is ready; the old set is kept ready for 10m, and rollback is the switch back",
  );
});

it("says what waits for somebody", () => {
  const byHand = { ...SIDES["blue-green"], promote: "manual" as const };
  const spec = serviceSpec({ strategy: "blue-green", sides: byHand });
  expect(courseInWords(courseUnder("blue-green", spec), 3)).toContain("one switch by instar promote");
  const steps = [{ ...FIVE, forMs: null }, FIVE];
  expect(courseInWords({ ...canary([500]), steps }, 4)).toContain("5 % on 1 instance until instar promote, then 5 % on 1 instance for 1m");
});

it("a rollback, which has no steps, waits for nobody", () => {
  expect(courseInWords({ ...courseUnder("blue-green", serviceSpec({})), steps: [] }, 3)).toContain("one switch when it is ready");
});
