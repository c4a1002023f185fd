import { describe, expect, it } from "vitest";
import { type Confirming, UNASKED } from "../../src/plan/confirm.ts";
import { gated, isBefore, runsJob, withJobs } from "../../src/plan/jobs.ts";
import type { Job, Jobs, Plan } from "../../src/plan/types.ts";

const NOW = 1_000_000;
const job = (more: Partial<Job> = {}): Job => ({
  moment: "before",
  service: "migrate",
  container: "shop-web-d2-before",
  revision: 2,
  life: "absent",
  startedAt: null,
  begun: false,
  timeoutMs: 60_000,
  result: null,
  closed: false,
  busy: false,
  ...more,
});
const jobs = (more: Partial<Jobs>): Jobs => ({
  before: null,
  after: null,
  confirm: null,
  left: [],
  paused: false,
  waitingFor: null,
  ...more,
});
const QUIET: Plan = { steps: [], status: { kind: "converged" }, wakeAt: null };
const MOVING: Plan = { steps: [], status: { kind: "moving", waiting: "1 of 2" }, wakeAt: NOW + 5 };
const deeds = (plan: Plan): string[] => plan.steps.map((step) => step.do);
const run = (seen: Partial<Job>, more: Partial<Jobs> = {}): Plan => withJobs(QUIET, jobs({ before: job(seen), ...more }), false, NOW);
const OK = { ok: true, words: "" };
const confirm = (more: Partial<Confirming>): Confirming => ({
  ...UNASKED,
  ...{ name: "shop-web-d2-confirm", deployment: "D2", revision: 2, timeoutMs: 60_000, early: true, busy: false },
  ...more,
});

describe("a job, step by step", () => {
  it.each<[string, Partial<Job>, string[]]>([
    ["nothing is there", {}, ["job-create"]],
    ["it is built, and the journal knows of no start", { life: "created" }, ["job-start"]],
    ["it is built, and the daemon died between journal and start", { life: "created", begun: true }, ["job-start"]],
    ["it runs", { life: "running", begun: true, startedAt: NOW - 10 }, []],
    ["it runs beyond its limit", { life: "running", begun: true, startedAt: NOW - 60_000 }, ["job-stop"]],
    ["it has ended", { life: "ended", begun: true }, ["job-end"]],
    ["it was started and is gone: never a second time", { begun: true }, ["job-end"]],
    ["its end is recorded and its container is there", { life: "ended", begun: true, result: OK }, ["job-end"]],
    ["it is over", { begun: true, result: OK, closed: true }, []],
    ["a step on it is being performed", { busy: true }, []],
    ["it is being started", { life: "created", begun: true, busy: true }, []],
  ])("%s", (_, seen, steps) => {
    expect(deeds(run(seen))).toEqual(steps);
  });

  it("wakes at its limit", () => {
    expect(run({ life: "running", startedAt: NOW - 10 }).wakeAt).toBe(NOW - 10 + 60_000);
    expect(withJobs(MOVING, jobs({ after: job({ life: "running", startedAt: NOW }) }), false, NOW).wakeAt).toBe(NOW + 5);
  });

  it("says why it is brought to its end", () => {
    const because = (seen: Partial<Job>) => run(seen).steps[0]?.because;
    expect(because({ life: "ended", begun: true, result: OK })).toBe("its end is recorded");
    expect(because({ life: "ended", begun: true })).toBe("it has ended");
    expect(because({ begun: true })).toBe("it is gone");
    for (const seen of [job({ life: "created", begun: true }), job({ life: "created" }), job()])
      expect(withJobs(QUIET, jobs({ left: [{ ...seen, stop: true }] }), false, NOW).steps[0]?.because).toContain("never started");
  });

  it("wakes nobody for a moment that has come", () => {
    for (const wakeAt of [NOW - 1, NOW, null]) expect(withJobs({ ...MOVING, wakeAt }, jobs({}), false, NOW).wakeAt).toBe(null);
  });

  it("begins nothing while the deployment is paused or a dependency is missing, and ends what has begun", () => {
    for (const held of [{ paused: true }, { waitingFor: "waits for db" }]) {
      expect(deeds(run({}, held))).toEqual([]);
      expect(run({}, held).status.kind).toBe("moving");
      expect(deeds(run({ life: "ended", begun: true }, held))).toEqual(["job-end"]);
    }
    expect(deeds(run({ life: "created" }, { paused: true }))).toEqual([]);
  });
});

