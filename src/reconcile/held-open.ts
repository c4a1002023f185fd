import { ingressPorts } from "../plan/choose.ts";
import type { Revision, ServiceSpec } from "../spec/types.ts";
import { handingOver } from "./group-end.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";
import { domainKey, domainPort } from "./table.ts";

/**
 * Who serves behind ports and domains that a service gives away, until all of its group have arrived (ADR 0037): its new instances, which
 * listen there too although nothing of the new revision leads to them, or only those of the revision before. null: it gives none away,
 * or has the instances that it had.
 */
export type HeldOpen = { readonly by: "new" } | { readonly by: "old"; readonly instanceHash: string } | null;

export async function heldOpen(store: Store, row: ServiceRow, deployment: DeploymentRow | null, revision: Revision): Promise<HeldOpen> {
  if (deployment === null || row.removed || row.stable === null || row.stable === row.target) return null;
  if ((await handingOver(store, deployment))?.handover !== "due") return null;
  const before = await store.revision(row, row.stable);
  if (before === null || before.instanceHash === revision.instanceHash) return null;
  const given = givenAway(before.spec, revision.spec);
  if (given.length === 0) return null;
  const listens = new Set([...ingressPorts(revision.spec).map(({ target }) => target), domainPort(revision.spec)]);
  return given.every((port) => listens.has(port)) ? { by: "new" } : { by: "old", instanceHash: before.instanceHash };
}

/** Container ports behind what it claims no more. Worked example: `80:8080` and `81:9090` become `81:9090`: 8080. */
function givenAway(before: ServiceSpec, after: ServiceSpec): readonly number[] {
  const still = new Set(ingressPorts(after).map(({ published, hostIp }) => `${hostIp ?? ""}:${published}`));
  const ports = ingressPorts(before).filter(({ published, hostIp }) => !still.has(`${hostIp ?? ""}:${published}`));
  const domains = new Set(after.domains.map(domainKey));
  const leads = before.domains.some((one) => !domains.has(domainKey(one))) ? domainPort(before) : null;
  return [...ports.map(({ target }) => target), ...(leads === null ? [] : [leads])];
}
