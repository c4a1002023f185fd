import { describe, expect, it } from "vitest";
import type { Course } from "../../src/plan/course.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import { percent, planSides } from "../../src/plan/sides.ts";
import type { Desired, Observed, Side } from "../../src/plan/types.ts";
import { AT_FIVE, CANARY, canary, course, does, FIRST, moves, nameOf, runs, serves, side, weighed } from "./beside.ts";
import { NOW, ONE } from "./one.ts";

it("a step does not begin while an instance of a third revision still gets requests", () => {
  expect(planRollout(CANARY, AT_FIVE, NOW).steps).toMatchObject([{ do: "stage", stage: { at: 0, begins: true } }]);
  const { steps, status } = planRollout(CANARY, [...AT_FIVE, serves(1, 100)], NOW);
  expect(steps.map((step) => step.do)).not.toContain("stage");
  expect(status).toEqual({ kind: "moving", waiting: "step 1 of 1 (5 %): revision 3 is not ready for it yet" });
  expect(planRollout(CANARY, [...AT_FIVE, serves(1, 0)], NOW).steps.map((step) => step.do)).toContain("stage");
  expect(planRollout({ ...CANARY, routed: false }, [...AT_FIVE, serves(1, 100)], NOW).steps.map((step) => step.do)).toContain("stage");
});

it("whether a third revision gets requests is the router's to say, not its readiness'", () => {
  const begins = (more: Observed) => planRollout(CANARY, [...AT_FIVE, more], NOW).steps.some((step) => step.do === "stage");
  expect(begins({ ...serves(1, 100), readySince: null })).toBe(false);
  expect(begins(runs(1))).toBe(true);
});

it("what was recycled is of no side, although its content is equal", () => {
  const desired: Desired = { ...CANARY, sides: [side(3, 0, { generation: 1 }), side(2, 10_000)] };
  const stages = (generation: number) => planRollout(desired, [serves(2, 247), { ...serves(3, 13), generation }], NOW).steps;
  expect(stages(0).map((step) => step.do)).not.toContain("stage");
  expect(stages(1).map((step) => step.do)).toContain("stage");
});

it("a split has not arrived while anything else still has to leave, although its weights are in force", () => {
  const halves: Desired = { ...ONE, revision: 3, instanceHash: "of 3", sides: [side(3, 5000), side(2, 5000)] };
  const both = [serves(3, 256), serves(2, 256)];
  expect(planRollout(halves, both, NOW).status).toEqual({ kind: "converged" });
  const leaves = runs(1, 1, { drainingSince: NOW - 1, route: { state: "drain", sessions: 1 } });
  expect(planRollout(halves, [...both, leaves], NOW).status).toMatchObject({
    kind: "moving",
    waiting: expect.stringContaining("to leave"),
  });
});

it("a deployment has arrived although the old set, which is only kept, is not whole", () => {
  const promoted = canary(course({ at: 1, since: NOW, warmMs: 60_000 }));
  expect(planRollout(promoted, [serves(3, 100)], NOW).status).toEqual({ kind: "converged" });
  const warm: Desired = { ...ONE, revision: 3, instanceHash: "of 3", sides: [side(3, 10_000), side(2, 0, { until: NOW + 1 })] };
  expect(planRollout(warm, [serves(3, 100)], NOW).status).toEqual({ kind: "converged" });
});

it("a revision that is wanted alone gets the usual weight back before it has arrived", () => {
  const alone: Desired = { ...ONE, revision: 3, instanceHash: "of 3" };
  const { steps, status } = planRollout(alone, [serves(3, 28)], NOW);
  expect(steps).toMatchObject([{ do: "weigh", weights: { "s-w-r3-1-a1": 100 } }]);
  expect(status).toEqual({ kind: "moving", waiting: "the weights to be in force" });
  expect(planRollout(alone, [serves(3, 100)], NOW)).toMatchObject({ steps: [], status: { kind: "converged" } });
  expect(planRollout({ ...alone, routed: false }, [serves(3, 28)], NOW).steps).toEqual([]);
});

it("once something that is wanted alone serves, what nobody let in weighs nothing", () => {
  const closed: Desired = { ...ONE, revision: 3, instanceHash: "of 3", replicas: 2, closed: true };
  const both = [serves(3, 100), serves(2, 100, 2)];
  expect(weighed(planRollout(closed, both, NOW))).toEqual({ [nameOf(2, 2)]: 0 });
  expect(weighed(planRollout({ ...closed, closed: false }, both, NOW))).toBeUndefined();
  expect(weighed(planRollout(closed, [serves(2, 100, 2)], NOW))).toBeUndefined();
  expect(weighed(planRollout(closed, [serves(3, 100), serves(2, 0, 2)], NOW))).toBeUndefined();
});

