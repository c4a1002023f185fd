import { describe, expect, it } from "vitest";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";

const NOW = 1_800_000_000_000;

const desired = (order: "start-first" | "stop-first"): Desired => ({
  ...{ stack: "shop", service: "db", revision: 2, instanceHash: "new", generation: 1, replicas: 1 },
  bounds: {
    ...{ order, parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 1000, readyTimeoutMs: 60_000, drainMs: 0 },
    ...{ maxFailureRatio: 0, failureAction: "rollback" },
  },
  restart: { policy: "always", maxAttempts: 0 },
  ...{ routed: true, exclusive: "service", provingMs: 0, crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null },
  movement: { id: "D2", startedAt: NOW - 5000, progressAt: NOW - 100, paused: false, direction: "forward", failures: [] },
});

/** Ready since 10 ms. */
const successor: Observed = {
  ...{ name: "shop-db-r2-1-a1", revision: 2, slot: 1, attempt: 1, generation: 1, instanceHash: "new" },
  ...{ life: "running", revives: false, built: true, createdAt: NOW - 500, startedAt: NOW - 300, exitCode: null, worn: false, sick: false },
  ...{ readySince: NOW - 10, probedSince: NOW - 200, probeDetail: null, route: null, drainingSince: null },
  ...{ evidence: false, outside: false, busy: null },
};
const old: Observed = {
  ...{ ...successor, name: "shop-db-r1-1-a1", revision: 1, instanceHash: "old", readySince: NOW - 9000 },
  route: { state: "ready", sessions: 0 },
};

describe("min_ready", () => {
  it("does not lengthen a pause: stopped first and nothing serves, what is ready is routed at once", () => {
    const plan = planRollout(desired("stop-first"), [successor], NOW);
    expect(plan.steps).toMatchObject([{ do: "route", instance: successor.name }]);
  });

  it("still decides when the routed one counts", () => {
    const routed: Observed = { ...successor, route: { state: "ready", sessions: 0 } };
    expect(planRollout(desired("stop-first"), [routed], NOW)).toMatchObject({ steps: [], status: { kind: "moving" }, wakeAt: NOW + 990 });
    expect(planRollout(desired("stop-first"), [routed], NOW + 990)).toMatchObject({ steps: [], status: { kind: "converged" } });
  });

  it("passes before the route while others serve, and in every other order", () => {
    expect(planRollout(desired("start-first"), [successor, old], NOW).steps).toEqual([]);
    expect(planRollout(desired("start-first"), [successor], NOW).steps).toEqual([]);
    const two = { ...desired("stop-first"), replicas: 2, exclusive: "slot" } as const;
    expect(planRollout(two, [successor, { ...old, slot: 2 }], NOW).steps.filter((step) => step.do === "route")).toEqual([]);
  });
});

describe("between two batches", () => {
  const route = { state: "ready", sessions: 0 } as const;
  const at = (slot: number, more: Partial<Observed>): Observed => ({
    ...{ ...successor, name: `shop-db-r2-${slot}-a1`, slot, busy: null },
    ...more,
  });
  /** The first of three has been available since NOW; the second is built. */
  const world = [
    at(1, { readySince: NOW - 1_000, route }),
    at(2, { life: "created", startedAt: null, readySince: null, probedSince: null }),
    { ...old, name: "shop-db-r1-2-a1", slot: 2 },
    { ...old, name: "shop-db-r1-3-a1", slot: 3 },
  ];

  it.each([
    ["start-first", { delayMs: 10_000 }, "start shop-db-r2-2-a1"],
    ["start-first", { monitorMs: 10_000 }, "start shop-db-r2-2-a1"],
    ["stop-first", { delayMs: 10_000, monitorMs: 500 }, "drain shop-db-r1-2-a1"],
  ] as const)("%s: nothing of the next one begins before %j has passed, although it is built", (order, wait, next) => {
    const plain = desired(order);
    const wanted: Desired = { ...plain, replicas: 3, exclusive: "none", bounds: { ...plain.bounds, ...wait } };
    const steps = (now: number): string[] => planRollout(wanted, world, now).steps.map((step) => `${step.do} ${step.instance}`);
    expect([steps(NOW + 9_999), planRollout(wanted, world, NOW + 9_999).wakeAt]).toEqual([[], NOW + 10_000]);
    expect(steps(NOW + 10_000)).toContain(next);
  });
});

