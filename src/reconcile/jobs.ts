import { InstarError } from "../errors.ts";
import type { Job, JobStepKind, Jobs, Step } from "../plan/types.ts";
import type { ImageIdentity, JobSpec, Revision } from "../spec/types.ts";
import { confirmingOf } from "./confirm.ts";
import { filesOf } from "./contents.ts";
import type { CauseKind, ServiceKey } from "./control.ts";
import { recall } from "./images.ts";
import type { JobResult, JobRow } from "./jobs-store.ts";
import type { Hands } from "./perform.ts";
import { plugs } from "./plugs.ts";
import type { Engine, EngineInstance } from "./ports.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";
import { mountedVolumes, volumesOfSlot } from "./volumes.ts";

const LOG_LINES = 1000;
/** An engine that is busy refuses for a moment; one that cannot start a program refuses for ever, with the same code. */
const PATIENCE_MS = 15_000;
/** Between a service's name and its job's moment on the label: no service's name has it. */
const MARK = "/";

/** `web` for what belongs to `web/before` too. */
export const serviceOfLabel = (label: string): string => label.split(MARK)[0] ?? label;
/** Whether this is the one-off container of a job, and so no instance of any service. */
export const isJob = ({ service }: ServiceKey): boolean => service.includes(MARK);

/** What is put to work with another revision; where nothing new comes, nothing is migrated, and the way back is never held up. */
const CAUSES: ReadonlySet<CauseKind> = new Set(["up", "deploy", "redeploy", "trigger", "autoredeploy"]);

/** To what was put to work before. */
const PUT_BACK: ReadonlySet<CauseKind> = new Set(["rollback", "split"]);
const FAR_BACK = 100;

/**
 * A scale, a recycle and the like bring nothing new by themselves; one that overtakes the deployment of a new revision does, and
 * then that revision's jobs are still to run.
 */
async function runsJobs(store: Store, row: ServiceRow, { direction, cause, from, to }: DeploymentRow): Promise<boolean> {
  if (direction !== "forward" || from === to || row.removed || row.stopped || PUT_BACK.has(cause.kind)) return false;
  if (CAUSES.has(cause.kind)) return true;
  return !(await store.deployments(row, FAR_BACK)).some((one) => one.to === to && one.outcome === "succeeded");
}

/** `shop-web-d12-before`. */
const containerName = ({ stack, service, id }: DeploymentRow, moment: string): string =>
  `${stack}-${service}-${id.toLowerCase()}-${moment}`;

interface Glimpse {
  readonly store: Store;
  readonly instance: Engine["instance"];
  /** Containers that a step is being performed on: the engine would hold their inspect back. */
  readonly busy: ReadonlySet<string>;
}

/** The jobs of the service as rows and engine show them; undefined where there is none and none is left over. */
export async function jobsNow(
  { store, instance, busy }: Glimpse,
  row: ServiceRow,
  deployment: DeploymentRow | null,
  target: Revision,
): Promise<Jobs | undefined> {
  const open = await store.openJobs(row);
  const brings = target.spec.jobs !== undefined || target.spec.hooks?.confirm !== undefined;
  const runs = deployment !== null && brings && (await runsJobs(store, row, deployment));
  const declared = runs ? target.spec.jobs : undefined;
  const confirm = runs ? confirmingOf(deployment, target, busy) : null;
  if (declared === undefined && confirm === null && open.length === 0) return undefined;
  const see = async (one: JobRow, timeoutMs: number): Promise<Job> => {
    const found = busy.has(one.container) ? null : await instance(one.container);
    return observe(await startedByOthers(store, one, found), timeoutMs, found, busy.has(one.container));
  };
  const own = async (moment: Job["moment"]): Promise<Job | null> => {
    const job = declared?.[moment];
    if (job === undefined || deployment === null) return null;
    return see((await store.job(deployment.id, moment)) ?? newRow(deployment, moment, job), job.timeoutMs);
  };
  const left: Jobs["left"][number][] = [];
  for (const one of open) {
    if (declared !== undefined && one.deployment === deployment?.id) continue;
    const of = await store.deployment(one.deployment);
    const revision = await store.revision(row, one.revision);
    // A migration that a newer deployment overtook comes to its end; what was aborted, or only looks, is stopped.
    const stop = one.moment === "after" || of?.outcome !== "superseded" || row.removed;
    left.push({ ...(await see(one, revision?.spec.jobs?.[one.moment]?.timeoutMs ?? 0)), stop });
  }
  return { before: await own("before"), after: await own("after"), confirm, left, paused: deployment?.paused ?? false, waitingFor: null };
}

/** A start that was nobody's step, as by hand, is one all the same: it has its time from then on, and is the only one. */
async function startedByOthers(store: Store, one: JobRow, found: EngineInstance | null): Promise<JobRow> {
  if (one.startedAt !== null || found?.state !== "running" || found.startedAt === null) return one;
  const row = { ...one, startedAt: found.startedAt };
  await store.putJob(row);
  return row;
}

