import { describe, expect, it } from "vitest";
import {
  allowedFailures,
  batch,
  betweenBatches,
  type Counts,
  crashDelay,
  mayCreate,
  mayDrain,
  mayStart,
  passedOver,
} from "../../src/plan/bounds.ts";
import { NOW, ONE } from "./one.ts";

const counts = (c: Partial<Counts>): Counts => ({
  replicas: 3,
  parallelism: 1,
  order: "start-first",
  live: 0,
  available: 0,
  servingOld: 0,
  leaving: 0,
  proving: false,
  ...c,
});

describe("how many may be created", () => {
  it.each([
    ["3 wanted, 3 old live: one in surge and one ahead", counts({ live: 3, servingOld: 3 }), 2],
    ["3 old and 2 new: both are used", counts({ live: 5, servingOld: 3 }), 0],
    ["2 old and 1 new while 1 drains: the next", counts({ live: 4, servingOld: 2, available: 1, leaving: 1 }), 1],
    ["10 wanted, batch 3", counts({ replicas: 10, parallelism: 3, live: 10, servingOld: 10 }), 6],
    ["stop-first, 1 wanted: the successor is built beforehand", counts({ replicas: 1, order: "stop-first", live: 1, servingOld: 1 }), 1],
    ["5 wanted, nothing there: all", counts({ replicas: 5 }), 7],
    ["1 wanted, 1 live and 1 draining: never more than 2 x replicas", counts({ replicas: 1, live: 1, leaving: 1 }), 0],
    ["3 old and 2 new, of which the first proves itself: one more", counts({ live: 5, servingOld: 3, proving: true }), 1],
    ["stop-first, where it serves meanwhile: none more", counts({ order: "stop-first", live: 4, servingOld: 3, proving: true }), 0],
    ["none wanted", counts({ replicas: 0 }), 0],
    ["parallelism 0 is all at once", counts({ parallelism: 0, live: 3, servingOld: 3 }), 3],
  ])("%s", (_, c, expected) => expect(mayCreate(c)).toBe(expected));
});

describe("how many may be started", () => {
  it.each([
    ["start-first: the surge", { order: "start-first" as const }, 3, 3, 1],
    ["start-first: the surge is used", { order: "start-first" as const }, 4, 4, 0],
    ["start-first: what drains does not count", { order: "start-first" as const }, 3, 4, 1],
    ["start-first: never more than 2 x replicas run", { order: "start-first" as const }, 3, 6, 0],
    ["stop-first: what drains counts", { order: "stop-first" as const }, 2, 3, 0],
    ["stop-first: what has stopped does not", { order: "stop-first" as const }, 2, 2, 1],
  ])("%s", (_, { order }, useful, running, expected) =>
    expect(mayStart({ replicas: 3, parallelism: 1, order }, useful, running)).toBe(expected),
  );
});

describe("how many that are ready and take no traffic hold back no start", () => {
  it.each([
    ["one of three", 1, {}, false, 1],
    ["at most a batch", 2, {}, false, 1],
    ["a batch of two", 3, { parallelism: 2 }, false, 2],
    ["one more while the first proves itself", 2, {}, true, 2],
    ["and no third", 3, {}, true, 2],
    ["none where a delay is declared", 1, { delayMs: 1 }, true, 0],
    ["none where a monitor time is declared", 1, { monitorMs: 1 }, true, 0],
  ])("%s", (_, unrouted, bounds, proving, expected) =>
    expect(passedOver({ replicas: 3, bounds: { ...ONE.bounds, ...bounds } }, unrouted, proving)).toBe(expected),
  );
});

describe("how many may begin to drain", () => {
  it.each([
    ["start-first: none before a new one is available", counts({ servingOld: 3 }), 0],
    ["start-first: one for one", counts({ servingOld: 3, available: 1 }), 1],
    ["start-first: surplus goes at once", counts({ replicas: 2, servingOld: 5 }), 3],
    ["stop-first, batch 1: one", counts({ order: "stop-first", servingOld: 3 }), 1],
    ["stop-first: not a second before the first is back", counts({ order: "stop-first", servingOld: 2 }), 0],
    ["stop-first: the next when it is back", counts({ order: "stop-first", servingOld: 2, available: 1 }), 1],
    ["none wanted: all", counts({ replicas: 0, servingOld: 4 }), 4],
  ])("%s", (_, c, expected) => expect(mayDrain(c)).toBe(expected));
});

describe("between two batches", () => {
  const movement = { id: "D2", startedAt: 1, progressAt: NOW, paused: false, direction: "forward", failures: [] } as const;
  const bounds = { ...ONE.bounds, delayMs: 10_000, monitorMs: 300 };
  const world = { available: new Set([1]), lastAvailableAt: NOW - 1_000, servingOld: ["the old one"] };
  const until = (wanted: Partial<Parameters<typeof betweenBatches>[0]>, seen: Partial<typeof world> = {}): number =>
    betweenBatches({ bounds, movement, replicas: 3, ...wanted }, { ...world, ...seen });

  it("the longer of the delay and the monitor time passes, from when the last one is available", () => {
    expect(until({})).toBe(NOW + 9_000);
    expect(until({ bounds: { ...bounds, monitorMs: 15_000 } })).toBe(NOW + 14_000);
    expect(until({ bounds: { ...bounds, parallelism: 2 } }, { available: new Set([1, 2]) })).toBe(NOW + 9_000);
  });

  it.each<[string, Parameters<typeof until>]>([
    ["in the middle of a batch", [{ bounds: { ...bounds, parallelism: 2 } }]],
    ["where nothing old serves any more", [{}, { servingOld: [] }]],
    ["without a deployment", [{ movement: null }]],
  ])("nothing is waited for %s", (_what, given) => expect(until(...given)).toBeLessThan(NOW));
});

it("rounds failures down and batches up", () => {
  expect([allowedFailures(3, 0), allowedFailures(10, 0.25), allowedFailures(3, 0.34)]).toEqual([0, 2, 1]);
  expect([batch(0, 5), batch(2, 5), batch(9, 5), batch(1, 0)]).toEqual([5, 2, 5, 1]);
});

it("waits longer with every death, at most a minute", () => {
  expect([0, 1, 2, 3, 4, 7, 8, 50].map(crashDelay)).toEqual([0, 0, 1000, 2000, 4000, 32_000, 60_000, 60_000]);
});
