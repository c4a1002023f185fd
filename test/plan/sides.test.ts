import { expect, it } from "vitest";
import type { Course } from "../../src/plan/course.ts";
import { fresh } from "../../src/plan/fresh.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const serves = (revision: number, weight: number): Observed => ({
  ...fresh({ name: `s-w-r${revision}-1-a1`, revision, slot: 1, attempt: 1, generation: 0, instanceHash: `of ${revision}` }, null),
  ...{ life: "running", readySince: NOW - 60_000, route: { state: "ready", sessions: 0, weight } },
});
const course: Course = {
  ...{ strategy: "canary", at: 0, since: null, warmMs: 0 },
  steps: [{ share: 500, size: 10_000, forMs: 60_000, gates: [] }],
};
const side = (revision: number, share: number) => ({
  revision,
  instanceHash: `of ${revision}`,
  generation: 0,
  replicas: 1,
  share,
  until: null,
});
/** Revision 3 is on its way beside revision 2. */
const CANARY: Desired = {
  ...{ ...ONE, revision: 3, instanceHash: "of 3" },
  sides: [side(3, 0), side(2, 10_000)],
  movement: { id: "D3", startedAt: NOW - 1000, progressAt: NOW - 100, paused: false, direction: "forward", failures: [], course },
};

it("a step does not begin while an instance of a third revision still gets requests", () => {
  const both = [serves(3, 13), serves(2, 247)];
  expect(planRollout(CANARY, both, NOW).steps).toMatchObject([{ do: "stage", stage: { at: 0, begins: true } }]);
  const { steps, status } = planRollout(CANARY, [...both, serves(1, 100)], NOW);
  expect(steps.map((step) => step.do)).not.toContain("stage");
  expect(status).toEqual({ kind: "moving", waiting: "step 1 of 1 (5 %): revision 3 is not ready for it yet" });
  expect(planRollout(CANARY, [...both, serves(1, 0)], NOW).steps.map((step) => step.do)).toContain("stage");
});

it("a revision that is wanted alone gets the usual weight back before it has arrived", () => {
  const alone: Desired = { ...ONE, revision: 3, instanceHash: "of 3" };
  const { steps, status } = planRollout(alone, [serves(3, 28)], NOW);
  expect(steps).toMatchObject([{ do: "weigh", weights: { "s-w-r3-1-a1": 100 } }]);
  expect(status).toEqual({ kind: "moving", waiting: "the weights to be in force" });
  expect(planRollout(alone, [serves(3, 100)], NOW)).toMatchObject({ steps: [], status: { kind: "converged" } });
});
