import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { previewRollout } from "../../src/plan/preview.ts";
import type { Desired, Observed } from "../../src/plan/types.ts";

const NOW = 1_000_000;
const desired: Desired = {
  ...{ stack: "s", service: "w", revision: 2, instanceHash: "new", generation: 0, replicas: 1, provingMs: 0, routed: true },
  bounds: {
    ...{ order: "start-first", parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 5_000, drainMs: 10_000 },
    ...{ maxFailureRatio: 0, failureAction: "rollback" },
  },
  restart: { policy: "always", maxAttempts: 0 },
  ...{ exclusive: "none", movement: null, crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null },
};
const draining = (more: Partial<Observed>): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "old" }, null),
  ...{ life: "running", readySince: NOW - 60_000, route: { state: "drain", sessions: 2, weight: 100 }, drainingSince: NOW - 100 },
  ...more,
});

it.each([
  ["drains with open sessions", draining({})],
  ["has drained for longer than the limit", draining({ drainingSince: NOW - 10_500 })],
])("an old instance that %s leaves as one without, and the rest follows", (_what, old) => {
  const steps = previewRollout(desired, [old], NOW).map(({ do: what, instance }) => `${what} ${instance}`);
  expect(steps.filter((one) => one.endsWith("-r1-1-a1"))).toEqual(["stop s-w-r1-1-a1", "unroute s-w-r1-1-a1", "remove s-w-r1-1-a1"]);
  expect(steps.filter((one) => one.endsWith("-r2-1-a1"))).toEqual(["create s-w-r2-1-a1", "start s-w-r2-1-a1", "route s-w-r2-1-a1"]);
});
