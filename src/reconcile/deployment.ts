import { pausesOf } from "../plan/pauses.ts";
import type { Status } from "../plan/types.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { courseFor, lastLetIn, warmOf } from "./course.ts";
import { letGo, owing } from "./giving-back.ts";
import { endGroup, handingOver } from "./group-end.ts";
import { jobViews } from "./job-views.ts";
import type { Instant } from "./ports.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";

/** How deployments begin and end, as changes of rows. */

export interface Beginning {
  readonly to: number;
  readonly kind: DeploymentRow["cause"]["kind"];
  readonly who: string;
  readonly strategy: string;
  readonly reason?: string;
  /** Served by weight from now on; empty: no more. Absent: as it is. */
  readonly split?: ServiceRow["split"];
}

/**
 * A deployment begins: a running one of the service is superseded, the newest wins. What it changes of the
 * service comes in `row`. Evidence of earlier deployments is let go.
 */
export async function begin(store: Store, asked: ServiceRow, beginning: Beginning, now: Instant): Promise<DeploymentRow> {
  const row = { ...asked, ...(await lastLetIn(store, asked)) };
  const course = beginning.split === undefined ? await courseFor(store, row, beginning, now) : null;
  const latest = row.deployment === null ? null : await store.deployment(row.deployment);
  const running = latest?.endedAt === null ? latest : null;
  const group = running === null || row.removed ? null : await handingOver(store, running);
  // To the same revision: what it did to the volumes, and still owes to them, is the next one's.
  const carried = running?.to === beginning.to ? ofVolumes(running) : null;
  if (running !== null && group === null) await end(store, running, "superseded", OVERTAKEN, now);
  // Of the same revision it would be taken for the new deployment's own failure: it is on its way out, and never wanted again.
  for (const { evidenceOf, ...fact } of (await store.facts(row)).values())
    if (evidenceOf !== null)
      await store.putFact({ ...fact, evidenceOf: null, drainingSince: fact.drainingSince ?? now, heal: `it failed in ${evidenceOf}` });
  const before = await store.service(row);
  const deployment = await store.addDeployment({
    stack: row.stack,
    service: row.service,
    from: row.stable,
    to: beginning.to,
    strategy: course?.strategy ?? beginning.strategy,
    cause: { kind: beginning.kind, who: beginning.who },
    outcome: "running",
    reason: beginning.reason ?? null,
    startedAt: now,
    endedAt: null,
    direction: "forward",
    paused: false,
    backAs: null,
    failures: [],
    evidence: null,
    progressAt: now,
    ...carried,
    ...(before?.stopped === true && !row.stopped ? { wasStopped: true } : {}),
    ...((await hasServed(store, row, beginning.to)) ? { proven: true } : {}),
    ...(course === null ? {} : { course }),
    ...(group === null ? {} : { group: group.id }),
  });
  if (running !== null && group !== null) {
    // In its place, before the group could end with it.
    await store.putGroup({ ...group, members: [...group.members, deployment.id] });
    await end(store, running, "superseded", OVERTAKEN, now);
  }
  await store.clearCrashes(row);
  await store.putService({
    ...besideNow(row, beginning, now),
    // What was good is wanted again: with its own data, as on a way back.
    ...owing(before ?? row, carried === null && beginning.to === row.stable),
    target: beginning.to,
    halted: null,
    deployment: deployment.id,
  });
  await store.addEvent(now, {
    kind: "deployment.started",
    stack: row.stack,
    service: row.service,
    deployment: deployment.id,
    message: `${deployment.id} ${beginning.kind} by ${beginning.who}: ${deployment.from === null ? "first" : `revision ${deployment.from}`} → revision ${deployment.to}`,
  });
  return deployment;
}

/** The service goes: its instances drain and are removed, its history stays. */
export const beginRemoval = (store: Store, row: ServiceRow, who: string, reason: string, now: Instant): Promise<DeploymentRow> =>
  begin(store, { ...row, removed: true }, { to: row.target, kind: "up", who, strategy: "remove", reason }, now);

