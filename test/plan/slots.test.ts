import { describe, expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Crash, Desired, Movement, Observed, Plan } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const READY = { state: "ready", sessions: 0 } as const;
const built = (slot: number, more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: `new-${slot}`, revision: 2, slot, attempt: 1, generation: 0, instanceHash: "new" }, null),
  createdAt: NOW - 5_000,
  ...more,
});
const RUNS = { life: "running", startedAt: NOW - 4_000, probedSince: NOW - 4_000 } as const;
const runs = (slot: number, more: Partial<Observed> = {}) => built(slot, { ...RUNS, ...more });
const ready = (slot: number, more: Partial<Observed> = {}) => runs(slot, { readySince: NOW - 3_000, ...more });
const old = (slot: number, more: Partial<Observed> = {}) =>
  ready(slot, { name: `old-${slot}`, revision: 1, instanceHash: "old", route: READY, ...more });
const MOVEMENT: Movement = {
  ...{ id: "D2", startedAt: NOW - 9_000, progressAt: NOW, paused: false, direction: "forward", failures: [] },
};
const plan = (observed: readonly Observed[], wanted: Partial<Desired> = {}): Plan => planRollout({ ...ONE, ...wanted }, observed, NOW);
const told = ({ steps }: Plan): string[] => steps.map((step) => `${step.do} ${step.instance}: ${step.because}`);
const STOP_FIRST = { ...ONE.bounds, order: "stop-first" } as const;
const LOST = "s-w-r2-1-a1: slot 1 has no instance of revision 2";

describe("what is built starts", () => {
  it.each<[string, Observed[], Partial<Desired>, string[]]>([
    ["at once, where nothing is there", [built(1)], {}, ["start new-1: it is built"]],
    ["beside the one that serves", [old(1), built(1)], {}, ["start new-1: it is built"]],
    [
      "when the one before has stopped",
      [old(1, { life: "ended", route: null }), built(1)],
      { bounds: STOP_FIRST },
      ["start new-1: its predecessor has stopped"],
    ],
    [
      "beside one of another slot that has stopped",
      [old(2, { life: "ended", route: null }), built(1)],
      { bounds: STOP_FIRST },
      ["start new-1: it is built"],
    ],
    ["as a writer, when nobody runs", [built(1)], { bounds: STOP_FIRST, exclusive: "service" }, ["start new-1: it is built"]],
    ["not while anybody does", [ready(1, { name: "kept", evidence: true }), built(1)], { bounds: STOP_FIRST, exclusive: "service" }, []],
    [
      "as the writer of its slot, when nobody runs there",
      [built(1), ready(2, { route: READY })],
      { replicas: 2, bounds: STOP_FIRST, exclusive: "slot" },
      ["start new-1: it is built"],
    ],
    [
      "not as the writer of its slot, while the one before is on its way out",
      [built(1), old(1, { route: { state: "drain", sessions: 1 }, drainingSince: NOW - 5 })],
      { replicas: 2, bounds: STOP_FIRST, exclusive: "slot" },
      [],
    ],
    [
      "the lowest slot first",
      [built(2), built(1)],
      { replicas: 2, bounds: { ...STOP_FIRST } },
      ["start new-1: it is built", "start new-2: it is built"],
    ],
    ["not while something is done to it", [built(1, { busy: "start" })], {}, []],
    ["not while it is paused", [built(1)], { movement: { ...MOVEMENT, paused: true } }, []],
  ])("%s", (_what, observed, wanted, expected) => {
    expect(told(plan(observed, wanted)).filter((words) => words.startsWith("start"))).toEqual(expected);
  });

  it("a batch at a time", () => {
    const olds = [old(1), old(2), old(3)];
    expect(told(plan([...olds, built(1), built(2)], { replicas: 3 })).filter((words) => words.startsWith("start"))).toEqual([
      "start new-1: it is built",
    ]);
    // Where one drains in this very pass, its place is free already.
    const drains = told(plan([...olds, ready(1, { route: READY }), built(2), built(3)], { replicas: 3 }));
    expect(drains.filter((words) => words.startsWith("start"))).toEqual(["start new-2: it is built"]);
    // What is only cleared away had no place to free.
    const cleared = told(plan([...olds, runs(1), built(2), old(4, { life: "ended", route: null })], { replicas: 3 }));
    expect(cleared.map((words) => words.split(":")[0])).toEqual(["remove old-4"]);
  });

  it("one alone, and only when nobody runs, while volumes get their content back, however many are wanted", () => {
    const back: Partial<Desired> = { replicas: 3, bounds: STOP_FIRST, exclusive: "service", prelude: ["restore"] };
    expect(told(plan([built(1), built(2), built(3)], back)).map((words) => words.split(":")[0])).toEqual(["restore new-1"]);
    expect(told(plan([ready(1, { route: READY }), built(2), built(3)], back))).toEqual([]);
  });

  it.each<[string, Partial<Desired>, string]>([
    [
      "its volumes are kept before",
      { prelude: ["snapshot"] },
      "snapshot new-1: its volumes are kept as they are before it starts; what writes to them is frozen meanwhile",
    ],
    [
      "where nobody writes any more",
      { prelude: ["snapshot"], exclusive: "service" },
      "snapshot new-1: nothing writes to its volumes: they are kept as they are before it starts",
    ],
    [
      "they get their content back after",
      { prelude: ["snapshot", "restore"], preluded: ["snapshot/1"], exclusive: "service" },
      "restore new-1: nothing writes to its volumes: they get their earlier content back",
    ],
    ["once", { prelude: ["snapshot"], preluded: ["snapshot/1"] }, "start new-1: it is built"],
    [
      "each slot's own",
      { prelude: ["snapshot"], preluded: ["snapshot/2"], exclusive: "service" },
      "snapshot new-1: nothing writes to its volumes: they are kept as they are before it starts",
    ],
  ])("%s", (_what, wanted, expected) => {
    expect(told(plan([built(1)], wanted))).toEqual([expected]);
  });
});

