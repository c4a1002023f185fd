import type { Instant } from "../plan/types.ts";
import { firstClash } from "../spec/clash.ts";
import type { DependencySpec, Revision } from "../spec/types.ts";
import type { Outcome, ServiceKey } from "./control.ts";
import { boundClaims, volumeInWords, volumesOf } from "./handover.ts";
import { completes } from "./look.ts";
import type { EngineInstance } from "./ports.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";

/** How far a service's dependencies are: in words, what is still waited for, or what will not come any more. */
export interface Dependencies {
  readonly waitsFor: string | null;
  readonly failed: string | null;
}

export const NONE: Dependencies = { waitsFor: null, failed: null };

/**
 * Compose spec, depends_on: each condition against the rows and the engine's list of the dependency's instances, for the deployment that
 * waits. A rollback waits for nothing; what somebody stopped is not waited for, and what is not deployed only by an `up`, whose file
 * has it: everything else would wait until somebody notices.
 */
export async function lookAtDependencies(
  store: Store,
  instancesOf: (key: ServiceKey) => Promise<readonly EngineInstance[]>,
  revision: Revision,
  { cause, startedAt }: Pick<DeploymentRow, "cause" | "startedAt">,
): Promise<Dependencies> {
  if (cause.kind === "rollback") return NONE;
  for (const [service, dependency] of Object.entries(revision.spec.dependsOn)) {
    const key = { stack: revision.stack, service };
    const row = await store.service(key);
    if (row === null || row.removed) {
      if (dependency.required && cause.kind === "up") return waits(`${service}, which is not deployed`);
      continue;
    }
    if (row.stopped) continue;
    const deployment = row.deployment === null ? null : await store.deployment(row.deployment);
    // Of a group: those that wait for each other to be stable may not wait for each other to be ready.
    const moving = deployment !== null && deployment.arrived !== true;
    const wentBack = await failedSince(store, row, startedAt);
    const one =
      wentBack !== null && dependency.condition === "service_completed_successfully" && dependency.required
        ? { waitsFor: null, failed: `${service} ${wentBack}` }
        : judge(service, dependency, row, moving, await instancesOf(key), await hasCompleted(store, row));
    if (one.waitsFor !== null || one.failed !== null) return one;
  }
  return waitsForOrphan(store, instancesOf, revision);
}

/** What the file has no more lets go of a volume before anybody else writes to it, and of the ports that its instances have themselves. */
async function waitsForOrphan(
  store: Store,
  instancesOf: (key: ServiceKey) => Promise<readonly EngineInstance[]>,
  revision: Revision,
): Promise<Dependencies> {
  const volumes = volumesOf(revision);
  const ports = boundClaims(revision.service, revision.spec);
  if (volumes.size === 0 && ports.length === 0) return NONE;
  for (const row of await store.services(revision.stack)) {
    if (!row.removed || row.deployment === null) continue;
    const orphan = await store.revision(row, row.target);
    const volume = [...volumesOf(orphan)].find((one) => volumes.has(one));
    const port = orphan === null ? undefined : firstClash([...boundClaims(row.service, orphan.spec), ...ports])?.[1];
    const what = volume === undefined ? port && `the port ${port.key}` : volumeInWords(volume);
    if (what !== undefined && (await instancesOf(row)).length > 0) return waits(`${row.service} to let go of ${what}`);
  }
  return NONE;
}

function judge(
  name: string,
  { condition, required }: DependencySpec,
  row: ServiceRow,
  moving: boolean,
  instances: readonly EngineInstance[],
  completed: boolean,
): Dependencies {
  if (row.halted !== null) return required ? { waitsFor: null, failed: `${name} failed in ${row.halted}` } : NONE;
  // While it moves, only the revision it moves to counts: the last one's success is not this one's.
  const ended = instances.filter((i) => i.state === "exited" && (row.deployment === null || i.revision === row.target));
  switch (condition) {
    case "service_started":
      return completed || instances.some((i) => i.startedAt !== null) ? NONE : waits(`${name} to start`);
    case "service_healthy":
      return moving ? waits(`${name} to be ready`) : NONE;
    case "service_completed_successfully": {
      if (completed) return NONE;
      const bad = ended.find((i) => i.exitCode !== 0);
      if (bad !== undefined && row.deployment === null)
        return required ? { waitsFor: null, failed: `${name} ended with exit code ${bad.exitCode}` } : NONE;
      return waits(`${name} to complete`);
    }
    default:
      return condition satisfies never;
  }
}

const WENT_BACK: ReadonlySet<Outcome> = new Set(["rolled-back", "failed", "aborted"]);

/** A one-off that went back is wanted as it was, and that had completed: its older success is not the one that is waited for. */
async function failedSince(store: Store, row: ServiceRow, since: Instant): Promise<string | null> {
  const [last] = await store.deployments(row, 1);
  if (last === undefined || last.endedAt === null || last.endedAt < since || !WENT_BACK.has(last.outcome)) return null;
  return `is ${last.outcome} in ${last.id}: ${last.reason ?? "it was asked for"}`;
}

/** It ran to its end with the content that is wanted now; its container is gone. */
async function hasCompleted(store: Store, row: ServiceRow): Promise<boolean> {
  const revision = await store.revision(row, row.target);
  return revision !== null && (await store.completions(row)).some((one) => completes(one, row, revision));
}

const waits = (words: string): Dependencies => ({ waitsFor: `waits for ${words}`, failed: null });
