import { describe, expect, it } from "vitest";
import type { Course } from "../../src/plan/course.ts";
import { fresh } from "../../src/plan/fresh.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Desired, Job, Jobs, Movement, Observed, Side } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const HASHES = { 1: "old", 2: "new" } as const;
const one = (revision: keyof typeof HASHES, slot: number, more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: `r${revision}-${slot}`, revision, slot, attempt: 1, generation: 0, instanceHash: HASHES[revision] }, null),
  ...{ life: "running", createdAt: NOW - 70_000, readySince: NOW - 60_000, probedSince: NOW - 60_000, ...more },
});
const weighing = (weight: number) => ({ route: { state: "ready", sessions: 0, weight } }) as const;
const MOVEMENT: Movement = {
  ...{ id: "D2", startedAt: NOW - 100_000, progressAt: NOW - 100, paused: false, direction: "forward", failures: [] },
};
const plan = (observed: readonly Observed[], wanted: Partial<Desired> = {}) => planRollout({ ...ONE, ...wanted }, observed, NOW);
const does = (...given: Parameters<typeof plan>): string[] => plan(...given).steps.map((step) => `${step.do} ${step.instance}`);

describe("the weights of a revision that is wanted alone", () => {
  it("are not set for one that is drained in the same pass", () => {
    expect(does([one(2, 1, weighing(100)), one(1, 1, weighing(100))], { closed: true })).toEqual(["drain r1-1"]);
  });

  it("change nothing about a failure, or about what else is waited for", () => {
    const light = [one(2, 1, weighing(28))];
    expect(plan(light, { movement: MOVEMENT }).status).toEqual({ kind: "moving", waiting: "the weights to be in force" });
    expect(plan(light, { movement: { ...MOVEMENT, failures: ["r2-1 was not ready"] } })).toMatchObject({
      ...{ steps: [{ do: "weigh" }], status: { kind: "failed", code: "INS5001" } },
    });
    expect(plan(light, { replicas: 2 }).status).toEqual({ kind: "moving", waiting: "1 of 2 instances to become available" });
  });
});

describe("the job after", () => {
  const job: Job = {
    ...{ moment: "after", service: "smoke", container: "s-w-d2-after", revision: 2, life: "absent", startedAt: null, begun: false },
    ...{ timeoutMs: 60_000, result: null, closed: false, busy: false },
  };
  const jobs: Jobs = { before: null, after: job, confirm: null, left: [], paused: false, waitingFor: null };

  it("runs when every instance serves, and is waited for, be it in a deployment or what is left of one", () => {
    for (const movement of [null, MOVEMENT]) {
      const found = plan([one(2, 1, weighing(100))], { jobs, movement });
      expect(found).toMatchObject({ steps: [{ do: "job-create", instance: job.container }], status: { kind: "moving" } });
    }
    expect(does([one(2, 1, weighing(100))])).toEqual([]);
  });
});

describe("once everything goes to the new revision, and a daemon that has just begun does not know who is ready", () => {
  const course: Course = {
    ...{ strategy: "blue-green", steps: [{ share: 0, size: 10_000, forMs: 0, gates: [] }], at: 1, since: null, warmMs: 0 },
  };
  const side = (revision: keyof typeof HASHES, share: number): Side => ({
    ...{ revision, instanceHash: HASHES[revision], generation: 0, replicas: 2, share, until: null },
  });
  const promoted: Partial<Desired> = { replicas: 2, sides: [side(2, 0), side(1, 10_000)], movement: { ...MOVEMENT, course } };
  const UNKNOWN = { readySince: null, probedSince: null } as const;
  const now = [one(2, 1, { ...weighing(100), ...UNKNOWN }), one(2, 2, { ...weighing(100), ...UNKNOWN })];
  /** What is done to the old revision. */
  const old = (...olds: readonly Observed[]): string[] => does([...now, ...olds], promoted).filter((words) => /r1-\d/.test(words));
  const DRAINS = { route: { state: "drain", sessions: 1 } } as const;

  it("the old one is built again no more, where it has gone or begun to go", () => {
    expect(old()).toEqual([]);
    expect(old(one(1, 1, { ...DRAINS, drainingSince: NOW - 1 }))).toEqual([]);
    expect(old(one(1, 1, DRAINS))).toEqual(["drain r1-1"]);
    expect(old(one(1, 1, { life: "ended", drainingSince: NOW - 1 }))).toEqual(["remove r1-1"]);
  });

  it("one of it that weighs nothing follows those that go, and stays as long as none does", () => {
    const light = one(1, 1, { ...weighing(0), ...UNKNOWN });
    expect(old(light, one(1, 2, { ...DRAINS, drainingSince: NOW - 1 }))).toEqual(["drain r1-1"]);
    expect(old(light, one(1, 2, { ...weighing(0), ...UNKNOWN }))).toEqual([]);
  });

  it("nothing of it leaves, and what had begun to comes back, as long as one of it still gets requests", () => {
    const serves = one(1, 1, { ...weighing(100), ...UNKNOWN });
    expect(old(serves, one(1, 2, { ...DRAINS, drainingSince: NOW - 1 }))).toEqual(["route r1-2"]);
  });
});
