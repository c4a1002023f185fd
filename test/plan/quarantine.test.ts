import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { type Part, step } from "../../src/plan/leaving.ts";
import { afterDrain, keepQuarantined } from "../../src/plan/quarantine.ts";
import type { Desired, Exclusive, Observed } from "../../src/plan/types.ts";

const NOW = 1_000_000;
const desired = (order: "start-first" | "stop-first", exclusive: Exclusive = "none"): Desired => ({
  ...{ stack: "s", service: "w", revision: 2, instanceHash: "new", generation: 0, replicas: 1, provingMs: 0, routed: true, exclusive },
  bounds: {
    ...{ order, parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 1_000, drainMs: 1_000 },
    ...{ maxFailureRatio: 0, failureAction: "rollback" },
  },
  restart: { policy: "always", maxAttempts: 0 },
  ...{ movement: null, crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null },
});
const kept = (more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "old" }, null),
  ...{ life: "running", quarantine: { until: NOW + 500, because: "it drifted" }, route: { state: "drain", sessions: 0, weight: 100 } },
  ...more,
});
const steps = (i: Observed, wanted = desired("start-first")): readonly (string | number)[] => {
  const part: Part = { steps: [], wakes: [] };
  keepQuarantined(wanted, i, part, NOW);
  return [...part.steps.map((one) => one.do), ...part.wakes];
};

it.each<[string, Observed, Desired, string]>([
  ["runs on, out of the router", kept(), desired("start-first"), "unroute"],
  ["is stopped where the old one goes first", kept(), desired("stop-first"), "stop"],
  ["is stopped where one writes at a time", kept(), desired("start-first", "slot"), "stop"],
  ["is stopped when nothing routes to it", kept({ route: null }), desired("start-first"), "stop"],
])("after its drain one in quarantine %s", (_what, i, wanted, expected) => {
  expect(afterDrain(wanted, i, step("stop", i, "its sessions are 0")).do).toBe(expected);
});

it("any other goes its way, and other steps are as they were", () => {
  const { quarantine: _, ...other } = kept();
  expect(afterDrain(desired("start-first"), other, step("stop", other, "x")).do).toBe("stop");
  expect(afterDrain(desired("start-first"), kept(), step("cut", kept(), "x"))).toEqual(step("cut", kept(), "x"));
});

it.each<[string, Observed, Desired, readonly (string | number)[]]>([
  ["is looked at again when its time is over", kept(), desired("start-first"), [NOW + 500]],
  ["is stopped meanwhile where two may not run", kept(), desired("stop-first"), ["stop", NOW + 500]],
  [
    "is stopped meanwhile when it would be started again",
    kept({ life: "ended", revives: true }),
    desired("stop-first"),
    ["stop", NOW + 500],
  ],
  ["stays stopped", kept({ life: "ended" }), desired("stop-first"), [NOW + 500]],
  ["is stopped when its time is over", kept({ quarantine: { until: NOW, because: "x" } }), desired("start-first"), ["stop"]],
  ["is removed after that", kept({ life: "ended", quarantine: { until: NOW, because: "x" } }), desired("start-first"), ["remove"]],
  ["is let be while something is done to it", kept({ busy: "stop" }), desired("stop-first"), []],
])("one in quarantine %s", (_what, i, wanted, expected) => {
  expect(steps(i, wanted)).toEqual(expected);
});