describe("what runs comes in", () => {
  it.each<[string, Observed, Partial<Desired>, string[], number | null]>([
    ["when it is ready", ready(1), {}, ["route new-1: it is ready"], null],
    ["again, when it was taken out", ready(1, { route: { state: "maint", sessions: 0 } }), {}, ["route new-1: it is wanted again"], null],
    [
      "again, when it was let go",
      ready(1, { route: { state: "drain", sessions: 1 }, drainingSince: NOW - 5 }),
      {},
      ["route new-1: it is wanted again"],
      null,
    ],
    [
      "again, when only its drain is written",
      ready(1, { route: READY, drainingSince: NOW - 5 }),
      {},
      ["route new-1: it is wanted again"],
      null,
    ],
    ["nowhere, where nobody routes to it", ready(1), { routed: false }, [], null],
    [
      "again there too, when it was let go",
      ready(1, { drainingSince: NOW - 5 }),
      { routed: false },
      ["route new-1: it is wanted again"],
      null,
    ],
    ["not before it is ready: looked at when its time is over", runs(1), {}, [], NOW + 1_000],
    ["nor before it was ever probed", runs(1, { probedSince: null }), {}, [], NOW + 5_000],
    [
      "at the moment its time is over: not a millisecond later",
      ready(1),
      { bounds: { ...ONE.bounds, minReadyMs: 3_000 } },
      ["route new-1: it is ready"],
      null,
    ],
    ["nor before it was ready for as long as is asked", ready(1), { bounds: { ...ONE.bounds, minReadyMs: 4_000 } }, [], NOW + 1_000],
  ])("%s", (_what, one, wanted, steps, wakeAt) => {
    const found = plan([one], wanted);
    expect([told(found), found.wakeAt]).toEqual([steps, wakeAt]);
  });
});

it("stopped first, what is ready takes requests at once where nobody does, and waits for its `min_ready` where another one already does", () => {
  const waits = { replicas: 2, bounds: { ...STOP_FIRST, minReadyMs: 4_000 } };
  expect(told(plan([ready(2)], waits)).filter((words) => words.startsWith("route"))).toEqual(["route new-2: it is ready"]);
  expect(told(plan([ready(1, { readySince: NOW - 3_900, route: READY }), ready(2)], waits))).toEqual([]);
});

