import type { Desired } from "../../src/plan/types.ts";

export const NOW = 1_000_000;
/** One instance of revision 2 is wanted, start-first, by no deployment. */
export const ONE: Desired = {
  ...{ stack: "s", service: "w", revision: 2, instanceHash: "new", generation: 0, replicas: 1, provingMs: 0, routed: true },
  bounds: {
    ...{ order: "start-first", parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 5_000, drainMs: 10_000 },
    ...{ maxFailureRatio: 0, failureAction: "rollback" },
  },
  restart: { policy: "always", maxAttempts: 0 },
  ...{ exclusive: "none", movement: null, crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null },
};
