import { describe, expect, it } from "vitest";
import { type Choice, choose } from "../../src/plan/choose.ts";
import { expectedPause, extraContainers, rolloutOf, type Swap } from "../../src/plan/forecast.ts";
import type { Step, StepKind } from "../../src/plan/types.ts";
import type { PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const step = (kind: StepKind): Step => ({ do: kind, instance: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, because: "a test" });
const steps = (...kinds: StepKind[]): Step[] => kinds.map(step);

describe("how many more containers there are at most than at the start and the end", () => {
  it.each<[string, Step[], number, number, number]>([
    ["nothing is done", [], 3, 3, 0],
    ["one is built ahead", steps("create", "remove", "create", "remove"), 3, 3, 1],
    ["all are built ahead", steps("create", "create", "create", "remove", "remove", "remove"), 3, 3, 3],
    ["stopped and removed first", steps("stop", "remove", "create"), 1, 1, 0],
    ["more are wanted: what is there at the end is not extra", steps("create", "create"), 1, 3, 0],
    ["fewer are wanted: what was there before is not extra", steps("remove", "remove"), 3, 1, 0],
    ["one that has completed has gone", steps("complete", "create"), 1, 1, 0],
    ["neither a start nor a route adds any", steps("start", "route", "drain", "stop"), 2, 2, 0],
  ])("%s", (_what, all, before, replicas, extra) => {
    expect(extraContainers(all, before, replicas)).toBe(extra);
  });
});

const port = (target: number): PortSpec => ({
  published: target,
  target,
  protocol: "tcp",
  mode: "ingress",
  hostIp: null,
  appProtocol: null,
});
const WRITER = { mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] } as const;
const swap = (given: Partial<ServiceSpec>, more: Partial<Swap> = {}): Swap => {
  const spec = serviceSpec({ ports: [port(80)], ...given });
  const replicas = more.replicas ?? 1;
  const choice = choose(spec, replicas, {}, new Set());
  return { spec, choice, steps: steps("drain", "stop", "create"), replicas, last: null, predecessors: [], ...more };
};
const OLD = { ports: [80, 443], stopGraceMs: 20_000 };

describe("what clients notice", () => {
  it.each<[string, Swap, string | null]>([
    ["nothing, where the next one is ready before", swap({}), null],
    ["nothing, where nothing is stopped", swap(WRITER, { steps: steps("create", "start") }), null],
    ["nothing, where others serve meanwhile", swap({ strategy: "recreate" }, { replicas: 2 }), null],
    [
      "requests that wait for one that writes",
      swap(WRITER),
      "requests wait while it is swapped: at most 15s to drain and stop and 1m to be ready",
    ],
    [
      "and how long it took the last time",
      swap(WRITER, { last: { ms: 1_500, deployment: "D7" } }),
      "requests wait while it is swapped: 1s500ms in D7; at most 15s to drain and stop and 1m to be ready",
    ],
    [
      "connections, which cannot wait",
      swap({ ...WRITER, ports: [port(80), port(5432)] }),
      "connections are refused while it is swapped: at most 10s to drain and stop and 1m to be ready",
    ],
    [
      "nobody's, of one that nobody is routed to",
      swap({ ...WRITER, ports: [] }),
      "it does not run while it is swapped: at most 15s to drain and stop and 1m to be ready",
    ],
    [
      "ports that the project before holds until it has stopped",
      swap({}, { predecessors: [OLD, { ports: [80], stopGraceMs: 5_000 }] }),
      "port 80, 443 refuses connections until the old container has stopped, at most 20s (its grace)",
    ],
    ["nothing of a project that holds none", swap({}, { predecessors: [{ ports: [], stopGraceMs: 5_000 }] }), null],
    [
      "both",
      swap(WRITER, { predecessors: [OLD] }),
      [
        "port 80, 443 refuses connections until the old container has stopped, at most 20s (its grace)",
        "requests wait while it is swapped: at most 20s to stop and 1m to be ready",
      ].join("; "),
    ],
  ])("%s", (_what, given, words) => {
    expect(expectedPause(given)).toBe(words);
  });
});

it("a rollout in words says what decided it and how readiness is seen", () => {
  const of = (given: Partial<ServiceSpec>): Choice => choose(serviceSpec(given), 1, {}, new Set());
  expect(rolloutOf(of({ ports: [port(80)] }))).toBe("start-first, because nothing in it is exclusive; ready is seen by tcp");
  expect(rolloutOf(of(WRITER))).toBe("stop-first, because /data is written by one instance at a time; being up is taken for ready");
});
