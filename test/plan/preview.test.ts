import { describe, expect, it } from "vitest";
import type { Course } from "../../src/plan/course.ts";
import { fresh } from "../../src/plan/fresh.ts";
import { previewRollout, staged } from "../../src/plan/preview.ts";
import type { Desired, Job, Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const draining = (more: Partial<Observed>): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "old" }, null),
  ...{ life: "running", readySince: NOW - 60_000, route: { state: "drain", sessions: 2, weight: 100 }, drainingSince: NOW - 100 },
  ...more,
});

it.each([
  ["drains with open sessions", draining({})],
  ["has drained for longer than the limit", draining({ drainingSince: NOW - 10_500 })],
])("an old instance that %s leaves as one without, and the rest follows", (_what, old) => {
  const steps = previewRollout(ONE, [old], NOW).map(({ do: what, instance }) => `${what} ${instance}`);
  expect(steps.filter((one) => one.endsWith("-r1-1-a1"))).toEqual(["stop s-w-r1-1-a1", "unroute s-w-r1-1-a1", "remove s-w-r1-1-a1"]);
  expect(steps.filter((one) => one.endsWith("-r2-1-a1"))).toEqual(["create s-w-r2-1-a1", "start s-w-r2-1-a1", "route s-w-r2-1-a1"]);
});

const READY = { route: { state: "ready", sessions: 0, weight: 100 }, drainingSince: null } as const;
const shown = (wanted: Partial<Desired>, ...seen: readonly Observed[]): string[] =>
  previewRollout({ ...ONE, ...wanted }, seen, NOW).map(({ do: what, instance }) => `${what} ${instance}`);

it("a wait for min_ready is gone over, and what comes after it is shown", () => {
  const steps = shown({ bounds: { ...ONE.bounds, minReadyMs: 200 } }, draining(READY));
  expect(steps).toEqual([
    ...["create s-w-r2-1-a1", "start s-w-r2-1-a1", "route s-w-r2-1-a1"],
    ...["drain s-w-r1-1-a1", "stop s-w-r1-1-a1", "unroute s-w-r1-1-a1", "remove s-w-r1-1-a1"],
  ]);
});

it("volumes that are kept as they are stand between the old instance's stop and the new one's start", () => {
  const steps = shown(
    { routed: false, exclusive: "service", prelude: ["snapshot"], bounds: { ...ONE.bounds, order: "stop-first" } },
    draining({ ...READY, route: null }),
  );
  expect(steps).toEqual(["create s-w-r2-1-a1", "stop s-w-r1-1-a1", "snapshot s-w-r2-1-a1", "remove s-w-r1-1-a1", "start s-w-r2-1-a1"]);
});

it("a quarantine is gone over where its time is over now, and not where it is not: that is long after the rollout", () => {
  const kept = (until: number) =>
    draining({ name: "kept", route: null, drainingSince: null, quarantine: { until, because: "it answers 500" } });
  const serving = draining({ ...READY, name: "serving", instanceHash: ONE.instanceHash, revision: ONE.revision });
  expect(shown({}, serving, kept(NOW))).toEqual(["stop kept", "remove kept"]);
  expect(shown({}, serving, kept(NOW + 3_600_000))).toEqual([]);
});

it("where two revisions are wanted side by side each is built as what it is, once", () => {
  const side = (revision: number, instanceHash: string) => ({
    ...{ revision, instanceHash, generation: 0, replicas: 1, share: 5_000, until: null },
  });
  const steps = shown({ replicas: 2, sides: [side(2, "new"), side(1, "old")] });
  for (const what of ["create", "start", "route"])
    expect(steps.filter((words) => words.startsWith(what)).sort()).toEqual([`${what} s-w-r1-1-a1`, `${what} s-w-r2-1-a1`]);
  expect(steps).toHaveLength(7);
});

it("what would never end is shown for 400 rounds", () => {
  const job: Job = {
    ...{ moment: "before", service: "migrate", container: "s-w-d2-before", revision: 2, life: "absent", startedAt: null },
    ...{ begun: false, timeoutMs: 60_000, result: null, closed: false, busy: false },
  };
  const jobs = { before: job, after: null, confirm: null, left: [], paused: false, waitingFor: null };
  const serving = draining({ ...READY, instanceHash: ONE.instanceHash, revision: ONE.revision });
  expect(shown({ jobs }, serving)).toEqual(Array.from({ length: 400 }, () => "job-create s-w-d2-before"));
});

it("a deployment without steps of its own stays as it is, whatever is done", () => {
  const movement = { id: "D2", startedAt: NOW, progressAt: NOW, paused: false, direction: "forward", failures: [] } as const;
  const step = { do: "stage", instance: "s-w", slot: 0, attempt: 0, revision: 2, because: "", stage: { at: 1, begins: false } } as const;
  expect([staged(null, step, NOW + 1), staged(movement, step, NOW + 1)]).toEqual([null, movement]);
});

describe("a canary", () => {
  const stay = (share: number) => ({ share, size: 10_000, forMs: 60_000, gates: [] });
  const course: Course = { strategy: "canary", steps: [stay(500), stay(5_000)], at: 0, since: null, warmMs: 0 };
  const side = (revision: number, instanceHash: string, share: number) => ({
    ...{ revision, instanceHash, generation: 0, replicas: 2, share, until: null },
  });
  const wanted: Partial<Desired> = {
    ...{ replicas: 2, sides: [side(2, "new", 0), side(1, "old", 10_000)] },
    movement: { id: "D2", startedAt: NOW, progressAt: NOW, paused: false, direction: "forward", failures: [], course },
  };
  const first = draining(READY);
  const second: Observed = { ...first, name: "s-w-r1-2-a1", slot: 2 };
  const steps = (...seen: readonly Observed[]) => previewRollout({ ...ONE, ...wanted }, seen, NOW);

  it("shows each step with its weights, in order, and comes to its end", () => {
    const all = steps(first, second);
    const course = all.filter((step) => step.do === "weigh" || step.do === "stage");
    expect(
      course.map((step) => (step.do === "weigh" ? step.because : `${step.do} ${step.stage?.at}${step.stage?.begins ? " begins" : ""}`)),
    ).toEqual([
      ...["revision 2 gets 5 %", "stage 0 begins", "stage 1"],
      ...["revision 2 gets 50 %", "stage 1 begins", "stage 2"],
      ...["revision 2 gets 100 %"],
    ]);
    expect(all.filter((step) => step.do === "remove").map((step) => step.instance)).toEqual([first.name, second.name]);
  });

  it("weighs those that are in the router, and neither one that is not ready yet nor one that has ended", () => {
    const starting: Observed = { ...second, route: null, readySince: null, probedSince: NOW - 100 };
    const ended = (slot: number, weight: { readonly weight?: number }): Observed => ({
      ...{ ...first, name: `s-w-r1-${slot}-a1`, slot, life: "ended", busy: "unroute" },
      route: { state: "maint", sessions: 0, ...weight },
    });
    const all = steps(first, starting, ended(3, { weight: 100 }), ended(4, {}));
    const [weighed] = all.filter((step) => step.do === "weigh");
    expect(Object.keys(weighed?.weights ?? {}).sort()).toEqual([first.name, "s-w-r2-1-a1", "s-w-r2-2-a1"]);
  });
});