describe("the deployment around it", () => {
  it("has not begun before the job before has succeeded", () => {
    expect(isBefore(jobs({ before: job() }))).toBe(true);
    expect(isBefore(jobs({ before: job({ result: { ok: false, words: "x" } }) }))).toBe(true);
    expect(isBefore(jobs({ before: job({ result: OK }) }))).toBe(false);
    expect(isBefore(jobs({ after: job() }))).toBe(false);
    expect(isBefore(jobs({ left: [{ ...job(), stop: false }] }))).toBe(true);
  });

  it("fails with the job's own words", () => {
    const result = { ok: false, words: "the job migrate ended with exit code 4" };
    expect(run({ result, closed: true }).status).toEqual({ kind: "failed", code: "INS5008", reason: result.words });
  });

  it("is what it was once the one before has succeeded", () => {
    for (const plan of [QUIET, MOVING]) {
      const over = jobs({ before: job({ result: OK, closed: true }) });
      expect(withJobs(plan, over, false, NOW).status).toEqual(plan.status);
    }
  });

  it("is not better for the one after that still runs, once it has failed", () => {
    const failed: Plan = { steps: [], status: { kind: "failed", code: "INS5002", reason: "it ended" }, wakeAt: null };
    const after = job({ moment: "after", life: "running", startedAt: NOW });
    expect(withJobs(failed, jobs({ after }), false, NOW).status).toEqual(failed.status);
  });

  it("runs the one after, too, where the deployment completes instead of staying", () => {
    const completed: Plan = { ...QUIET, status: { kind: "completed" } };
    expect(deeds(withJobs(completed, jobs({ after: job({ moment: "after" }) }), false, NOW))).toEqual(["job-create"]);
  });

  it("runs the one after only when everything serves, and is done only with it", () => {
    const after = job({ moment: "after" });
    expect(deeds(withJobs(MOVING, jobs({ after }), false, NOW))).toEqual([]);
    expect(deeds(withJobs(QUIET, jobs({ after }), false, NOW))).toEqual(["job-create"]);
    expect(withJobs(QUIET, jobs({ after }), false, NOW).status).toEqual({ kind: "moving", waiting: "the job migrate" });
    expect(withJobs(QUIET, jobs({ after: job({ result: OK, closed: true }) }), false, NOW).status).toEqual({ kind: "converged" });
  });

  it("runs the one after in the first step of a course, as its gate", () => {
    const after = job({ moment: "after" });
    const step = { share: 0, size: 10_000, forMs: 0, gates: [] };
    const course = { strategy: "canary" as const, steps: [step, step], at: 0, since: NOW, warmMs: 0 };
    expect(deeds(withJobs(MOVING, jobs({ after }), true, NOW))).toEqual(["job-create"]);
    const gates = (result: Job["result"]) => gated(course, jobs({ after: job({ moment: "after", result }) })).steps.map((one) => one.gates);
    expect(gates(null)).toEqual([[{ name: "the job migrate", state: "waiting", reason: "" }], []]);
    expect(gates(OK)[0]?.[0]?.state).toBe("passed");
    expect(gates({ ok: false, words: "exit code 3" })[0]?.[0]).toEqual({ name: "the job migrate", state: "failed", reason: "exit code 3" });
    expect(gated(course, undefined)).toEqual(course);
    const failed = jobs({ after: job({ moment: "after", result: { ok: false, words: "exit code 3" }, closed: true }) });
    expect(withJobs(MOVING, failed, true, NOW).status).toEqual({ kind: "failed", code: "INS5008", reason: "exit code 3" });
  });

  it("ends the one after although an instance died meanwhile, and stays what it was", () => {
    const plan = withJobs(MOVING, jobs({ after: job({ life: "ended", begun: true }) }), false, NOW);
    expect([deeds(plan), plan.status]).toEqual([["job-end"], MOVING.status]);
  });

  it("is not over while a job of an earlier one is: that is stopped where it may be, else waited for", () => {
    const running = job({ life: "running", startedAt: NOW });
    const wait = withJobs(QUIET, jobs({ before: job(), left: [{ ...running, stop: false }] }), false, NOW);
    expect([deeds(wait), wait.status.kind]).toEqual([[], "moving"]);
    expect(deeds(withJobs(QUIET, jobs({ left: [{ ...running, stop: true }] }), false, NOW))).toEqual(["job-stop"]);
    expect(deeds(withJobs(QUIET, jobs({ left: [{ ...job({ life: "created" }), stop: true }] }), false, NOW))).toEqual(["job-end"]);
  });

  it("does not stall while a job runs", () => {
    expect(runsJob(undefined)).toBe(false);
    expect(runsJob(jobs({ after: job() }))).toBe(false);
    expect(runsJob(jobs({ after: job({ life: "running" }) }))).toBe(true);
    expect(runsJob(jobs({ after: job({ life: "ended", result: OK }) }))).toBe(false);
  });
});

