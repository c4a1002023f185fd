import { describe, expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { hasCompleted, survey } from "../../src/plan/survey.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const instance = (slot: number, more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: `s-w-r2-${slot}-a1`, revision: 2, slot, attempt: 1, generation: 0, instanceHash: "new" }, null),
  ...more,
});
const ROUTED = { state: "ready", sessions: 0 } as const;
const ready = (slot: number, more: Partial<Observed> = {}) =>
  instance(slot, { life: "running", readySince: NOW - 60_000, route: ROUTED, ...more });
const old = (slot: number, more: Partial<Observed> = {}) =>
  ready(slot, { name: `s-w-r1-${slot}-a1`, revision: 1, instanceHash: "old", ...more });
const of = (observed: readonly Observed[], wanted: Partial<Desired> = {}) => survey({ ...ONE, replicas: 3, ...wanted }, observed, NOW);

describe("of two in one slot", () => {
  const second = { name: "s-w-r2-1-a2", attempt: 2 };
  it.each<[string, Observed, Observed]>([
    ["the earlier attempt stays, of equals", ready(1), ready(1, second)],
    ["who runs stays before who is built", instance(1, { life: "running", ...second }), instance(1)],
    ["who is built stays before who has ended", instance(1, second), instance(1, { life: "ended" })],
    ["who is ready stays before who only runs", ready(1, second), instance(1, { life: "running" })],
    ["who goes already does not stay", instance(1, { life: "running", ...second }), ready(1, { drainingSince: NOW - 1 })],
  ])("%s", (_what, stays, goes) => {
    for (const observed of [
      [stays, goes],
      [goes, stays],
    ]) {
      const found = of(observed);
      expect(found.current.get(1)).toBe(stays);
      expect(found.old).toEqual([{ instance: goes, because: "another instance fills its slot" }]);
    }
  });

  it("one alone has nobody to go", () => {
    expect(of([ready(1), ready(2)]).old).toEqual([]);
    expect(of([ready(1)])).toMatchObject({ evidence: [], quarantined: [], unbuilt: [] });
  });
});

describe("what runs", () => {
  it.each<[string, Observed, number]>([
    ["a process", ready(1), 1],
    ["one that its restart policy is about to start again", instance(1, { life: "ended", revives: true }), 1],
    ["one that is being started", instance(1, { busy: "start" }), 1],
    ["evidence too, until it has stopped", ready(1, { evidence: true }), 1],
    ["not what is built", instance(1), 0],
    ["not what has ended", instance(1, { life: "ended" }), 0],
  ])("%s", (_what, one, running) => {
    const found = of([one]);
    expect([found.running, [...found.runningSlots]]).toEqual([running, running === 0 ? [] : [1]]);
  });

  it("attempts count what is there and what has died", () => {
    const crashes = [
      { revision: 2, slot: 1, attempt: 4, at: NOW },
      { revision: 2, slot: 2, attempt: 1, at: NOW },
    ];
    const { attempts } = of([ready(1), ready(2, { attempt: 3 }), old(1, { attempt: 9 })], { crashes });
    expect([...attempts].sort()).toEqual([
      ["1/1", 9],
      ["2/1", 4],
      ["2/2", 3],
    ]);
  });
});