describe("what went wrong", () => {
  const IN = { movement: MOVEMENT };
  const dead = (more: Partial<Observed> = {}) => runs(1, { life: "ended", exitCode: 3, ...more });
  const LATE = { probedSince: NOW - 5_000 };
  it.each<[string, Observed, Partial<Desired>, string[]]>([
    ["ended, in its deployment", dead(), IN, ["fail new-1: new-1 ended by itself with exit code 3"]],
    ["ended, and nobody knows how", dead({ exitCode: null }), IN, ["fail new-1: new-1 ended by itself with exit code unknown"]],
    ["ended, in none", dead(), {}, ["crash new-1: new-1 ended by itself with exit code 3"]],
    ["ended with the engine, in none", dead({ endedWithEngine: true }), {}, ["crash new-1: new-1 ended with the engine with exit code 3"]],
    [
      "ended with the engine, where an exit is final",
      dead({ endedWithEngine: true }),
      { ...IN, restart: { policy: "no", maxAttempts: 0 } },
      ["fail new-1: new-1 ended with the engine with exit code 3"],
    ],
    ["ended while built", dead({ startedAt: null }), {}, ["crash new-1: new-1 ended by itself with exit code 3"]],
    [
      "not ready in time, in words",
      runs(1, { ...LATE, route: null, probeDetail: "HTTP 500" }),
      IN,
      ["fail new-1: new-1 was not ready within 5000 ms: HTTP 500"],
    ],
    ["not ready in time, and no answer", runs(1, LATE), IN, ["fail new-1: new-1 was not ready within 5000 ms: no answer"]],
    ["a millisecond before", runs(1, { probedSince: NOW - 4_999 }), IN, []],
    ["ready, however long it took", ready(1, { ...LATE, route: READY }), IN, []],
    ["sick, in its deployment", ready(1, { sick: true, probeDetail: "exit 1" }), IN, ["fail new-1: new-1 is unhealthy: exit 1"]],
    ["sick, without a word", ready(1, { sick: true }), IN, ["fail new-1: new-1 is unhealthy: its healthcheck fails"]],
    [
      "not ready in time, where an end would be final",
      runs(1, LATE),
      { restart: { policy: "no", maxAttempts: 0 } },
      ["crash new-1: new-1 was not ready within 5000 ms: no answer"],
    ],
    ["sick while it is built", built(1, { sick: true }), IN, ["start new-1: it is built"]],
  ])("%s", (_what, one, wanted, expected) => {
    expect(told(plan([one], wanted)).filter((words) => !words.startsWith("create"))).toEqual(expected);
  });

  const crash = (slot: number): Crash => ({ revision: 2, slot, attempt: 1, at: NOW - 3_600_000 });
  it.each<[string, Desired["restart"], readonly Crash[], string[]]>([
    ["no: an end is final", { policy: "no", maxAttempts: 0 }, [], ["unroute new-1: it has ended"]],
    ["always: a fresh one follows", { policy: "always", maxAttempts: 0 }, [], ["crash new-1: new-1 ended by itself with exit code 3"]],
    [
      "unless-stopped: a fresh one follows",
      { policy: "unless-stopped", maxAttempts: 0 },
      [],
      ["crash new-1: new-1 ended by itself with exit code 3"],
    ],
    [
      "on-failure, without a number",
      { policy: "on-failure", maxAttempts: 0 },
      [crash(1)],
      ["crash new-1: new-1 ended by itself with exit code 3"],
    ],
    [
      "always, whatever number stands beside it",
      { policy: "always", maxAttempts: 1 },
      [crash(1)],
      ["crash new-1: new-1 ended by itself with exit code 3"],
    ],
    ["on-failure: one more", { policy: "on-failure", maxAttempts: 2 }, [crash(1)], ["crash new-1: new-1 ended by itself with exit code 3"]],
    ["on-failure: none more", { policy: "on-failure", maxAttempts: 1 }, [crash(1)], ["unroute new-1: it has ended"]],
    [
      "on-failure: of each slot",
      { policy: "on-failure", maxAttempts: 1 },
      [crash(2)],
      ["crash new-1: new-1 ended by itself with exit code 3"],
    ],
  ])("restart: %s", (_what, restart, crashes, expected) => {
    expect(told(plan([dead({ route: READY })], { restart, crashes }))).toEqual(expected);
    if (expected[0]?.startsWith("unroute")) {
      expect(told(plan([dead()], { restart, crashes }))).toEqual([]);
      expect(told(plan([dead()], { restart, crashes, movement: MOVEMENT }))[0]).toMatch(/^fail new-1/);
    }
  });

  it("ended with success where that is an end: it is complete", () => {
    const done = { restart: { policy: "no", maxAttempts: 0 } } as const;
    expect(told(plan([dead({ exitCode: 0 })], done))).toEqual(["complete new-1: it ended with success"]);
    expect(told(plan([], { ...done, completed: [1] }))).toEqual([]);
  });
});

