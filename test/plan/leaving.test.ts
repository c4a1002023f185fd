import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { wayOut } from "../../src/plan/leaving.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const old = (more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "old" }, null),
  ...{ life: "running", readySince: NOW - 60_000, route: { state: "drain", sessions: 2, weight: 100 }, drainingSince: NOW - 100 },
  ...more,
});
const draining = (ago: number, sessions = 2) => old({ drainingSince: NOW - ago, route: { state: "drain", sessions, weight: 100 } });

it.each<[string, Observed, readonly (string | number)[]]>([
  ["nothing routes to it", old({ route: null }), ["stop"]],
  ["it still takes requests", old({ route: { state: "ready", sessions: 0, weight: 100 } }), ["drain"]],
  ["its drain never began", old({ drainingSince: null }), ["drain"]],
  ["its sessions are over", draining(100, 0), ["stop"]],
  ["it has sessions: looked at again after 10 ms at first", draining(0), [NOW + 10]],
  ["then after a tenth of the time", draining(1_000), [NOW + 100]],
  ["after 250 ms at most", draining(5_000), [NOW + 250]],
  ["and at the limit", draining(9_900), [NOW + 100]],
  ["at the limit they are cut", draining(10_000), ["cut", NOW + 1_000, NOW + 50]],
  ["what the cut left has a second", draining(10_999), ["cut", NOW + 1, NOW + 50]],
  ["and no more", draining(11_000), ["stop"]],
])("on its way out, %s", (_what, i, expected) => {
  const wakes: number[] = [];
  const steps = wayOut(ONE, i, "x", wakes, NOW);
  expect([...steps.map((step) => step.do), ...wakes]).toEqual(expected);
});

const stepsOf = (observed: readonly Observed[], wanted: Partial<Desired> = {}) =>
  planRollout({ ...ONE, ...wanted }, observed, NOW)
    .steps.filter((step) => step.instance === "s-w-r1-1-a1")
    .map((step) => step.do);

it.each<[string, Partial<Observed>, readonly string[]]>([
  ["running: stopped", { life: "running", route: null }, ["stop"]],
  ["about to be started again: stopped", { life: "ended", revives: true, route: null }, ["stop"]],
  ["ended and routed: out of the router", { life: "ended", route: { state: "maint", sessions: 0, weight: 1 } }, ["unroute"]],
  ["ended: kept", { life: "ended", route: null }, []],
  ["while something is done to it: let be", { life: "running", busy: "stop" }, []],
])("evidence, %s", (_what, more, expected) => {
  expect(stepsOf([old({ evidence: true, drainingSince: null, ...more })])).toEqual(expected);
});

const READY = { route: { state: "ready", sessions: 0, weight: 100 }, drainingSince: null } as const;

it("one that nobody needs more is let serve while too few do, and not where other revisions are shut out", () => {
  const unrouted = old({ route: { state: "maint", sessions: 0, weight: 100 }, drainingSince: null });
  expect(stepsOf([unrouted])).toEqual(["route"]);
  expect(stepsOf([unrouted], { closed: true })).toEqual([]);
  expect(stepsOf([{ ...unrouted, readySince: null }])).toEqual([]);
  expect(stepsOf([old(READY)])).toEqual([]);
});

it("what was only half built is removed once, not again while that is under way", () => {
  const half: Partial<Observed> = { life: "created", built: false, route: null, drainingSince: null };
  expect(stepsOf([old(half)])).toEqual(["remove"]);
  const plan = planRollout(ONE, [old({ ...half, busy: "remove" })], NOW);
  expect(plan.steps.filter((step) => step.instance === "s-w-r1-1-a1")).toEqual([]);
  expect(plan.status).toEqual({ kind: "moving", waiting: "a half-built instance to be removed" });
});