describe("while the first instance of content that never served proves itself", () => {
  const route = { state: "ready", sessions: 0 } as const;
  const plain = desired("start-first");
  const wanted: Desired = { ...plain, replicas: 3, exclusive: "none", provingMs: 600, bounds: { ...plain.bounds, minReadyMs: 5 } };
  const of = (slot: number): Observed => ({ ...successor, name: `shop-db-r2-${slot}-a1`, slot });
  const built = (slot: number): Observed => ({ ...of(slot), life: "created", startedAt: null, readySince: null, probedSince: null });
  const olds = [1, 2, 3, 4].map((slot): Observed => ({ ...old, name: `shop-db-r1-${slot}-a1`, slot, route }));
  const steps = (observed: readonly Observed[], one = wanted): string[] =>
    planRollout(one, [...olds.slice(0, one.replicas), ...observed], NOW).steps.map((step) => `${step.do} ${step.instance}`);

  it("the next one starts, since starting takes traffic from nobody, and one more is built", () => {
    expect(steps([of(1), built(2)])).toEqual(["start shop-db-r2-2-a1", "create shop-db-r2-3-a1"]);
  });

  it("a batch does and one more, one after the other", () => {
    const wide = { ...wanted, replicas: 4 };
    expect(steps([of(1), { ...of(2), readySince: null }, built(3)], wide)).toEqual([]);
    expect(steps([of(1), of(2), built(3)], wide)).toEqual(["start shop-db-r2-3-a1"]);
    expect(steps([of(1), of(2), of(3)], wide)).toEqual([]);
    expect(steps([of(1), of(2), of(3), built(4)], wide)).toEqual([]);
  });

  it("of content that has served only the batch", () => {
    const served = { ...wanted, replicas: 4, provingMs: 0 };
    expect(steps([of(1), of(2), built(3)], served)).toEqual(["route shop-db-r2-1-a1", "route shop-db-r2-2-a1"]);
  });

  it("not before it has been ready for as long as the file asks", () => {
    expect(steps([{ ...of(1), readySince: NOW - 4 }, built(2), built(3)])).toEqual([]);
    const declared = { ...wanted, bounds: { ...wanted.bounds, minReadyMs: 1_000 } };
    expect(steps([of(1), built(2)], declared)).toEqual([]);
  });

  it("never more than twice the wanted instances run", () => {
    const one = { ...wanted, replicas: 1 };
    expect(planRollout(one, [...olds.slice(0, 1), of(1)], NOW).steps).toEqual([]);
  });
});

describe("an old instance that its restart policy is about to start again", () => {
  const looping: Observed = { ...old, life: "ended", revives: true, exitCode: 1, route: null };
  const built: Observed = { ...successor, life: "created", startedAt: null, readySince: null, probedSince: null };

  it("is stopped before it is removed", () => {
    expect(planRollout(desired("start-first"), [looping], NOW).steps).toContainEqual(
      expect.objectContaining({ do: "stop", instance: old.name }),
    );
    expect(planRollout(desired("start-first"), [{ ...looping, revives: false }], NOW).steps).toContainEqual(
      expect.objectContaining({ do: "remove", instance: old.name }),
    );
  });

  it("is a writer like any other: nothing starts on its data until it is stopped", () => {
    const steps = (instance: Observed) => planRollout(desired("stop-first"), [instance, built], NOW).steps.map((step) => step.do);
    expect(steps(looping)).toEqual(["stop"]);
    expect(steps({ ...looping, revives: false })).toContain("start");
  });
});

describe("content that never served, where the old instance stopped first", () => {
  const routed: Observed = { ...successor, route: { state: "ready", sessions: 0 } };
  const usual = desired("stop-first");
  const proving = { ...usual, provingMs: 600, bounds: { ...usual.bounds, minReadyMs: 0 } };

  it("serves at once, and counts when it has stayed ready", () => {
    expect(planRollout(proving, [successor], NOW).steps.map((step) => step.do)).toEqual(["route"]);
    const { status, wakeAt } = planRollout(proving, [routed], NOW);
    expect(status.kind).toBe("moving");
    expect(wakeAt).toBe(NOW + 590);
    expect(planRollout(proving, [routed], NOW + 590).status.kind).toBe("converged");
  });

  it("counts only with an answer given at the end of that time, which wakes by itself", () => {
    const heard = (at: number): Observed => ({ ...routed, answeredAt: at });
    const { status, wakeAt } = planRollout(proving, [heard(NOW - 10)], NOW + 590);
    expect(status.kind).toBe("moving");
    expect(wakeAt, "no hurry").toBeGreaterThan(NOW + 60_000);
    expect(planRollout(proving, [heard(NOW + 589)], NOW + 600).status.kind).toBe("moving");
    expect(planRollout(proving, [heard(NOW + 590)], NOW + 600).status.kind).toBe("converged");
  });
});