describe("the present step of a course", () => {
  const failed = { name: "smoke", state: "failed", reason: "500 at /" } as const;
  const waits = { name: "smoke", state: "waiting", reason: "" } as const;
  const passed = { name: "load", state: "passed", reason: "fine" } as const;
  const since = NOW - 60_000;
  it.each<[string, Partial<Course>, string]>([
    ["begins when its weights are in force", {}, "step 1 of 1 (5 %) is in force"],
    [
      "begins, and lasts until somebody promotes",
      { steps: [{ ...FIRST, forMs: null }] },
      "step 1 of 1 (5 %) is in force, until somebody says instar promote D3",
    ],
    ["waits for who promotes", { since, steps: [{ ...FIRST, forMs: null }] }, "to be promoted: instar promote D3"],
    ["waits for its time", { since: NOW - 20_000 }, "step 1 of 1 (5 %): 40 s more"],
    ["waits for the rest of a second too", { since: NOW - 19_999 }, "step 1 of 1 (5 %): 41 s more"],
    ["ends with its time", { since }, "step 1 of 1 (5 %) has lasted 60 s"],
    ["is passed where it has none", { since: NOW, steps: [{ ...FIRST, forMs: 0 }] }, "step 1 of 1 (5 %) is passed"],
    ["waits for its gates after its time", { since, steps: [{ ...FIRST, gates: [passed, waits] }] }, "step 1 of 1 (5 %): waits for smoke"],
    ["waits for its time before its gates", { since: NOW - 1000, steps: [{ ...FIRST, gates: [waits] }] }, "step 1 of 1 (5 %): 59 s more"],
    ["ends when all have passed", { since, steps: [{ ...FIRST, gates: [passed] }] }, "step 1 of 1 (5 %) has lasted 60 s"],
  ])("%s", (_what, given, words) => {
    expect(planRollout(canary(course(given)), AT_FIVE, NOW).status).toEqual({ kind: "moving", waiting: words });
  });

  it.each<[string, Partial<Course>, { readonly at: number; readonly begins: boolean } | undefined, number | null]>([
    ["begins", {}, { at: 0, begins: true }, null],
    ["lasts", { since: NOW - 20_000 }, undefined, NOW + 40_000],
    ["waits for somebody", { since, steps: [{ ...FIRST, forMs: null }] }, undefined, null],
    ["is followed by the next", { since, steps: [FIRST, { ...FIRST, share: 2500 }] }, { at: 1, begins: false }, null],
    ["is the last", { since }, { at: 1, begins: false }, null],
  ])("it %s: what is done, and when it is looked at again", (_what, given, stage, wakeAt) => {
    const plan = planRollout(canary(course(given)), AT_FIVE, NOW);
    expect(plan.steps.map((step) => step.stage)).toEqual(stage === undefined ? [] : [stage]);
    expect(plan.wakeAt).toBe(wakeAt);
    for (const step of plan.steps) expect(step).toMatchObject({ do: "stage", instance: "s-w", slot: 0, attempt: 0, revision: 3 });
  });

  it("fails with a gate, whatever it waits for", () => {
    const steps = [{ ...FIRST, gates: [passed, failed] }];
    const status = { kind: "failed", code: "INS5005", reason: "the gate smoke failed: 500 at /" };
    for (const observed of [AT_FIVE, [serves(2)]])
      for (const paused of [true, false]) {
        const plan = planRollout(canary(course({ steps }), { paused }), observed, NOW);
        expect(plan.status).toEqual(status);
        expect(plan.steps.map((step) => step.do)).not.toContain("stage");
      }
  });

  it("stands still while it is paused", () => {
    const plan = planRollout(canary(course({ since }), { paused: true }), AT_FIVE, NOW);
    expect(plan).toMatchObject({ steps: [], status: { kind: "moving", waiting: "step 1 of 1 (5 %): paused" } });
  });

  it("is behind it once it is promoted: the old ones weigh nothing and leave, or are kept warm", () => {
    const over = course({ at: 1, since: NOW, warmMs: 60_000 });
    const plan = planRollout(canary(over), AT_FIVE, NOW);
    expect(weighed(plan)).toEqual({ [nameOf(3)]: 100, [nameOf(2)]: 0 });
    expect(plan.status).toEqual({ kind: "moving", waiting: "the weights to be in force" });
    const arrived = [serves(3, 100), serves(2, 0)];
    expect(planRollout(canary(over), arrived, NOW)).toMatchObject({ steps: [], status: { kind: "converged" } });
    expect(does(planRollout(canary({ ...over, warmMs: 0 }), arrived, NOW))).toEqual([`drain ${nameOf(2)}`]);
  });

  it("is nothing on the way back: the sides have the shares that they had", () => {
    const back = canary(course(), { direction: "back" });
    expect(weighed(planRollout(back, AT_FIVE, NOW))).toEqual({ [nameOf(2)]: 100, [nameOf(3)]: 0 });
    expect(planRollout(back, AT_FIVE, NOW).steps.map((step) => step.do)).not.toContain("stage");
  });
});

