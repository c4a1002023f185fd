import { describe, expect, it } from "vitest";
import { planAlone } from "../../src/plan/alone.ts";
import { fresh } from "../../src/plan/fresh.ts";
import type { Bounds, Desired, Movement, Observed } from "../../src/plan/types.ts";

const NOW = 1_000_000;
/** Two minutes without a step, and the longest wait that ends by itself. */
const STALL = 120_000 + 30_000;
const bounds: Bounds = {
  ...{ order: "start-first", parallelism: 1, delayMs: 1_000, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 30_000, drainMs: 2_000 },
  ...{ maxFailureRatio: 0, failureAction: "rollback" },
};
const movement: Movement = { id: "D1", startedAt: 1, progressAt: NOW - 1_000, paused: false, direction: "forward", failures: [] };
const desired = (more: Partial<Desired> = {}): Desired => ({
  ...{ stack: "s", service: "w", revision: 1, instanceHash: "one", generation: 0, replicas: 1, provingMs: 0, routed: false },
  ...{ exclusive: "none", movement, crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null, bounds },
  restart: { policy: "always", maxAttempts: 0 },
  ...more,
});
const one = (more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "one" }, null),
  ...more,
});
const READY = one({ life: "running", startedAt: NOW - 500, readySince: NOW - 400, probedSince: NOW - 500 });
const statusOf = (more: Partial<Desired>, observed: readonly Observed[] = []) => planAlone(desired(more), observed, NOW).status;

describe("a deployment that records no step", () => {
  const since = (progressAt: number, more: Partial<Movement> = {}): Partial<Desired> => ({
    movement: { ...movement, progressAt, ...more },
  });
  const building = [one({ busy: "create" })];
  it.each<[string, Partial<Desired>, readonly Observed[], string]>([
    ["has stalled in the end", since(NOW - STALL), building, "failed"],
    ["has not a moment before", since(NOW - STALL + 1), building, "moving"],
    ["has not in a pause", since(NOW - STALL, { paused: true }), building, "moving"],
    ["has not while its group arrives", since(NOW - STALL, { arrived: true }), building, "moving"],
    ["has not while it waits for another service", { ...since(NOW - STALL), waitingFor: "db" }, [], "moving"],
    ["has not while volumes are read", since(NOW - STALL), [one({ busy: "snapshot" })], "moving"],
    ["has not while volumes are written", since(NOW - STALL), [one({ busy: "restore" }), one({ slot: 2 })], "moving"],
    ["has not when all is reached", since(NOW - STALL), [READY], "converged"],
  ])("%s", (_what, more, observed, kind) => expect(statusOf(more, observed).kind).toBe(kind));

  it("is looked at again by then", () => {
    const { wakeAt } = planAlone(desired(), building, NOW);
    expect(wakeAt).toBe(NOW - 1_000 + STALL);
    expect(planAlone(desired(since(NOW, { paused: true })), building, NOW).wakeAt).toBeNull();
    expect(planAlone(desired({ waitingFor: "db" }), [], NOW).wakeAt).toBeNull();
  });

  it.each([0, 1])("is not looked at again by itself when that time is over by %i ms and its group has not arrived", (ms) => {
    expect(planAlone(desired(since(NOW - STALL - ms, { arrived: true })), building, NOW).wakeAt).toBeNull();
  });
});