describe("an instance that ended and was started again by the engine before anybody looked", () => {
  const back: Observed = { ...successor, worn: true, readySince: NOW };

  it("has failed, if the running deployment made it: it is never routed", () => {
    const movement = { id: "D2", startedAt: NOW - 1000, progressAt: NOW, paused: false, direction: "forward" as const, failures: [] };
    const moving = { ...desired("start-first"), movement };
    expect(planRollout(moving, [{ ...back, exitCode: 3 }, old], NOW).steps).toEqual([
      expect.objectContaining({
        do: "fail",
        instance: back.name,
        because: `${back.name} ended by itself with exit code 3 and was started again by the engine`,
      }),
    ]);
    expect(planRollout(moving, [{ ...back, createdAt: NOW - 2000 }, old], NOW).steps).not.toContainEqual(
      expect.objectContaining({ do: "fail" }),
    );
  });

  it("is worn, outside of one: replaced, and counted against nothing", () => {
    const steps = planRollout({ ...desired("start-first"), movement: null }, [back], NOW).steps;
    expect(steps.map((step) => step.do)).toContain("create");
    expect(steps).not.toContainEqual(expect.objectContaining({ do: "crash" }));
  });

  it("is let up first where no second may run: in the middle of its start it hears no signal", () => {
    const alone: Desired = { ...desired("stop-first"), exclusive: "service", movement: null };
    const booting: Observed = { ...back, route: { state: "maint", sessions: 0 }, readySince: null, probedSince: NOW - 200 };
    expect(planRollout(alone, [booting], NOW).steps).toEqual([]);
    const up: Observed = { ...booting, readySince: NOW - 10 };
    expect(planRollout(alone, [up], NOW).steps.map((step) => step.do)).toEqual(["create", "route"]);
  });
});

describe("a service that loses its ports", () => {
  const internal: Desired = { ...desired("start-first"), exclusive: "none", routed: false };
  const fresh: Observed = { ...successor, readySince: NOW - 5000 };

  it("drains the old instance as long as something routes to it", () => {
    expect(planRollout(internal, [fresh, old], NOW).steps).toMatchObject([{ do: "drain", instance: old.name }]);
    const draining: Observed = { ...old, route: { state: "drain", sessions: 2 }, drainingSince: NOW - 10 };
    const patient: Desired = { ...internal, bounds: { ...internal.bounds, drainMs: 10_000 } };
    expect(planRollout(patient, [fresh, draining], NOW).steps).toEqual([]);
    expect(planRollout(internal, [fresh, { ...old, route: null }], NOW).steps).toMatchObject([{ do: "stop", instance: old.name }]);
  });
});

describe("a deployment that has stalled", () => {
  it("begins nothing more, so that its verdict can be recorded", () => {
    const built: Observed = { ...successor, life: "created", startedAt: null, readySince: null, probedSince: null };
    const movement = {
      id: "D2",
      startedAt: NOW - 900_000,
      progressAt: NOW - 800_000,
      paused: false,
      direction: "forward" as const,
      failures: [],
    };
    const plan = planRollout({ ...desired("stop-first"), movement }, [built], NOW);
    expect(plan).toMatchObject({ steps: [], status: { kind: "failed", code: "INS5003" } });
  });
});

describe("a slot whose instances died", () => {
  const deaths = (...at: readonly number[]): Desired => ({
    ...{ ...desired("start-first"), movement: null },
    crashes: at.map((one, index) => ({ revision: 2, slot: 1, attempt: index + 1, at: one })),
  });

  it("waits longer with each death", () => {
    expect(planRollout(deaths(NOW - 1500, NOW - 500), [], NOW)).toMatchObject({ steps: [], wakeAt: NOW + 500 });
  });

  it("does not wait for a time that the clock has been set back from", () => {
    expect(planRollout(deaths(NOW + 3_599_000, NOW + 3_600_000), [], NOW).steps).toMatchObject([{ do: "create", attempt: 3 }]);
  });
});