describe("the shares", () => {
  it("the step before decides until the present one has its instances", () => {
    const quarter = course({
      at: 1,
      steps: [
        { ...FIRST, size: 5000 },
        { ...FIRST, share: 2500 },
      ],
    });
    const old = [serves(2, 247), serves(2, 247, 2)];
    // Two of the new are wanted: 5 % to 1 beside 2 is 26 beside 247 each.
    const wanted = canary(quarter, {}, 2);
    expect(weighed(planRollout(wanted, [serves(3, 26), ...old], NOW))).toBeUndefined();
    const plan = planRollout(wanted, [serves(3, 26), serves(3, 0, 2), ...old], NOW);
    expect(plan.steps.find((step) => step.do === "weigh")?.because).toBe("revision 3 gets 25 %");
    expect(Object.keys(weighed(plan) ?? {}).sort()).toEqual([nameOf(2), nameOf(2, 2), nameOf(3), nameOf(3, 2)]);
  });

  /** Several revisions by weight, until somebody says otherwise. */
  const split = (...sides: Side[]): Desired => ({ ...ONE, revision: 3, instanceHash: "of 3", replicas: 2, sides });
  const halves = split(side(3, 5000, { replicas: 2 }), side(2, 5000, { replicas: 2 }));
  const two = (revision: number, weight: number): Observed[] => [serves(revision, weight), serves(revision, weight, 2)];

  it("a side that has just been asked for takes its share when it is complete", () => {
    expect(weighed(planRollout(halves, [serves(3, 0), ...two(2, 100)], NOW))).toBeUndefined();
    const plan = planRollout(halves, [...two(3, 0), ...two(2, 256)], NOW);
    expect(weighed(plan)).toEqual({ [nameOf(3)]: 256, [nameOf(3, 2)]: 256 });
    expect(plan.steps.find((step) => step.do === "weigh")?.because).toBe("the weights differ from the shares that are wanted");
    expect(plan.status).toEqual({ kind: "moving", waiting: "the weights to be in force" });
    expect(planRollout(halves, [...two(3, 256), ...two(2, 256)], NOW)).toMatchObject({ steps: [], status: { kind: "converged" } });
  });

  it("a side keeps its share when one of it has died", () => {
    expect(weighed(planRollout(halves, [serves(3, 256), ...two(2, 256)], NOW))).toEqual({ [nameOf(2)]: 128, [nameOf(2, 2)]: 128 });
  });

  it("what is of no side leaves beside the side that carries most, once that is complete", () => {
    const most = split(side(3, 2000), side(2, 8000));
    const stray = serves(1, 100);
    const drains = `drain ${nameOf(1)}`;
    expect(does(planRollout({ ...most, replicas: 1 }, [serves(3, 64), serves(2, 256), stray], NOW))).toContain(drains);
    expect(does(planRollout({ ...most, replicas: 1 }, [serves(2, 256), stray], NOW))).toContain(drains);
    expect(does(planRollout({ ...most, replicas: 1 }, [serves(3, 64), stray], NOW))).not.toContain(drains);
    const first = { ...split(side(3, 8000), side(2, 2000)), replicas: 1 };
    expect(does(planRollout(first, [serves(3, 256), stray], NOW))).toContain(drains);
    expect(does(planRollout(first, [serves(2, 64), stray], NOW))).not.toContain(drains);
  });

  it("in a course it leaves beside the old side", () => {
    const drains = `drain ${nameOf(1)}`;
    expect(does(planRollout(CANARY, [...AT_FIVE, serves(1, 0)], NOW))).toContain(drains);
    expect(does(planRollout(CANARY, [serves(3, 0), serves(1, 100)], NOW))).not.toContain(drains);
  });

  it("beyond the number of its side it weighs nothing, as long as it cannot leave", () => {
    const paused = canary(course({ since: NOW }), { paused: true });
    expect(weighed(planRollout(paused, [...AT_FIVE, serves(3, 13, 2)], NOW))).toEqual({ [nameOf(3, 2)]: 0 });
    expect(weighed(planRollout(paused, [...AT_FIVE, serves(3, 0, 2)], NOW))).toBeUndefined();
    expect(weighed(planRollout(paused, [...AT_FIVE, { ...serves(3, 13, 2), busy: "stop" }], NOW))).toBeUndefined();
    // Until those that are wanted are all there it may carry what they cannot.
    expect(weighed(planRollout(paused, [serves(3, 13, 2), serves(2, 247)], NOW)) ?? {}).not.toHaveProperty(nameOf(3, 2));
    // What is drained in this very pass needs no weight.
    expect(does(planRollout(canary(course({ since: NOW })), [...AT_FIVE, serves(3, 13, 2)], NOW))).toEqual([`drain ${nameOf(3, 2)}`]);
  });

  it("who comes into the router gets nothing before all are weighed", () => {
    const comes = runs(3);
    const step = planRollout(CANARY, [comes, serves(2)], NOW).steps.find((one) => one.do === "route");
    expect(step?.weights).toEqual({ [nameOf(3)]: 0 });
    const back = canary(course(), { direction: "back" });
    const again = planRollout(back, [runs(2)], NOW).steps.find((one) => one.do === "route");
    expect([again?.instance, again?.weights]).toEqual([nameOf(2), { [nameOf(2)]: 0 }]);
  });

  it("a side that is kept until then is looked at then", () => {
    const kept = split(side(3, 10_000), side(2, 0, { until: NOW + 5000 }));
    expect(planRollout({ ...kept, replicas: 1 }, [serves(3, 100), serves(2, 0)], NOW).wakeAt).toBe(NOW + 5000);
    // The ready timeout, 5 s from the first probe, ends before.
    const starts = runs(2, 1, { readySince: null, probedSince: NOW - 1000 });
    expect(planRollout({ ...kept, replicas: 1 }, [serves(3, 100), starts], NOW).wakeAt).toBe(NOW + 4000);
  });

  it("there are as many of the new as the share of the step, not as many as will be wanted", () => {
    const quarter = canary(course({ steps: [{ ...FIRST, size: 2500 }] }), {}, 4);
    const old = [1, 2, 3, 4].map((slot) => serves(2, 100, slot));
    expect(does(planRollout(quarter, old, NOW))).toEqual([`create ${nameOf(3)}`]);
    expect(Object.keys(weighed(planRollout(quarter, [serves(3, 0), ...old], NOW)) ?? {})).toContain(nameOf(3));
  });
});

