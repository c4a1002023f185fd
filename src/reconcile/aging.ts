import { formatDuration } from "../lib/duration.ts";
import { planAging } from "../plan/aging.ts";
import type { Observed } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import { begin } from "./deployment.ts";
import type { Clock, EngineInstance, Instant } from "./ports.ts";
import type { ServiceRow, Store } from "./store.ts";

interface Sight {
  readonly row: ServiceRow;
  /** The one wanted. */
  readonly revision: Revision;
  readonly instances: readonly EngineInstance[];
  readonly world: readonly Observed[];
}

/**
 * Begins the replacement of an instance that has outlived `max_age`, by a deployment of the same revision with the cause `max-age`.
 * Never while another deployment runs, and one at a time. Returns when the next one comes due; null: nothing ages now.
 */
export async function age(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  sight: Sight,
): Promise<{ readonly wakeAt: Instant | null; readonly began: boolean }> {
  const { row, revision, instances, world } = sight;
  const { maxAgeMs } = revision.spec;
  const nothing = { wakeAt: null, began: false };
  if (maxAgeMs === undefined || row.deployment !== null || row.removed || row.stopped || row.halted !== null) return nothing;
  const now = clock.now();
  const living = new Set(
    world
      .filter((i) => i.life === "running" && i.busy === null && !i.evidence && !i.outside && i.quarantine === undefined)
      .map(({ name }) => name),
  );
  const aged = instances.filter(({ name }) => living.has(name)).map(({ name, slot, createdAt }) => ({ name, slot, startedAt: createdAt }));
  const last = (await store.deployments(row, 10)).find(({ cause, endedAt }) => cause.kind === "max-age" && endedAt !== null);
  const failedAt = last === undefined || last.outcome === "succeeded" || last.outcome === "superseded" ? null : last.endedAt;
  const { due, wakeAt } = planAging(row, maxAgeMs, aged, failedAt, now);
  const instance = instances.find(({ name }) => name === due?.name);
  if (instance === undefined) return { wakeAt, began: false };
  const because = `it has reached its max_age of ${formatDuration(maxAgeMs)}`;
  // The mark and the deployment are one transaction: after a crash it goes on, or never began.
  const began = await store.write(async (within) => {
    const fresh = await within.service(row);
    if (fresh === null || fresh.deployment !== null || fresh.removed || fresh.stopped || fresh.target !== row.target) return false;
    const { stack, service } = row;
    const fact = (await within.facts(row)).get(instance.id) ?? {
      stack,
      service,
      id: instance.id,
      name: instance.name,
      drainingSince: null,
      evidenceOf: null,
      startedAt: null,
    };
    await within.putFact({ ...fact, heal: because });
    const reason = `${instance.name} was made ${new Date(instance.createdAt).toISOString()}, max_age is ${formatDuration(maxAgeMs)}`;
    await begin(within, fresh, { to: fresh.target, kind: "max-age", who: "instar", strategy: revision.spec.strategy, reason }, now);
    return true;
  });
  return { wakeAt: null, began };
}