function observe(one: JobRow, timeoutMs: number, found: EngineInstance | null, busy: boolean): Job {
  const state = found?.state;
  return {
    moment: one.moment,
    service: one.job,
    container: one.container,
    revision: one.revision,
    life: state === undefined ? "absent" : state === "created" ? "created" : state === "exited" || state === "dead" ? "ended" : "running",
    startedAt: one.startedAt,
    begun: one.startedAt !== null,
    timeoutMs,
    result: one.result === null ? null : { ok: one.result.ok, words: one.result.words ?? "" },
    closed: one.closed,
    busy: busy || state === "removing",
  };
}

const newRow = (deployment: DeploymentRow, moment: JobRow["moment"], job: JobSpec): JobRow => ({
  stack: deployment.stack,
  service: deployment.service,
  deployment: deployment.id,
  moment,
  revision: deployment.to,
  job: job.service,
  container: containerName(deployment, moment),
  createdAt: 0,
  startedAt: null,
  stoppedBecause: null,
  result: null,
  closed: false,
});

/** While the job before has not succeeded, what serves is kept: the last revision that was good, as it was. */
export const asItWas = ({ split: _, ...row }: ServiceRow, deployment: DeploymentRow): ServiceRow => ({
  ...row,
  ...(row.stableSplit === undefined ? {} : { split: row.stableSplit }),
  target: row.stable ?? row.target,
  generation: row.stableGeneration,
  replicas: row.stableReplicas,
  stopped: row.stable === null || deployment.wasStopped === true,
});

/** Whether a service's ports are still those of the revision that serves. */
export async function stillBefore(store: Store, row: ServiceRow, target: Revision): Promise<boolean> {
  const deployment = row.deployment === null ? null : await store.deployment(row.deployment);
  if (deployment === null || row.stable === null || !(await runsJobs(store, row, deployment))) return false;
  if (confirmingOf(deployment, target, new Set())?.early === true && deployment.confirm?.state !== "passed") return true;
  if (target.spec.jobs?.before === undefined) return false;
  return (await store.job(deployment.id, "before"))?.result?.ok !== true;
}

/** What the service, or its job that comes next, depends on: as if it were the service's own. */
export function needing(revision: Revision, jobs: Jobs | undefined): { readonly service: Revision; readonly after: Revision | null } {
  const { before, after } = revision.spec.jobs ?? {};
  const soon = before !== undefined && jobs?.before != null && jobs.before.result === null ? before.spec.dependsOn : {};
  const depending = (dependsOn: Revision["spec"]["dependsOn"]): Revision => ({ ...revision, spec: { ...revision.spec, dependsOn } });
  return {
    service: depending({ ...soon, ...revision.spec.dependsOn }),
    after: after === undefined || jobs?.after == null ? null : depending(after.spec.dependsOn),
  };
}

/** One step of a job, made true; each may be repeated. */
export async function performJob(
  hands: Hands,
  key: ServiceKey,
  step: Step & { do: JobStepKind },
  deployment: string | null,
): Promise<void> {
  const row = await rowOf(hands, key, step, deployment);
  try {
    await act(hands, key, step, row);
  } catch (cause) {
    // Another try would be the same: no image, or a program that cannot be started.
    if (!(cause instanceof InstarError) || step.do === "job-end" || step.do === "job-stop") throw cause;
    const tried = hands.clock.now() - ((await hands.store.job(row.deployment, row.moment))?.createdAt ?? hands.clock.now());
    if (cause.code === "INS3001" || (cause.row.retryable && tried < PATIENCE_MS)) throw cause;
    const words = `the job ${row.job} could not be ${step.do === "job-create" ? "made" : "started"}: ${cause.code} ${cause.message}`;
    await record(hands, row, { ok: false, exitCode: null, endedAt: hands.clock.now(), words, log: [] });
  }
}

async function rowOf({ store }: Hands, key: ServiceKey, step: Step, deployment: string | null): Promise<JobRow> {
  const found = (await store.openJobs(key)).find(({ container }) => container === step.instance);
  if (found !== undefined) return found;
  const of = deployment === null ? null : await store.deployment(deployment);
  const jobs = of === null ? undefined : (await store.revision(key, of.to))?.spec.jobs;
  for (const moment of ["before", "after"] as const) {
    const job = jobs?.[moment];
    if (of !== null && job !== undefined && containerName(of, moment) === step.instance) return newRow(of, moment, job);
  }
  throw new InstarError("INS7005", `${step.do} of ${step.instance}, which is no job`);
}

