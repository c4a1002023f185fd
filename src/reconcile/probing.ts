import { type Check, choose } from "../plan/choose.ts";
import type { Revision } from "../spec/types.ts";
import type { EngineInstance } from "./ports.ts";
import type { ServiceRow } from "./store.ts";
import { targetsOf } from "./table.ts";

/** How an instance is asked whether it is ready, and what it has to answer beside that before its deployment has succeeded. */
export interface Probing {
  readonly check: Check;
  readonly also: readonly Check[];
}

/** Of a service, what an instance may be probed by. */
export interface Probed {
  readonly wanted: Revision;
  /** The last good one. */
  readonly stable: Revision | null;
  /** A deployment brings the wanted one. */
  readonly forward: boolean;
  readonly revisions: ReadonlyMap<number, Revision>;
}

export const probed = (row: ServiceRow, wanted: Revision, forward: boolean, revisions: ReadonlyMap<number, Revision>): Probed => ({
  ...{ wanted, forward, revisions },
  stable: row.stable === null ? null : (revisions.get(row.stable) ?? null),
});

/**
 * Routes are no part of an instance: one that was made under an earlier revision may be what is wanted, and it is probed by what is
 * wanted. While a deployment changes the routes of one that serves, it is still ready by what it serves on, so that it is not given
 * up for a port it never had; what is new is asked beside. Worked example: 8080:8080 becomes 8080:8080 and 9090:9090: ready is who
 * answers on 8080, and the deployment has succeeded once 9090 is answered too.
 */
export function probingOf(i: EngineInstance, isRouted: boolean, { wanted, stable, forward, revisions }: Probed): Probing {
  const own = revisions.get(i.revision) ?? wanted;
  const standing = stable !== null && i.instanceHash === stable.instanceHash ? stable : null;
  if (i.instanceHash !== wanted.instanceHash) return { check: checkOf(i, standing ?? own), also: [] };
  if (!forward || standing === null || standing.number === wanted.number || !isRouted || i.revision === wanted.number)
    return { check: checkOf(i, wanted), also: [] };
  return { check: checkOf(i, standing), also: newIn(i, standing, wanted) };
}

function newIn(i: EngineInstance, before: Revision, wanted: Revision): readonly Check[] {
  const check = checkOf(i, wanted);
  const isNew = check.kind !== "running" && JSON.stringify(check) !== JSON.stringify(checkOf(i, before));
  const known = new Set([...targetsOf(before.spec), ...(isNew && "port" in check ? [check.port] : [])]);
  const added = targetsOf(wanted.spec).filter((port) => !known.has(port));
  return [...(isNew ? [check] : []), ...added.map((port): Check => ({ kind: "tcp", port }))];
}

/** How a revision probes an instance; an image's own HEALTHCHECK counts where the file names no check. */
function checkOf(i: EngineInstance, revision: Revision): Check {
  const { ready } = choose(revision.spec, 1, revision.volumeNames, new Set());
  return revision.spec.ready === null && i.health !== "none" ? { kind: "healthcheck" } : ready;
}
