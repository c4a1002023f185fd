import type { Instant } from "../plan/types.ts";
import type { DependencySpec, Revision } from "../spec/types.ts";
import type { Outcome, ServiceKey } from "./control.ts";
import { completes } from "./look.ts";
import type { EngineInstance } from "./ports.ts";
import type { ServiceRow, Store } from "./store.ts";

/** How far a service's dependencies are: in words, what is still waited for, or what will not come any more. */
export interface Dependencies {
  readonly waitsFor: string | null;
  readonly failed: string | null;
}

export const NONE: Dependencies = { waitsFor: null, failed: null };

/**
 * Compose spec, depends_on: each condition against the rows and the engine's list of the dependency's instances.
 * `since`: the start of the deployment that waits, in ms since the epoch.
 */
export async function lookAtDependencies(
  store: Store,
  instancesOf: (key: ServiceKey) => Promise<readonly EngineInstance[]>,
  revision: Revision,
  since: Instant,
): Promise<Dependencies> {
  for (const [service, dependency] of Object.entries(revision.spec.dependsOn)) {
    const key = { stack: revision.stack, service };
    const row = await store.service(key);
    const deployment = row?.deployment == null ? null : await store.deployment(row.deployment);
    // Of a group: those that wait for each other to be stable may not wait for each other to be ready.
    const moving = deployment !== null && deployment.arrived !== true;
    const wentBack = await failedSince(store, row, since);
    const one =
      wentBack !== null && dependency.condition === "service_completed_successfully" && dependency.required
        ? { waitsFor: null, failed: `${service} ${wentBack}` }
        : judge(service, dependency, row, moving, row === null ? [] : await instancesOf(key), await hasCompleted(store, row));
    if (one.waitsFor !== null || one.failed !== null) return one;
  }
  return NONE;
}

function judge(
  name: string,
  { condition, required }: DependencySpec,
  row: ServiceRow | null,
  moving: boolean,
  instances: readonly EngineInstance[],
  completed: boolean,
): Dependencies {
  if (row === null || row.removed) return required ? waits(`${name}, which is not deployed`) : NONE;
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
async function failedSince(store: Store, row: ServiceRow | null, since: Instant): Promise<string | null> {
  const [last] = row === null ? [] : await store.deployments(row, 1);
  if (last === undefined || last.endedAt === null || last.endedAt < since || !WENT_BACK.has(last.outcome)) return null;
  return `is ${last.outcome} in ${last.id}: ${last.reason ?? "it was asked for"}`;
}

/** It ran to its end with the content that is wanted now; its container is gone. */
async function hasCompleted(store: Store, row: ServiceRow | null): Promise<boolean> {
  if (row === null) return false;
  const revision = await store.revision(row, row.target);
  return revision !== null && (await store.completions(row)).some((one) => completes(one, row, revision));
}

const waits = (words: string): Dependencies => ({ waitsFor: `waits for ${words}`, failed: null });