async function act(hands: Hands, key: ServiceKey, step: Step & { do: JobStepKind }, row: JobRow): Promise<void> {
  const { engine, store, clock } = hands;
  switch (step.do) {
    case "job-create": {
      const revision = await hands.revision(key, row.revision);
      const job = revision.spec.jobs?.[row.moment];
      if (job === undefined) throw new InstarError("INS7005", `revision ${row.revision} has no job ${row.moment}`);
      await store.putJob({ ...row, createdAt: row.createdAt === 0 ? clock.now() : row.createdAt });
      return create(hands, row, asRevision(revision, job));
    }
    case "job-start": {
      await store.write((within) => within.putJob({ ...row, startedAt: row.startedAt ?? clock.now() }));
      const revision = await hands.revision(key, row.revision);
      const job = revision.spec.jobs?.[row.moment];
      const mounted = job === undefined ? [] : await mountedVolumes(store, asRevision(revision, job), 0);
      const release = hands.volumes.start(mounted);
      return engine.start(row.container).finally(release);
    }
    case "job-stop": {
      await store.putJob({ ...row, stoppedBecause: row.stoppedBecause ?? step.because });
      const { stopSignal, stopGraceMs } = (await hands.revision(key, row.revision)).spec.jobs?.[row.moment]?.spec ?? NO_GRACE;
      return engine.stop(row.container, { signal: stopSignal, graceMs: stopGraceMs });
    }
    case "job-end":
      return end(hands, row);
    default:
      return step.do satisfies never;
  }
}

const NO_GRACE = { stopSignal: null, stopGraceMs: 10_000 };

/** The job as if it were a service's revision of its own. */
function asRevision(revision: Revision, job: JobSpec): Revision {
  const image = job.resolved ?? revision.image;
  return { ...revision, service: job.service, spec: withScratch(job.spec, image), image };
}

/** Paths that the image declares as volumes are scratch: a volume without a name would be left behind after every run. */
function withScratch(spec: JobSpec["spec"], image: ImageIdentity): JobSpec["spec"] {
  const taken = new Set([...spec.mounts, ...spec.tmpfs].map(({ target }) => target));
  const more = (image.volumes ?? []).filter((target) => !taken.has(target));
  return { ...spec, tmpfs: [...spec.tmpfs, ...more.map((target) => ({ target, sizeBytes: null, mode: null }))] };
}

async function create(hands: Hands, row: JobRow, as: Revision): Promise<void> {
  await recall(hands, as.image);
  const given: string[] = [];
  try {
    await hands.engine.create({
      name: row.container,
      stack: row.stack,
      service: `${row.service}${MARK}${row.moment}`,
      revision: row.revision,
      slot: 0,
      attempt: 1,
      generation: 0,
      instanceHash: as.instanceHash,
      image: as.image,
      spec: as.spec,
      networks: await plugs(hands, as, given),
      volumeNames: as.volumeNames,
      // Raises INS3020 for a volume that was there and is gone.
      slotVolumes: await volumesOfSlot(hands, as, 0),
      files: await filesOf(hands.files, as.spec),
    });
  } finally {
    for (const address of given) hands.reserved.delete(address);
  }
}

/** The record first: once it is written, nothing is lost with the container. */
async function end(hands: Hands, row: JobRow): Promise<void> {
  const found = await hands.engine.instance(row.container);
  if (row.result === null) await record(hands, row, await resultOf(hands, row, found));
  await hands.engine.remove(row.container);
  const now = (await hands.store.job(row.deployment, row.moment)) ?? row;
  await hands.store.putJob({ ...now, closed: true });
  if (now.result?.ok === true && now.moment === "before") await hands.recompose();
}

async function resultOf({ engine, clock }: Hands, row: JobRow, found: EngineInstance | null): Promise<JobResult> {
  const failed = (words: string): JobResult => ({ ok: false, exitCode: null, endedAt: clock.now(), words, log: [] });
  if (found === null)
    return failed(
      row.startedAt === null
        ? `the job ${row.job} was not started`
        : `the job ${row.job} was started, and its container is gone: whether it came to its end is not known, and it does not run twice`,
    );
  if (found.state === "created") return failed(`the job ${row.job} was not started`);
  const { exitCode } = found;
  const log = await engine.tail(row.container, LOG_LINES);
  const ok = exitCode === 0 && row.stoppedBecause === null;
  const code = `exit code ${exitCode ?? "unknown"}`;
  const words = row.stoppedBecause === null ? `ended with ${code}` : `was stopped, for ${row.stoppedBecause}; ${code}`;
  const last = log.length === 0 ? "" : `; last line: ${log.at(-1)}`;
  return { ok, exitCode, endedAt: found.finishedAt ?? clock.now(), words: ok ? null : `the job ${row.job} ${words}${last}`, log };
}

async function record({ store, clock }: Hands, row: JobRow, result: JobResult): Promise<void> {
  await store.write(async (within) => {
    await within.putJob({ ...((await within.job(row.deployment, row.moment)) ?? row), result });
    await within.addEvent(clock.now(), {
      kind: result.ok ? "job.succeeded" : "job.failed",
      stack: row.stack,
      service: row.service,
      instance: row.container,
      deployment: row.deployment,
      message: result.words ?? `the job ${row.job} succeeded; its last ${result.log.length} lines are kept`,
    });
  });
}
