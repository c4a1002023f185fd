import { describe, expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { firstToGo, wayOut } from "../../src/plan/leaving.ts";
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
  const worn = { ...unrouted, instanceHash: ONE.instanceHash, revision: ONE.revision, life: "running", worn: true } as const;
  expect(stepsOf([worn], { closed: true })).toEqual(["route"]);
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

const NAMES = { 1: "old", 2: "new", 3: "other", 4: "third" } as const;
const one = (revision: keyof typeof NAMES, slot: number, more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: `r${revision}-${slot}`, revision, slot, attempt: 1, generation: 0, instanceHash: NAMES[revision] }, null),
  ...{ life: "running", createdAt: NOW - 70_000, readySince: NOW - 60_000, probedSince: NOW - 60_000, ...READY },
  ...more,
});
const built = (slot: number, more: Partial<Observed> = {}) => one(2, slot, { life: "created", readySince: null, route: null, ...more });
const MUTE = { readySince: null, route: null } as const;
const does = (observed: readonly Observed[], wanted: Partial<Desired> = {}): string[] =>
  planRollout({ ...ONE, ...wanted }, observed, NOW).steps.map((step) => `${step.do} ${step.instance}`);
const goes = (observed: readonly Observed[], wanted: Partial<Desired> = {}): string[] =>
  does(observed, wanted).filter((words) => /^(drain|stop|unroute|remove) r[134]/.test(words));
const STOP_FIRST = { bounds: { ...ONE.bounds, order: "stop-first" } } as const;
const moving = { id: "D2", startedAt: NOW - 60_000, progressAt: NOW - 10, paused: false, direction: "forward", failures: [] } as const;