describe("whose failures are the deployment's", () => {
  const dead = (revision: number): Observed => runs(revision, 1, { life: "ended", exitCode: 1, readySince: null });
  it("those of the side that is on its way, not those of the old one", () => {
    expect(does(planRollout(CANARY, [dead(3), serves(2)], NOW))).toContain(`fail ${nameOf(3)}`);
    expect(does(planRollout(CANARY, [serves(3, 0), dead(2)], NOW))).toContain(`crash ${nameOf(2)}`);
    const failed = canary(course(), { failures: ["s-w-r3-1-a1 ended by itself with exit code 1"] });
    expect(planRollout(failed, [serves(2)], NOW).status.kind).toBe("failed");
  });

  it("without a course those of every side that has requests for good", () => {
    const desired = (...sides: Side[]): Desired => ({
      ...ONE,
      revision: 3,
      instanceHash: "of 3",
      sides,
      movement: moves(course(), { direction: "back" }),
    });
    expect(does(planRollout(desired(side(3, 5000), side(2, 5000)), [serves(3, 256), dead(2)], NOW))).toContain(`fail ${nameOf(2)}`);
    expect(does(planRollout(desired(side(3, 10_000), side(2, 0)), [serves(3, 100), dead(2)], NOW))).toContain(`crash ${nameOf(2)}`);
    const kept = desired(side(3, 5000), side(2, 5000, { until: NOW + 1 }));
    expect(does(planRollout(kept, [serves(3, 256), dead(2)], NOW))).toContain(`crash ${nameOf(2)}`);
  });
});