describe("failures of a deployment", () => {
  const ENDED = "a ended by itself with exit code 3";
  const WITH_ENGINE = "a ended with the engine with exit code 137";
  const failures = (...told: string[]): Partial<Desired> => ({ movement: { ...movement, failures: told } });
  it.each<[string, Partial<Desired>, object]>([
    ["none is allowed", failures("a was not ready"), { kind: "failed", code: "INS5001", reason: "a was not ready" }],
    ["the last one is told", failures("x", ENDED), { kind: "failed", code: "INS5002", reason: ENDED }],
    ["with the engine, too", failures(WITH_ENGINE), { kind: "failed", code: "INS5002", reason: WITH_ENGINE }],
    ["so many are", { ...failures("x"), replicas: 4, bounds: { ...bounds, maxFailureRatio: 0.25 } }, { kind: "moving" }],
    ["more are not", { ...failures("x", "y"), replicas: 4, bounds: { ...bounds, maxFailureRatio: 0.25 } }, { kind: "failed" }],
    ["they are let be", { ...failures("x"), bounds: { ...bounds, failureAction: "continue" } }, { kind: "moving" }],
    ["nothing fails in a pause", { movement: { ...movement, paused: true, failures: ["x"] } }, { kind: "moving" }],
  ])("%s", (_what, more, expected) => expect(statusOf(more)).toMatchObject(expected));
});

describe("what is reached", () => {
  const monitored: Partial<Desired> = { bounds: { ...bounds, monitorMs: 1_000 } };
  it.each<[string, Partial<Desired>, readonly Observed[], object]>([
    ["a dependency is awaited", { waitingFor: "for db" }, [], { kind: "moving", waiting: "for db" }],
    ["a dependency is gone, all runs", { waitingFor: "for db" }, [READY], { kind: "converged" }],
    ["some are missing", { replicas: 3 }, [READY], { kind: "moving", waiting: "2 of 3 instances to become available" }],
    ["one is half built", {}, [READY, one({ built: false })], { kind: "moving", waiting: "a half-built instance to be removed" }],
    ["all have ended with success", { completed: [1] }, [], { kind: "completed" }],
    ["none is wanted", { replicas: 0 }, [], { kind: "converged" }],
    ["the monitor time runs", monitored, [READY], { kind: "moving", waiting: "the monitor time of 1000 ms" }],
    ["the monitor time is over", { bounds: { ...bounds, monitorMs: 400 } }, [READY], { kind: "converged" }],
    ["nothing is monitored without a deployment", { ...monitored, movement: null }, [READY], { kind: "converged" }],
  ])("%s", (_what, more, observed, expected) => expect(statusOf(more, observed)).toEqual(expected));

  it("the end of the monitor time is looked at", () => expect(planAlone(desired(monitored), [READY], NOW).wakeAt).toBe(NOW - 400 + 1_000));
});

it("an old instance that keeps its ports for now leaves nothing to wait for, as long as it serves", () => {
  const kept = one({ ...READY, name: "s-w-r0-1-a1", revision: 0, instanceHash: "zero" });
  const leaves = { kind: "moving", waiting: "1 old instances to leave" };
  expect(statusOf({ keepsOld: "zero" }, [READY, kept])).toEqual({ kind: "converged" });
  expect(statusOf({ keepsOld: "zero" }, [READY, { ...kept, drainingSince: NOW - 1 }])).toEqual(leaves);
  expect(statusOf({ keepsOld: "other" }, [READY, kept])).toEqual(leaves);
});

describe("one that serves, and does not answer where the new routes lead", () => {
  const silent = { ...READY, unanswered: { since: NOW - 29_999, words: "port 9090: connection refused" } };
  const before = { movement: { ...movement, progressAt: NOW - 60_000 } };

  it("is not available, and nothing is done to it", () => {
    expect(planAlone(desired(before), [silent], NOW)).toMatchObject({ steps: [], status: { kind: "moving" }, wakeAt: NOW + 1 });
    expect(planAlone(desired({ movement: null }), [silent], NOW + 3_600_000).steps).toEqual([]);
  });

  it("fails the deployment when its time to become ready is over, counted from the last step", () => {
    const status = { kind: "failed", code: "INS5001", reason: expect.stringContaining("port 9090: connection refused") };
    expect(planAlone(desired(before), [silent], NOW + 1)).toMatchObject({ steps: [], status });
    expect(planAlone(desired(), [silent], NOW + 1).status.kind).toBe("moving");
    expect(planAlone(desired({ movement: { ...before.movement, paused: true } }), [silent], NOW + 1).status.kind).toBe("moving");
  });
});