describe("who of the old ones is drained", () => {
  it.each<[string, Observed[], Partial<Desired>, string[]]>([
    ["as many as are ready instead", [one(2, 1), one(1, 1), one(1, 2), one(1, 3)], { replicas: 3 }, ["drain r1-1"]],
    ["whose slot has its successor, first", [one(2, 2), one(1, 1), one(1, 2), one(1, 3)], { replicas: 3 }, ["drain r1-2"]],
    ["whose slot nobody wants, before", [one(2, 2), one(1, 1), one(1, 2), one(1, 4)], { replicas: 3 }, ["drain r1-4"]],
    ["the highest slot, of equals", [one(2, 1), one(1, 2), one(1, 3), one(1, 4), one(1, 5)], { replicas: 4 }, ["drain r1-5"]],
    ["nobody while none is ready", [one(2, 1, MUTE), one(1, 1)], {}, []],
    ["nobody while it is paused", [one(2, 1), one(1, 1)], { movement: { ...moving, paused: true } }, []],
    ["nobody that is busy; the next one instead", [one(2, 1), one(1, 1, { busy: "weigh" }), one(1, 2)], { replicas: 2 }, ["drain r1-2"]],
    ["nobody who keeps its ports until they have changed hands", [one(2, 1), one(1, 1)], { keepsOld: "old" }, []],
    ["another one than that", [one(2, 1), one(1, 1), one(3, 1)], { keepsOld: "old" }, ["drain r3-1"]],
    ["who weighs nothing, whoever is ready", [one(1, 1, { route: { state: "ready", sessions: 0, weight: 0 } })], {}, ["drain r1-1"]],
    [
      "not even that while it is paused",
      [one(1, 1, { route: { state: "ready", sessions: 0, weight: 0 } })],
      { movement: { ...moving, paused: true } },
      [],
    ],
    ["stopped, what nobody routes to", [one(2, 1, { route: null }), one(1, 1, { route: null })], { routed: false }, ["stop r1-1"]],
  ])("%s", (_what, observed, wanted, expected) => {
    expect(goes(observed, wanted)).toEqual(expected);
  });

  it.each<[string, Observed[], Partial<Desired>, string[]]>([
    ["not before its successor stands ready to start", [one(1, 1)], {}, []],
    ["then at once", [one(1, 1), built(1)], {}, ["drain r1-1"]],
    ["not while that one is being built", [one(1, 1), built(1, { busy: "create" })], {}, []],
    ["nor while it is only half built", [one(1, 1), built(1, { built: false })], {}, []],
    ["a batch at a time", [one(1, 1), one(1, 2), built(1), built(2)], { replicas: 2 }, ["drain r1-2"]],
    ["the one whose successor is built", [one(1, 1), one(1, 2), built(1)], { replicas: 2 }, ["drain r1-1"]],
    [
      "all at once with parallelism 0",
      [one(1, 1), one(1, 2), built(1), built(2)],
      { replicas: 2, bounds: { ...STOP_FIRST.bounds, parallelism: 0 } },
      ["drain r1-1", "drain r1-2"],
    ],
    [
      "no more than there are successors",
      [one(1, 1), one(1, 2), built(1)],
      { replicas: 2, bounds: { ...STOP_FIRST.bounds, parallelism: 0 } },
      ["drain r1-1"],
    ],
    [
      "whose slot is its own: only for the successor of that slot",
      [one(1, 1), one(1, 2), built(3)],
      { replicas: 3, exclusive: "slot" },
      [],
    ],
    [
      "although a successor of another slot could take over, while each slot has its own data",
      [one(1, 1), one(1, 2), built(3)],
      { replicas: 3, exclusive: "slot", bounds: { ...STOP_FIRST.bounds, parallelism: 2 } },
      [],
    ],
    [
      "for a successor of any slot, where nothing is shared",
      [one(1, 1), one(1, 2), built(3)],
      { replicas: 3, bounds: { ...STOP_FIRST.bounds, parallelism: 2 } },
      ["drain r1-2"],
    ],
    [
      "not for one that runs already and is not ready",
      [one(1, 2), one(1, 3), one(2, 1, MUTE)],
      { replicas: 3, bounds: { ...STOP_FIRST.bounds, parallelism: 2 } },
      [],
    ],
    ["whose slot is not wanted: without one", [one(1, 2), one(2, 1)], {}, ["drain r1-2"]],
    [
      "whose slot is not wanted, and beside it the one for which the successor is built",
      [one(1, 1), one(1, 3), built(1)],
      { replicas: 2, bounds: { ...STOP_FIRST.bounds, parallelism: 0 } },
      ["drain r1-1", "drain r1-3"],
    ],
    [
      "after the pause between batches",
      [one(2, 1, { readySince: NOW - 1_000 }), one(1, 2), built(2)],
      { replicas: 2, movement: moving, bounds: { ...STOP_FIRST.bounds, delayMs: 5_000 } },
      [],
    ],
    [
      "when that is over",
      [one(2, 1, { readySince: NOW - 6_000 }), one(1, 2), built(2)],
      { replicas: 2, movement: moving, bounds: { ...STOP_FIRST.bounds, delayMs: 5_000 } },
      ["drain r1-2"],
    ],
  ])("stopped first: %s", (_what, observed, wanted, expected) => {
    expect(goes(observed, { ...STOP_FIRST, ...wanted })).toEqual(expected);
  });
});