describe("who confirms", () => {
  const migrate = { before: job() };
  const ask = (of: Partial<Confirming>, inForce = false, plan = QUIET): Plan =>
    withJobs(plan, jobs({ ...migrate, confirm: confirm(of) }), inForce, NOW);

  it("is asked before everything else, and nothing begins until then", () => {
    expect(isBefore(jobs({ confirm: confirm({}) }))).toBe(true);
    expect(isBefore(jobs({ confirm: confirm({ state: "passed" }) }))).toBe(false);
    expect(isBefore(jobs({ confirm: confirm({ early: false }) }))).toBe(false);
    expect([deeds(ask({})), ask({}).status.kind]).toEqual([["ask"], "moving"]);
    const asked = ask({ since: NOW, askedAt: NOW, tries: 1 });
    expect([deeds(asked), asked.status.kind, asked.wakeAt]).toEqual([[], "moving", NOW + 2_000]);
    expect(deeds(ask({ state: "passed" }))).toEqual(["job-create"]);
  });

  it("ends the deployment where the answer is no", () => {
    for (const early of [true, false]) {
      const refused = ask({ early, state: "failed", reason: "ann says no" }, !early);
      expect([deeds(refused), refused.status]).toEqual([[], { kind: "failed", code: "INS5009", reason: "ann says no" }]);
    }
  });

  it("is asked in the first step of a course, beside the job, and not before it is in force", () => {
    expect(deeds(ask({ early: false }, false, MOVING))).toEqual(["job-create"]);
    expect(deeds(ask({ early: false }, true, MOVING))).toEqual(["ask", "job-create"]);
    const over = jobs({ confirm: confirm({ early: false }) });
    expect(withJobs(MOVING, over, true, NOW).status).toEqual(MOVING.status);
  });

  it("is a gate of that step", () => {
    const step = { share: 0, size: 10_000, forMs: 0, gates: [] };
    const course = { strategy: "canary" as const, steps: [step, step], at: 0, since: NOW, warmMs: 0 };
    const of = jobs({ confirm: confirm({ state: "waiting", reason: "503" }) });
    expect(gated(course, of).steps.map(({ gates }) => gates)).toEqual([
      [{ name: "the confirmation", state: "waiting", reason: "503" }],
      [],
    ]);
  });
});