describe("a side is cared for like a revision alone", () => {
  it("its own deaths delay what follows them, those of another side do not", () => {
    const died = (revision: number) => [900, 100].map((ago, before) => ({ revision, slot: 1, attempt: before + 1, at: NOW - ago }));
    const plan = planRollout({ ...CANARY, crashes: died(2) }, [], NOW);
    expect(does(plan)).toEqual([`create ${nameOf(3)}`]);
    expect(plan.wakeAt).toBe(NOW + 900);
    expect(does(planRollout({ ...CANARY, crashes: died(1) }, [], NOW))).toEqual([`create ${nameOf(3)}`, `create ${nameOf(2)}`]);
  });

  it.each<[string, number, number, boolean]>([
    ["at once, where nothing else is asked", 0, 0, true],
    ["not before the file's min_ready", 10_000, 0, false],
    ["not before its content has proved itself, although nothing of it serves", 0, 10_000, false],
    ["after both", 4000, 5000, true],
  ])("a new instance, ready for 5 s, is routed %s", (_when, minReadyMs, provingMs, routed) => {
    const desired: Desired = { ...CANARY, provingMs, bounds: { ...CANARY.bounds, minReadyMs } };
    const { steps } = planRollout(desired, [runs(3, 1, { readySince: NOW - 5000 }), serves(2, 100)], NOW);
    expect(steps.some((step) => step.do === "route")).toBe(routed);
  });

  it("what is of no side is not let in because the side beside it lacks instances", () => {
    expect(does(planRollout(CANARY, [serves(3, 0), runs(1)], NOW))).not.toContain(`route ${nameOf(1)}`);
  });
});

describe("room", () => {
  it("never more than twice the wanted number are built; what carries most comes first", () => {
    const creates = (observed: readonly Observed[]) => does(planRollout(CANARY, observed, NOW)).filter((one) => one.startsWith("create"));
    expect(creates([])).toEqual([`create ${nameOf(3)}`, `create ${nameOf(2)}`]);
    expect(creates([runs(1)])).toEqual([`create ${nameOf(2)}`]);
    const split: Desired = { ...ONE, revision: 3, instanceHash: "of 3", sides: [side(3, 8000), side(2, 2000)] };
    expect(does(planRollout(split, [serves(1)], NOW)).filter((one) => one.startsWith("create"))).toEqual([`create ${nameOf(3)}`]);
    expect(creates([runs(1), runs(1, 2)])).toEqual([]);
    expect(creates([runs(1), runs(1, 2, { evidence: true })])).toEqual([`create ${nameOf(2)}`]);
    expect(creates([runs(1), runs(1, 2, { outside: true })])).toEqual([`create ${nameOf(2)}`]);
    const ended = { life: "ended", drainingSince: NOW - 1 } as const;
    expect(creates([runs(1), runs(1, 2, ended)])).toEqual([`create ${nameOf(2)}`]);
    expect(creates([runs(1), runs(1, 2, { ...ended, revives: true })])).toEqual([]);
  });

  it("nor are more started, however many are built; what carries most comes first (crowded story 1582)", () => {
    const built = [3, 2].map((revision) => runs(revision, 1, { life: "created", startedAt: null, readySince: null, probedSince: null }));
    const starts = (...more: Observed[]) => does(planRollout(CANARY, [...built, ...more], NOW)).filter((one) => one.startsWith("start"));
    expect(starts()).toEqual([`start ${nameOf(3)}`, `start ${nameOf(2)}`]);
    expect(starts(runs(1))).toEqual([`start ${nameOf(2)}`]);
    expect(starts(runs(1), runs(1, 2, { busy: "stop" }))).toEqual([]);
    expect(starts(runs(1), runs(1, 2, { life: "ended" }))).toEqual([`start ${nameOf(2)}`]);
    expect(starts(runs(1), runs(1, 2, { life: "ended", revives: true }))).toEqual([]);
    expect(starts(runs(1), runs(1, 2, { life: "created", busy: "start" }))).toEqual([]);
    // Beside what is outside the old side starts nothing by itself.
    expect(starts(runs(1), runs(1, 2, { outside: true }))).toEqual([`start ${nameOf(3)}`]);
  });

  it("what an earlier revision of equal content built is started too", () => {
    const built = (revision: number, instanceHash: string) => runs(revision, 1, { instanceHash, life: "created", startedAt: null });
    const plan = planRollout(CANARY, [built(3, "of 3"), built(1, "of 2")], NOW);
    expect(does(plan)).toEqual([`start ${nameOf(3)}`, `start ${nameOf(1)}`]);
  });

  const stops = (observed: readonly Observed[], desired = CANARY) =>
    planSides(desired, desired.sides ?? [], observed, NOW).steps.filter(({ because }) => because.includes("no room"));

  it("no more of them make room than could not be built, of the newest slots first, and only who runs", () => {
    const two = canary(course({ steps: [{ ...FIRST, size: 5000 }] }), {}, 2);
    // One of the new and one of the old are to be built, and one of these fits.
    const beyond = stops([serves(2), runs(2, 3), runs(2, 4)], two);
    expect(beyond.map((step) => `${step.do} ${step.instance}`)).toEqual([`stop ${nameOf(2, 4)}`]);
    expect(stops([serves(2), serves(2, 100, 2), runs(2, 3)], two)).toEqual([]);
    expect(stops([runs(2, 2, { life: "created", startedAt: null, readySince: null })])).toEqual([]);
  });

  it("as many of those that nobody sends to make room as could not be built (story 4833)", () => {
    const crowd = [runs(2, 2), runs(2, 4)];
    expect(stops(crowd).map((step) => step.do)).toEqual(["stop", "stop"]);
    expect(
      stops([runs(2, 2, { route: { state: "maint", sessions: 0 } }), runs(2, 4)])
        .map((step) => step.do)
        .sort(),
    ).toEqual(["drain", "stop"]);
    expect(stops([serves(2, 100, 2), runs(2, 4)]).map(({ instance }) => instance)).toEqual([nameOf(2, 4)]);
    expect(stops([runs(2, 2)])).toHaveLength(1);
    expect(stops([runs(2, 2, { busy: "start" }), runs(2, 4)])).toEqual([]);
    expect(stops([runs(2, 2, { drainingSince: NOW - 1 }), runs(2, 4)])).toEqual([]);
    expect(stops(crowd, canary(course(), { paused: true }))).toEqual([]);
    expect(stops([serves(2), serves(3, 0)])).toEqual([]);
  });
});

