import { type Confirming, planConfirm } from "./confirm.ts";
import type { Course, Gate } from "./course.ts";
import type { Part } from "./leaving.ts";
import type { Instant, Job, JobStepKind, Jobs, Plan, Status, Step } from "./types.ts";

/** Whether the deployment still is before its beginning: what serves is left as it is. */
export const isBefore = ({ before, left, confirm }: Pick<Jobs, "before" | "left" | "confirm">): boolean =>
  (confirm?.early === true && confirm.state !== "passed") || (before !== null && before.result?.ok !== true) || left.some(open);

/** A job that has begun and not ended takes as long as it takes, within its own limit. */
export const runsJob = (jobs: Jobs | undefined): boolean =>
  jobs !== undefined && [jobs.before, jobs.after].some((job) => job !== null && begun(job) && job.result === null);

/**
 * The plan for the instances, and the jobs around it. create → start → (it ends) → end, once per deployment: a container that was
 * made is found again by its name, one that was started is waited for and never started again.
 *
 * | seen | then |
 * | nothing, no start in the journal | create |
 * | created, never started | start |
 * | running | wait, at its limit stop |
 * | ended, or gone after a start | end: its exit code and lines are recorded, then it is removed |
 */
/** @param inForce the first step of a course is in force: the job after runs then, and is its gate */
export function withJobs(plan: Plan, jobs: Jobs, inForce: boolean, now: Instant): Plan {
  const part: Part = { steps: [], wakes: [] };
  for (const job of jobs.left) finish(job, job.stop, part, now);
  const left = jobs.left.find(open);
  const status = left === undefined ? own(plan.status, jobs, inForce, part, now) : waits(`${left.container} to end`);
  const wakes = [...part.wakes, ...(plan.wakeAt === null ? [] : [plan.wakeAt])].filter((at) => at > now);
  return { steps: [...plan.steps, ...part.steps], status, wakeAt: wakes.length === 0 ? null : Math.min(...wakes) };
}

function own(status: Status, jobs: Jobs, inForce: boolean, part: Part, now: Instant): Status {
  const { before, after } = jobs;
  const asked = jobs.confirm !== null && (jobs.confirm.early || inForce) ? planConfirm(jobs.confirm, jobs.paused, now) : null;
  if (asked !== null) {
    if (asked.step !== null) part.steps.push(asked.step);
    if (asked.wakeAt !== null) part.wakes.push(asked.wakeAt);
    if (asked.status.kind === "failed" || jobs.confirm?.early === true) return asked.status;
  }
  if (before !== null) {
    const stands = run(before, jobs, part, now);
    if (stands !== null) return stands;
  }
  if (after === null) return status;
  const arrived = status.kind === "converged" || status.kind === "completed";
  if (!arrived && !inForce && !begun(after)) return status;
  const stands = run(after, jobs, part, now);
  if (stands?.kind === "failed") return stands;
  return arrived ? (stands ?? status) : status;
}

/** The job after and who confirms decide about the first step of a course: nobody goes further with what they refuse. */
export function gated(course: Course, jobs: Jobs | undefined): Course {
  const gates = [...jobGate(jobs?.after ?? null), ...confirmGate(jobs?.confirm ?? null)];
  return { ...course, steps: course.steps.map((step, at) => (at === 0 ? { ...step, gates: [...step.gates, ...gates] } : step)) };
}

function jobGate(job: Job | null): Gate[] {
  if (job === null) return [];
  const state = job.result === null ? "waiting" : job.result.ok ? "passed" : "failed";
  return [{ name: `the job ${job.service}`, state, reason: job.result?.words ?? "" }];
}

const confirmGate = (confirm: Confirming | null): Gate[] =>
  confirm === null ? [] : [{ name: "the confirmation", state: confirm.state, reason: confirm.reason }];

/** Takes it a step further. null: it has succeeded. */
function run(job: Job, jobs: Jobs, part: Part, now: Instant): Status | null {
  if (job.result !== null) {
    finish(job, false, part, now);
    return job.result.ok ? null : { kind: "failed", code: "INS5008", reason: job.result.words };
  }
  if (job.life === "absent" && !job.begun) {
    if (jobs.paused) return waits(`the deployment is paused before the job ${job.service}`);
    if (jobs.waitingFor !== null) return waits(jobs.waitingFor);
    if (!job.busy) part.steps.push(step("job-create", job, `the job ${job.service} runs ${WHEN[job.moment]}`));
  } else if (job.life === "created") {
    if (jobs.paused) return waits(`the deployment is paused before the job ${job.service}`);
    if (!job.busy) part.steps.push(step("job-start", job, "it is built and was never started"));
  } else finish(job, false, part, now);
  return waits(`the job ${job.service}`);
}

const WHEN = { before: "before anything changes", after: "now that every instance serves" } as const;

/** What was started comes to its end, what was not is cleared away. */
function finish(job: Job, stop: boolean, part: Part, now: Instant): void {
  if (job.closed || job.busy) return;
  if (job.life !== "running") {
    part.steps.push(step("job-end", job, endOf(job)));
    return;
  }
  const limit = (job.startedAt ?? now) + job.timeoutMs;
  if (stop) part.steps.push(step("job-stop", job, "its deployment goes back"));
  else if (now >= limit) part.steps.push(step("job-stop", job, `it has not ended within ${job.timeoutMs} ms`));
  else part.wakes.push(limit);
}

const endOf = (job: Job): string =>
  job.result !== null
    ? "its end is recorded"
    : job.life === "ended"
      ? "it has ended"
      : job.begun && job.life === "absent"
        ? "it is gone"
        : "it was never started and is not wanted any more";

const begun = (job: Job): boolean => job.life !== "absent" || job.begun;
const open = (job: Job): boolean => !job.closed;
const waits = (words: string): Status => ({ kind: "moving", waiting: words });

const step = (kind: JobStepKind, job: Job, because: string): Step => ({
  do: kind,
  instance: job.container,
  slot: 0,
  attempt: 1,
  revision: job.revision,
  because,
});
