import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";

const NOW = 1_000_000;
const desired: Desired = {
  ...{ stack: "s", service: "w", revision: 1, instanceHash: "one", generation: 0, replicas: 1, provingMs: 0, routed: true },
  bounds: {
    ...{ order: "start-first", parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 5000, drainMs: 1000 },
    ...{ maxFailureRatio: 0, failureAction: "rollback" },
  },
  ...{
    restart: { policy: "always", maxAttempts: 0 },
    exclusive: "none",
    crashes: [],
    prelude: [],
    preluded: [],
    completed: [],
    waitingFor: null,
  },
  movement: { id: "D2", startedAt: NOW, progressAt: NOW, paused: false, direction: "back", failures: [] },
};
const instance = (revision: number, instanceHash: string, more: Partial<Observed>): Observed => ({
  ...fresh({ name: `s-w-r${revision}-1-a1`, revision, slot: 1, attempt: 1, generation: 0, instanceHash }, null),
  ...more,
});

it("a deployment that turns round while an old instance stops does not take that one's end for a failure", () => {
  const stopped = instance(1, "one", { life: "ended", exitCode: 0, drainingSince: NOW - 50, route: { state: "drain", sessions: 0 } });
  const serving = instance(2, "two", {
    life: "running",
    startedAt: NOW - 90,
    readySince: NOW - 80,
    route: { state: "ready", sessions: 3 },
  });
  const plan = planRollout(desired, [stopped, serving], NOW);
  expect(plan.status.kind).toBe("moving");
  expect(plan.steps.map((step) => `${step.do} ${step.instance}`)).toEqual(["create s-w-r1-1-a2", "unroute s-w-r1-1-a1"]);
});

it("failures whose words are not kept count like the others", () => {
  const of = (passedOver: number): Desired => {
    const movement = {
      id: "D2",
      startedAt: NOW,
      progressAt: NOW,
      paused: false,
      direction: "forward",
      failures: ["first", "last"],
    } as const;
    return { ...desired, replicas: 8, bounds: { ...desired.bounds, maxFailureRatio: 0.5 }, movement: { ...movement, passedOver } };
  };
  expect(planRollout(of(2), [], NOW).status.kind).toBe("moving");
  expect(planRollout(of(3), [], NOW).status).toMatchObject({ kind: "failed", reason: "last" });
});