describe("an empty slot", () => {
  const died = (...ago: number[]): Partial<Desired> => ({ crashes: ago.map((ms) => ({ revision: 2, slot: 1, attempt: 1, at: NOW - ms })) });
  it.each<[string, Partial<Desired>, string[], number | null]>([
    ["is filled", {}, [`create ${LOST}`], null],
    ["is not while a dependency is missing", { waitingFor: "shop/db" }, [], null],
    ["is not while it is paused", { movement: { ...MOVEMENT, paused: true } }, [], null],
    ["is filled at once after one death", died(10), ["create s-w-r2-1-a2: slot 1 lost its instance"], null],
    ["and a second after the second", died(500, 200), [], NOW + 800],
    ["from this very moment, too", died(500, 0), [], NOW + 1_000],
    ["counted from the last of them, whatever their order", died(200, 500), [], NOW + 800],
    ["and at once when that is over", died(1_500, 1_000), ["create s-w-r2-1-a2: slot 1 lost its instance"], null],
    ["and at once after ten minutes", died(600_001, 200), ["create s-w-r2-1-a2: slot 1 lost its instance"], null],
    ["not at the tenth minute itself", died(600_000, 200), [], NOW + 800],
    ["nor before a time that is yet to come", died(-5, -1), ["create s-w-r2-1-a2: slot 1 has no instance of revision 2"], null],
  ])("%s", (_what, wanted, steps, wakeAt) => {
    const found = plan([], wanted);
    expect([told(found), found.wakeAt]).toEqual([steps, wakeAt]);
  });

  it("of several, only as many are built as a batch and one ahead need", () => {
    const olds = [1, 2, 3, 4].map((slot) => old(slot));
    const creates = (wanted: Partial<Desired>): string[] =>
      told(plan(olds, { replicas: 4, ...wanted })).map((words) => words.split(":")[0] ?? "");
    expect(creates({})).toEqual(["create s-w-r2-1-a1", "create s-w-r2-2-a1"]);
    expect(creates({ bounds: { ...ONE.bounds, parallelism: 2 } })).toHaveLength(4);
    expect(creates({ bounds: STOP_FIRST, exclusive: "slot" })).toEqual(["create s-w-r2-1-a1"]);
  });

  it("where a slot has one writer, those that are free come first and are always built", () => {
    const world = [1, 2, 4, 5, 6].map((slot) => old(slot));
    const found = told(plan([...world, built(1), built(2)], { replicas: 6, bounds: STOP_FIRST, exclusive: "slot" }));
    expect(found.filter((words) => words.startsWith("create"))).toEqual(["create s-w-r2-3-a1: slot 3 has no instance of revision 2"]);
    const empty = told(plan([], { replicas: 2, bounds: STOP_FIRST, exclusive: "slot" }));
    expect(empty.map((words) => words.split(":")[0])).toEqual(["create s-w-r2-1-a1", "create s-w-r2-2-a1"]);
    // Where they are built already, nothing more is.
    const all = told(plan([...world, built(1), built(2), built(3)], { replicas: 6, bounds: STOP_FIRST, exclusive: "slot" }));
    expect(all.filter((words) => words.startsWith("create"))).toEqual([]);
    const none = told(plan([...world, built(1), built(2)], { replicas: 6, bounds: STOP_FIRST }));
    expect(none.filter((words) => words.startsWith("create"))).toEqual([]);
  });
});
