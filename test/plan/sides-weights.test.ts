import { describe, expect, it } from "vitest";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed, Side } from "../../src/plan/types.ts";
import { AT_FIVE, CANARY, canary, course, FIRST, moves, nameOf, runs, serves, side, weighed } from "./beside.ts";
import { NOW, ONE } from "./one.ts";

/** Revision 3 is wanted alone. */
const ALONE: Desired = { ...ONE, revision: 3, instanceHash: "of 3" };
const at = (weight: number, state: "ready" | "drain" | "maint" = "ready") => ({ state, sessions: 0, weight });

describe("a revision that is wanted alone", () => {
  it.each<[string, Partial<Observed>]>([
    ["something is done to", { busy: "route" }],
    ["is drained", { route: at(28, "drain") }],
    ["is kept out of rotation", { route: at(28, "maint") }],
    ["has ended", { life: "ended", exitCode: 0 }],
  ])("gives no weight to one that %s", (_what, more) => {
    expect(weighed(planRollout(ALONE, [{ ...serves(3, 28), ...more }], NOW))).toBeUndefined();
  });

  it("weighs what the router serves before its readiness is known", () => {
    expect(weighed(planRollout(ALONE, [{ ...serves(3, 28), readySince: null }], NOW))).toEqual({ [nameOf(3)]: 100 });
  });

  it("takes no weight from what the router does not serve, nor from what has none", () => {
    const closed: Desired = { ...ALONE, closed: true, movement: { ...moves(course()), paused: true } };
    expect(weighed(planRollout(closed, [serves(3, 100), serves(2, 50)], NOW))).toEqual({ [nameOf(2)]: 0 });
    expect(weighed(planRollout(closed, [serves(3, 100), serves(2, 0)], NOW))).toBeUndefined();
    expect(weighed(planRollout(closed, [serves(3, 100), runs(2)], NOW))).toBeUndefined();
    expect(weighed(planRollout(closed, [serves(3, 100), runs(2, 1, { outside: true })], NOW))).toBeUndefined();
    expect(weighed(planRollout(closed, [serves(3, 100), { ...serves(2, 50), busy: "route" }], NOW))).toBeUndefined();
  });
});

describe("who carries", () => {
  it("the lowest slots, where not all can: 1 % to three beside one", () => {
    const small = canary(course({ steps: [{ ...FIRST, share: 100 }] }), {}, 3);
    const observed = [serves(3, 100, 3), serves(3, 100, 1), serves(3, 100, 2), serves(2, 100)];
    expect(weighed(planRollout(small, observed, NOW))).toEqual({ [nameOf(3)]: 1, [nameOf(3, 2)]: 1, [nameOf(3, 3)]: 0, [nameOf(2)]: 198 });
  });

  it("nobody for whom the router is being set: the step waits until that is done", () => {
    const [canaryOne, old] = [serves(3, 13), serves(2, 247)];
    const plan = planRollout(CANARY, [{ ...canaryOne, busy: "route" }, old], NOW);
    expect(plan.steps.map((step) => step.do)).not.toContain("stage");
    expect(plan.status).toMatchObject({ waiting: expect.stringContaining("not ready for it yet") });
  });

  it.each<[string, Partial<Observed>, number | undefined]>([
    ["has requests loses them", {}, 0],
    ["has requests, readiness not known yet, loses them", { readySince: null }, 0],
    ["has none, readiness not known yet, is let be", { readySince: null, route: at(0) }, undefined],
    ["is ready and not in the router is let be", { route: null }, undefined],
    ["the router is being set for is let be", { busy: "route" }, undefined],
  ])("beyond the number of its side, one that %s", (_what, more, weight) => {
    const paused = canary(course({ since: NOW }), { paused: true });
    const weights = weighed(planRollout(paused, [...AT_FIVE, { ...serves(3, 13, 2), ...more }], NOW));
    expect(weights).toEqual(weight === undefined ? undefined : { [nameOf(3, 2)]: weight });
  });
});

describe("who comes into the router", () => {
  /** Revision 3 has everything, revision 2 is kept without traffic. */
  const kept = (...sides: Side[]): Desired => ({ ...ONE, revision: 3, instanceHash: "of 3", replicas: 2, sides });
  const warm = kept(side(3, 10_000, { replicas: 2 }), side(2, 0, { replicas: 2, until: NOW + 60_000 }));
  const routes = (observed: readonly Observed[], desired = warm) =>
    planRollout(desired, observed, NOW)
      .steps.filter((step) => step.do === "route")
      .map(({ instance, weights }) => [instance, weights]);

  it("weighs the usual where its side has everything", () => {
    expect(routes([serves(3, 100), runs(3, 2), serves(2, 0), serves(2, 0, 2)])).toEqual([[nameOf(3, 2), undefined]]);
  });

  it("weighs nothing where another side has everything", () => {
    expect(routes([serves(3, 100), serves(3, 100, 2), serves(2, 0), runs(2, 2)])).toEqual([[nameOf(2, 2), { [nameOf(2, 2)]: 0 }]]);
  });

  it("is, with whom is weighed, the only one that is given a weight", () => {
    for (const observed of [[], AT_FIVE, [runs(3), serves(2)], [serves(3, 100, 2), serves(2, 0)]])
      for (const step of planRollout(CANARY, observed, NOW).steps)
        if (step.do !== "route" && step.do !== "weigh") expect(step).not.toHaveProperty("weights");
  });
});