const OVERTAKEN = "a newer deployment began";

export const NOT_IN_FILE = "no longer in the file";

/** An earlier deployment of it succeeded (ADR 0005). */
const hasServed = async (store: Store, key: ServiceKey, revision: number): Promise<boolean> =>
  (await store.deployments(key, REMEMBERED)).some(({ to, outcome }) => to === revision && outcome === "succeeded");

/** Deployments looked back at: what served before them proves itself again. */
const REMEMBERED = 100;

/** One that has turned round undoes what it restored, and the good revision may have written since: nothing of it is left to the next. */
const ofVolumes = ({ preluded, snapshots, restores, direction }: DeploymentRow): Partial<DeploymentRow> | null =>
  direction === "back"
    ? null
    : {
        ...(preluded === undefined ? {} : { preluded }),
        ...(snapshots === undefined ? {} : { snapshots }),
        ...(restores === undefined ? {} : { restores }),
      };

/** What stands beside the target once this deployment has begun. */
function besideNow(row: ServiceRow, beginning: Beginning, now: Instant): ServiceRow {
  const { warm, split, owed: _, ...plain } = row;
  const back = warmOf(row, beginning.to, now);
  const next = beginning.split ?? (beginning.to === row.target ? split : undefined);
  return {
    ...plain,
    // The set that was kept is taken as it is.
    ...(back === null ? {} : { generation: back.generation }),
    ...(warm !== undefined && beginning.to === row.stable && beginning.split === undefined ? { warm } : {}),
    ...(next === undefined || next.length === 0 ? {} : { split: next }),
  };
}

/** What is kept of the past once a deployment has succeeded. */
function keptBeside(row: ServiceRow, { course, from }: DeploymentRow, now: Instant): Partial<ServiceRow> {
  const forMs = course?.warmMs ?? 0;
  return {
    ...(row.split === undefined ? { stableSplit: [] } : { stableSplit: row.split }),
    ...(forMs > 0 && from !== null ? { warm: { revision: from, generation: row.stableGeneration, until: now + forMs, forMs } } : {}),
  };
}

export async function end(
  store: Store,
  row: DeploymentRow,
  outcome: DeploymentRow["outcome"],
  reason: string | null,
  now: Instant,
): Promise<void> {
  await store.putDeployment({ ...row, outcome, reason: row.reason ?? reason, endedAt: now, paused: false });
  await endGroup(store, row, now);
  await store.addEvent(now, {
    kind: `deployment.${outcome}`,
    stack: row.stack,
    service: row.service,
    deployment: row.id,
    message: `${row.id} ${outcome}${(row.reason ?? reason) === null ? "" : `: ${row.reason ?? reason}`}`,
  });
}

/**
 * What a verdict of the planner means for the records. Returns true when something changed, so that the pass is
 * made again. A rollback of a rollback does not exist: what fails on the way back has failed.
 */
export async function settle(
  store: Store,
  row: ServiceRow,
  deployment: DeploymentRow,
  status: Status,
  onFailure: "rollback" | "pause" | "continue",
  now: Instant,
): Promise<boolean> {
  if (status.kind === "moving") return false;
  if (status.kind === "failed") {
    await fail(store, row, deployment, status, onFailure, now);
    return true;
  }
  if (deployment.direction === "back") {
    await store.putService({ ...row, deployment: null });
    await end(store, deployment, deployment.backAs ?? "rolled-back", null, now);
    return true;
  }
  await store.putService({
    ...letGo(row),
    deployment: null,
    stable: row.target,
    stableGeneration: row.generation,
    stableReplicas: row.replicas,
    stableOverrides: row.overrides,
    ...keptBeside(row, deployment, now),
  });
  await end(store, deployment, "succeeded", null, now);
  return true;
}