describe("when it is over", () => {
  const PROMOTED = course({ at: 1, since: NOW });
  const creates = (observed: readonly Observed[], desired: Desired) =>
    does(planRollout(desired, observed, NOW)).filter((one) => one === `create ${nameOf(2)}`);
  /** As a daemon that has just begun sees it: it does not know yet who is ready. */
  const unknown = { ...serves(3, 100), readySince: null };
  const goes = serves(2, 0);

  it.each<[string, readonly Observed[], Desired, number]>([
    ["the old one has left: it is not built again", [unknown], canary(PROMOTED), 0],
    ["nor beside what leaves", [unknown, { ...goes, slot: 2, name: nameOf(2, 2), drainingSince: NOW - 1 }], canary(PROMOTED), 0],
    [
      "nor beside what the router drains",
      [unknown, { ...goes, slot: 2, name: nameOf(2, 2), route: { state: "drain", sessions: 1 } }],
      canary(PROMOTED),
      0,
    ],
    ["it is where it is kept warm", [unknown], canary({ ...PROMOTED, warmMs: 1 }), 1],
    ["and while it has requests to answer", [unknown, serves(2, 100, 2)], canary(PROMOTED, {}, 2), 1],
    ["and before the last step", [unknown], canary(course({ since: NOW })), 1],
    ["and on the way back", [unknown], canary(PROMOTED, { direction: "back" }), 1],
  ])("%s", (_what, observed, desired, count) => {
    expect(creates(observed, desired)).toHaveLength(count);
  });

  it("a side that was kept until now is none any more: it leaves as in any other deployment", () => {
    const kept = (until: number): Desired => ({
      ...{ ...ONE, revision: 3, instanceHash: "of 3" },
      sides: [side(3, 10_000), side(2, 0, { until })],
    });
    const both = [serves(3, 100), serves(2, 0)];
    expect(does(planRollout(kept(NOW + 1), both, NOW))).toEqual([]);
    expect(does(planRollout(kept(NOW), both, NOW))).toEqual([`drain ${nameOf(2)}`]);
  });

  it("where none is wanted nothing of any side stays", () => {
    expect(does(planRollout({ ...CANARY, replicas: 0 }, AT_FIVE, NOW)).sort()).toEqual([`drain ${nameOf(2)}`, `drain ${nameOf(3)}`]);
  });
});

it("shares are told in percent", () => {
  expect([0, 50, 500, 3333, 10_000].map(percent)).toEqual(["0 %", "0.5 %", "5 %", "33.33 %", "100 %"]);
});