describe("who serves nobody and is not wanted", () => {
  const SLOT = { ...STOP_FIRST, replicas: 2, exclusive: "slot" } as const;
  it.each<[string, Observed[], Partial<Desired>, string[]]>([
    ["stops when enough others serve", [one(1, 1), one(3, 1, MUTE)], {}, ["stop r3-1"]],
    ["stays while they do not, and is no better than nothing", [one(3, 1, MUTE)], {}, []],
    ["stays while it is paused", [one(1, 1), one(3, 1, MUTE)], { movement: { ...moving, paused: true } }, []],
    [
      "is drained first where the router still knows it",
      [one(1, 1), one(3, 1, { readySince: null, route: { state: "maint", sessions: 0 } })],
      {},
      ["drain r3-1"],
    ],
    ["is stopped where none is wanted, although it is ready", [one(3, 1, { route: null })], { replicas: 0 }, ["stop r3-1"]],
    [
      "goes from the data that its built successor waits for",
      [one(3, 1, MUTE), built(1)],
      { ...STOP_FIRST, exclusive: "service" },
      ["stop r3-1"],
    ],
    ["not before one is built", [one(3, 1, MUTE)], { ...STOP_FIRST, exclusive: "service" }, []],
    ["of its own slot", [one(3, 1, MUTE), built(1)], SLOT, ["stop r3-1"]],
    ["not of another", [one(3, 1, MUTE), built(2)], SLOT, []],
    ["not where nothing is shared", [one(3, 1, MUTE), built(1)], { ...STOP_FIRST, replicas: 2 }, []],
    [
      "is out of the router before it is removed",
      [one(1, 1), one(3, 1, { life: "ended", route: { state: "maint", sessions: 0 } })],
      {},
      ["unroute r3-1"],
    ],
    ["is let be while something is done to it", [one(1, 1), one(3, 1, { life: "ended", route: null, busy: "remove" })], {}, []],
    ["is removed once it has ended", [one(1, 1), one(3, 1, { life: "ended", route: null })], {}, ["remove r3-1"]],
    [
      "is stopped where the engine is about to start it again",
      [one(1, 1), one(3, 1, { life: "ended", route: null, revives: true })],
      {},
      ["stop r3-1"],
    ],
  ])("%s", (_what, observed, wanted, expected) => {
    expect(goes(observed, wanted)).toEqual(expected);
  });

  it("is not let serve where none is wanted, in a pause either", () => {
    const movement = { ...moving, paused: true };
    expect(does([one(3, 1, { route: null })], { replicas: 1, movement })).toEqual(["route r3-1"]);
    expect(does([one(3, 1, { route: null })], { replicas: 0, movement })).toEqual([]);
  });

  /** 2 wanted: one of revision 1 serves, both of 3 and one of 4 never get ready. */
  const crowd = [one(1, 1), one(3, 1, MUTE), one(3, 2, MUTE), one(4, 1, MUTE)];
  it.each<[string, Observed[], number, string[]]>([
    ["as many make room as are built, of the newest revisions first", [...crowd, built(1), built(2)], 2, ["stop r3-2", "stop r4-1"]],
    ["one for one", [...crowd, built(1)], 2, ["stop r4-1"]],
    ["none while nothing waits", crowd, 2, []],
    ["none while there is room", [...crowd, built(1)], 3, []],
    [
      "none while one of them goes already",
      [...crowd.slice(0, 3), one(4, 1, { ...MUTE, drainingSince: NOW - 1, route: { state: "drain", sessions: 1 } }), built(1), built(2)],
      2,
      [],
    ],
    ["none while something is done to one", [...crowd.slice(0, 3), one(4, 1, { ...MUTE, busy: "weigh" }), built(1), built(2)], 2, []],
    ["one that runs, not one that has ended", [...crowd, one(4, 2, { ...MUTE, life: "ended" }), built(1)], 2, ["stop r4-1"]],
    [
      "one of ours, not one of a project that is being adopted",
      [...crowd, one(3, 3, MUTE), one(4, 2, { ...MUTE, outside: true }), built(1)],
      3,
      ["stop r4-1"],
    ],
    [
      "none that is ready",
      [one(1, 1), one(3, 1, { route: { state: "maint", sessions: 0 } }), one(3, 2, MUTE), one(4, 1, MUTE), built(1), built(2)],
      2,
      ["stop r3-2", "stop r4-1"],
    ],
    [
      "none of a project that is being adopted",
      [one(1, 1), one(3, 1, { ...MUTE, outside: true }), one(3, 2, MUTE), one(4, 1, MUTE), built(1), built(2)],
      2,
      ["stop r3-2", "stop r4-1"],
    ],
  ])("where twice the wanted number runs, %s", (_what, observed, replicas, expected) => {
    expect(
      goes(observed, { replicas })
        .filter((words) => words.startsWith("stop"))
        .sort(),
    ).toEqual(expected);
  });

  it("where others are let in by nobody, being ready keeps none of them (crowded story 16699)", () => {
    const observed = [one(1, 1), one(3, 1, { route: null }), one(3, 2, { route: null }), one(4, 1, MUTE), built(1), built(2)];
    const stops = (more: Partial<Desired>) => goes(observed, { replicas: 2, ...more }).filter((words) => words.startsWith("stop"));
    expect(stops({})).toEqual(["stop r4-1"]);
    expect(stops({ closed: true }).sort()).toEqual(["stop r3-2", "stop r4-1"]);
  });

  it("who is not ready goes before who is, then the newest revision, then the highest slot", () => {
    const all = [one(4, 1), one(3, 2), one(1, 1, MUTE), one(4, 2), one(3, 1, MUTE), one(3, 2, { ...MUTE, name: "mute r3-2" })];
    expect(all.sort(firstToGo).map(({ name }) => name)).toEqual(["mute r3-2", "r3-1", "r1-1", "r4-2", "r4-1", "r3-2"]);
  });
});