async function fail(
  store: Store,
  row: ServiceRow,
  deployment: DeploymentRow,
  status: Extract<Status, { kind: "failed" }>,
  onFailure: "rollback" | "pause" | "continue",
  now: Instant,
): Promise<void> {
  const reason = `${status.code} ${status.reason}`;
  if (deployment.direction === "back") {
    await store.putService({ ...row, deployment: null });
    await end(store, { ...deployment, reason: `${deployment.reason ?? ""}; going back failed too: ${reason}` }, "failed", null, now);
  } else if (onFailure === "pause" && status.code !== "INS5008" && status.code !== "INS5009") {
    await store.putDeployment({ ...deployment, paused: true, outcome: "paused", reason });
    await store.addEvent(now, {
      kind: "deployment.paused",
      stack: row.stack,
      service: row.service,
      deployment: deployment.id,
      message: `${deployment.id} paused: ${reason}`,
    });
  } else if (row.stable === null) {
    await store.putService({ ...row, deployment: null, halted: deployment.id });
    await end(store, deployment, "failed", reason, now);
  } else await goBack(store, row, { ...deployment, reason }, "rolled-back", now);
}

/** The same deployment turns round: the last good revision, generation and number of replicas are wanted again. */
export async function goBack(
  store: Store,
  row: ServiceRow,
  deployment: DeploymentRow,
  as: "rolled-back" | "aborted",
  now: Instant,
): Promise<void> {
  if (row.stable === null) {
    await store.putService({ ...row, deployment: null, halted: deployment.id });
    await end(store, deployment, as === "aborted" ? "aborted" : "failed", null, now);
    return;
  }
  const { split: _, ...undivided } = row;
  await store.putService({
    ...undivided,
    ...(row.stableSplit === undefined ? {} : { split: row.stableSplit }),
    target: row.stable,
    generation: row.stableGeneration,
    replicas: row.stableReplicas,
    overrides: row.stableOverrides,
    ...owing(row, true),
    // Nothing was started for it: as it was is stopped.
    stopped: row.stopped || (deployment.wasStopped === true && !(await started(store, deployment))),
  });
  await store.putDeployment({
    ...deployment,
    direction: "back",
    backAs: as,
    paused: false,
    outcome: "running",
    failures: [],
    passedOver: 0,
    progressAt: now,
  });
  await store.clearCrashes(row);
  await store.addEvent(now, {
    kind: "deployment.going-back",
    stack: row.stack,
    service: row.service,
    deployment: deployment.id,
    message: `${deployment.id} goes back to revision ${row.stable}: ${deployment.reason ?? "aborted"}`,
  });
}

/** Whether an instance was made for it: a job before that failed leaves none. */
const started = async (store: Store, { id }: DeploymentRow): Promise<boolean> =>
  (await store.steps(id)).some((step) => step.do === "create");

/** How long the last swap of this service took, as its record has it; null without one. */
export async function lastPause(store: Store, key: ServiceKey): Promise<{ ms: number; deployment: string } | null> {
  for (const row of await store.deployments(key, 10)) {
    if (row.outcome !== "succeeded") continue;
    const pauses = pausesOf(await store.steps(row.id));
    if (pauses.length > 0) return { ms: Math.max(...pauses.map(({ ms }) => ms)), deployment: row.id };
  }
  return null;
}

export async function viewDeployment(store: Store, row: DeploymentRow, now: Instant): Promise<DeploymentView> {
  const steps = await store.steps(row.id);
  return {
    id: row.id,
    stack: row.stack,
    service: row.service,
    from: row.from,
    to: row.to,
    strategy: row.strategy,
    cause: row.cause,
    outcome: row.outcome,
    reason: row.reason,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    seconds: Math.round((row.endedAt ?? now) - row.startedAt) / 1000,
    steps,
    evidence: row.evidence,
    pauses: pausesOf(steps),
    ...(row.group === undefined ? {} : { group: row.group }),
    ...(await jobViews(store, row)),
    ...(row.course === undefined ? {} : { course: row.course }),

    ...(row.promoted === undefined ? {} : { promoted: row.promoted }),
  };
}