describe("who counts", () => {
  const counts = (observed: readonly Observed[], wanted: Partial<Desired> = {}) => {
    const { available, live, useful, unrouted, leaving } = of(observed, wanted);
    return { available: [...available], live, useful, unrouted, leaving };
  };
  it.each<[string, Observed[], Partial<Desired>, ReturnType<typeof counts>]>([
    ["who takes traffic", [ready(1)], {}, { available: [1], live: 1, useful: 1, unrouted: 0, leaving: 0 }],
    ["who is ready and not let in yet", [ready(1, { route: null })], {}, { available: [], live: 1, useful: 1, unrouted: 1, leaving: 0 }],
    [
      "who is ready, of what nobody routes to",
      [ready(1, { route: null })],
      { routed: false },
      { available: [1], live: 1, useful: 1, unrouted: 0, leaving: 0 },
    ],
    ["who is built", [instance(1)], {}, { available: [], live: 1, useful: 0, unrouted: 0, leaving: 0 }],
    ["who is being started", [instance(1, { busy: "start" })], {}, { available: [], live: 1, useful: 1, unrouted: 0, leaving: 0 }],
    ["not who has ended", [instance(1, { life: "ended" })], {}, { available: [], live: 0, useful: 0, unrouted: 0, leaving: 0 }],
    [
      "who goes, as one that goes",
      [ready(1, { drainingSince: NOW - 1 })],
      {},
      { available: [], live: 0, useful: 0, unrouted: 0, leaving: 1 },
    ],
    ["who is busy, not as available", [ready(1, { busy: "route" })], {}, { available: [], live: 1, useful: 1, unrouted: 0, leaving: 0 }],
    [
      "who does not answer at its new port, not as available",
      [ready(1, { unanswered: { since: NOW, words: "refused" } })],
      {},
      { available: [], live: 1, useful: 1, unrouted: 0, leaving: 0 },
    ],
    ["an old one that serves", [old(1)], {}, { available: [], live: 1, useful: 1, unrouted: 0, leaving: 0 }],
    [
      "not an old one that weighs nothing",
      [old(1, { route: { ...ROUTED, weight: 0 } })],
      {},
      { available: [], live: 0, useful: 0, unrouted: 0, leaving: 0 },
    ],
    [
      "not an old one that is out of the router",
      [old(1, { route: null })],
      {},
      { available: [], live: 0, useful: 0, unrouted: 0, leaving: 0 },
    ],
    [
      "an old one that runs, of what nobody routes to",
      [old(1, { route: null, readySince: null })],
      { routed: false },
      { available: [], live: 1, useful: 1, unrouted: 0, leaving: 0 },
    ],
    [
      "an old one that goes, as one that goes",
      [old(1, { drainingSince: NOW - 1 })],
      {},
      { available: [], live: 0, useful: 0, unrouted: 0, leaving: 1 },
    ],
  ])("%s", (_what, observed, wanted, expected) => {
    expect(counts(observed, wanted)).toEqual(expected);
  });

  it("what ended with success fills its slot, whether it is there or was removed", () => {
    const done = instance(1, { life: "ended", exitCode: 0 });
    const restart = { policy: "no", maxAttempts: 0 } as const;
    for (const found of [of([done], { restart }), of([], { restart, completed: [1] })]) {
      expect([...found.available]).toEqual([1]);
      expect([...found.completed]).toEqual([1]);
      expect(found.live).toBe(0);
    }
    // Beyond the wanted number it fills nothing.
    const scaled = of([], { restart, completed: [1, 4] });
    expect([[...scaled.available], [...scaled.completed]]).toEqual([[1], [1]]);
  });

  it.each<[string, Partial<Observed>, Desired["restart"]["policy"], boolean]>([
    ["it ended with 0 and is not to be restarted", {}, "no", true],
    ["the same where only failures are", {}, "on-failure", true],
    ["not where every end is a failure", {}, "always", false],
    ["nor until it is stopped", {}, "unless-stopped", false],
    ["not with another code", { exitCode: 1 }, "no", false],
    ["not while it runs", { life: "running" }, "no", false],
    ["not what is kept of a failure", { evidence: true }, "no", false],
  ])("success: %s", (_what, more, policy, completed) => {
    const one = instance(1, { life: "ended", exitCode: 0, ...more });
    expect(hasCompleted(one, { ...ONE, restart: { policy, maxAttempts: 0 } })).toBe(completed);
  });
});

describe("how long the first of new content proves itself", () => {
  const PROVING = { provingMs: 5_000 };
  const proves = (observed: readonly Observed[], wanted: Partial<Desired> = {}) => of(observed, { ...PROVING, ...wanted }).minReadyMs;
  const young = { readySince: NOW - 1_000 };
  it.each<[string, Observed[], Partial<Desired>, number]>([
    ["while others serve: until one of it is let in", [old(1), ready(1, { ...young, route: null })], {}, 5_000],
    ["one of it was", [old(1), ready(1, young)], {}, 0],
    ["one of several was", [old(1), ready(1, young), ready(2, { ...young, route: null })], {}, 0],
    ["where nothing else serves it serves meanwhile, and counts later", [ready(1, young)], {}, 5_000],
    ["until one of it has been ready for so long", [ready(1), ready(2, young)], {}, 0],
    ["what is stopped first too, whoever serves", [old(1), ready(1, young)], { bounds: { ...ONE.bounds, order: "stop-first" } }, 5_000],
    ["and until then only", [old(1), ready(1)], { bounds: { ...ONE.bounds, order: "stop-first" } }, 0],
    ["never less than the file asks for", [old(1), ready(1, young)], { bounds: { ...ONE.bounds, minReadyMs: 7_000 } }, 7_000],
  ])("%s", (_what, observed, wanted, ms) => {
    expect(proves(observed, wanted)).toBe(ms);
  });

  it("the last became available when its time was over", () => {
    const bounds = { ...ONE.bounds, minReadyMs: 500 };
    const found = of(
      [ready(1, { readySince: NOW - 9_000 }), ready(2, { readySince: NOW - 2_000 }), ready(3, { readySince: NOW - 8_000 })],
      { bounds },
    );
    expect(found.lastAvailableAt).toBe(NOW - 1_500);
    expect(of([]).lastAvailableAt).toBeNull();
  });
});