describe("an instance that its healthcheck calls unhealthy", () => {
  const sick: Observed = { ...successor, sick: true, readySince: null };
  const steps = (more: Partial<Desired>, ...seen: readonly Observed[]) =>
    planRollout({ ...desired("start-first"), exclusive: "none", ...more }, seen, NOW).steps.map((step) => [step.do, step.instance]);

  it("fails the deployment that made it, with the healthcheck's last words", () => {
    const because = (probeDetail: string | null) =>
      planRollout(desired("start-first"), [{ ...sick, probeDetail }, old], NOW).steps.map((step) => [step.do, step.because]);
    expect(because("exit code 1: no database")).toEqual([["fail", `${sick.name} is unhealthy: exit code 1: no database`]]);
    expect(because(null)).toEqual([["fail", `${sick.name} is unhealthy: its healthcheck fails`]]);
  });

  it("is drained before it is taken out, where it got that far", () => {
    expect(steps({}, { ...sick, route: { state: "ready", sessions: 1 } }, old)).toEqual([["drain", sick.name]]);
  });

  it("serves without a deployment until a fresh one is there, and then leaves", () => {
    const serving: Observed = { ...sick, readySince: NOW - 5000, route: { state: "ready", sessions: 0 } };
    expect(steps({ movement: null }, serving)).toEqual([["create", "shop-db-r2-1-a2"]]);
    const other: Observed = { ...serving, name: "shop-db-r2-1-a2", attempt: 2, sick: false };
    expect(steps({ movement: null }, serving, other)).toEqual([["drain", serving.name]]);
  });
});

it("an instance without a route that was let go and could not be stopped stays when it is wanted again", () => {
  const internal: Desired = { ...desired("start-first"), exclusive: "none", routed: false, movement: null };
  const letGo: Observed = { ...successor, readySince: NOW - 5000, drainingSince: NOW - 100 };
  expect(planRollout(internal, [letGo], NOW).steps).toMatchObject([{ do: "route", instance: letGo.name, because: "it is wanted again" }]);
  expect(planRollout(internal, [{ ...letGo, drainingSince: null }], NOW)).toMatchObject({ steps: [], status: { kind: "converged" } });
});

describe("an instance that ended by itself, with `restart`", () => {
  const ended: Observed = { ...successor, life: "ended", exitCode: 1, route: null };
  const crash = (slot: number, attempt: number) => ({ revision: 2, slot, attempt, at: NOW - 1000 * attempt });
  const deeds = (restart: Desired["restart"], crashes: Desired["crashes"], seen: Observed = ended) =>
    planRollout({ ...desired("start-first"), movement: null, restart, crashes }, [seen], NOW)
      .steps.filter((step) => step.instance === seen.name)
      .map((step) => step.do);
  const twice = { policy: "on-failure", maxAttempts: 2 } as const;

  it.each<[string, Desired["restart"], Desired["crashes"], readonly string[]]>([
    ["no: that is final", { policy: "no", maxAttempts: 0 }, [], []],
    ["always", { policy: "always", maxAttempts: 0 }, [crash(1, 1), crash(1, 2)], ["crash"]],
    ["on-failure without a limit", { policy: "on-failure", maxAttempts: 0 }, [crash(1, 1), crash(1, 2)], ["crash"]],
    ["on-failure: below the limit", twice, [crash(1, 1)], ["crash"]],
    ["on-failure: at the limit", twice, [crash(1, 1), crash(1, 2)], []],
    ["on-failure: what died in other slots is not its own", twice, [crash(2, 1), crash(3, 1), crash(1, 1)], ["crash"]],
  ])("%s", (_what, restart, crashes, expected) => {
    expect(deeds(restart, crashes)).toEqual(expected);
  });

  it("gets no more requests when it is final", () => {
    const routed: Observed = { ...ended, route: { state: "maint", sessions: 0 } };
    expect(deeds({ policy: "no", maxAttempts: 0 }, [], routed)).toEqual(["unroute"]);
    expect(deeds({ policy: "no", maxAttempts: 0 }, [], { ...routed, exitCode: 0 })).toEqual(["complete"]);
  });
});
