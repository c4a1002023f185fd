import type { Status } from "../plan/types.ts";
import { beginRemoval, goBack, NOT_IN_FILE, settle } from "./deployment.ts";
import { activeMembers, leaveGroup } from "./group-end.ts";
import type { GroupRow } from "./groups-store.ts";
import type { Instant } from "./ports.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";

/**
 * All or nothing. A member that has arrived waits, healed like any other, until all have; the first that fails takes all back,
 * those that had arrived too. Until then none of them is what a later failure would go back to.
 * A member that a newer deployment supersedes leaves the group, and the others go on as one; where ports change hands the newer one
 * takes its place, since nobody would be served behind them meanwhile.
 */

/** Makes deployments of one `up` a group: one alone where something is to go once it has succeeded. Inside the transaction that began them. */
export async function group(
  store: Store,
  deployments: readonly DeploymentRow[],
  of: Pick<GroupRow, "stack" | "who" | "prune" | "handover">,
  now: Instant,
): Promise<DeploymentRow[]> {
  const members = deployments.map(({ id }) => id);
  const row = await store.addGroup({ ...of, members, outcome: "running", reason: null, startedAt: now, endedAt: null });
  for (const one of deployments) await leaveGroup(store, one, now);
  const grouped = deployments.map((one) => ({ ...one, group: row.id }));
  for (const one of grouped) await store.putDeployment(one);
  const names = deployments.map(({ service }) => service).join(", ");
  const together = members.length > 1 ? [`${names} succeed together or go back together`] : [];
  const after = of.prune.length > 0 ? [`${of.prune.join(", ")} goes once ${names} has succeeded`] : [];
  await store.addEvent(now, {
    kind: "group.started",
    stack: of.stack,
    message: `${row.id} ${members.join(", ")}: ${[...together, ...after].join("; ")}`,
  });
  return grouped;
}

type Settling = Parameters<typeof settle>;

/** As `settle`, for a deployment that may be of a group. Returns true when something changed. */
export async function settleGrouped(...[store, row, deployment, status, onFailure, now]: Settling): Promise<boolean> {
  if (deployment.group === undefined || deployment.direction === "back") return settle(store, row, deployment, status, onFailure, now);
  if (status.kind === "moving") return depart(store, deployment);
  if (status.kind === "failed") {
    await takeBack(store, deployment, `${status.code} ${status.reason}`, "rolled-back", now);
    return true;
  }
  const others = (await activeMembers(store, deployment.group)).filter(({ id }) => id !== deployment.id);
  const late = others.filter((one) => one.arrived !== true || one.paused);
  if (late.length > 0 || deployment.paused) {
    if (deployment.arrived === true) return false;
    await store.putDeployment({ ...deployment, arrived: true });
    if ((await store.group(deployment.group))?.handover === "done") return true;
    const because = `it waits for ${late.map(({ service }) => service).join(", ") || "somebody to resume it"} of ${deployment.group}`;
    await store.addStep(deployment.id, { at: now, do: "arrive", instance: null, because });
    return true;
  }
  if (await handOver(store, deployment.group, [deployment, ...others], now)) return true;
  for (const one of [deployment, ...others]) await conclude(store, one, status, now);
  await prune(store, deployment.group, now);
  return true;
}

/** An instance was lost while it waited: it has not arrived any more. */
async function depart(store: Store, deployment: DeploymentRow): Promise<boolean> {
  if (deployment.arrived === true) await store.putDeployment({ ...deployment, arrived: false });
  return false;
}

/** What others had is theirs first, and they have arrived once it is seen to lead to them (read-back.ts). False: nothing is due. */
async function handOver(store: Store, id: string, members: readonly DeploymentRow[], now: Instant): Promise<boolean> {
  const row = await store.group(id);
  if (row?.handover !== "due") return false;
  await store.putGroup({ ...row, handover: "done" });
  const because = `all of ${id} have arrived: what they claim is theirs`;
  for (const member of members) {
    await store.putDeployment({ ...member, arrived: false });
    await store.addStep(member.id, { at: now, do: "take-over", instance: null, because });
  }
  return true;
}

async function conclude(store: Store, deployment: DeploymentRow, status: Status, now: Instant): Promise<void> {
  const row = await store.service(deployment);
  if (row !== null && row.deployment === deployment.id) await settle(store, row, deployment, status, "rollback", now);
}

/** What the file no longer has goes only now that nothing goes back any more. */
async function prune(store: Store, id: string, now: Instant): Promise<void> {
  const group = await store.group(id);
  for (const service of group?.prune ?? []) {
    const row = group === null ? null : await store.service({ stack: group.stack, service });
    if (group === null || row === null || row.removed) continue;
    await beginRemoval(store, row, group.who, NOT_IN_FILE, now);
  }
}

/** The whole group, or the one deployment that is in none; who goes back already does so. `reason` is the member's own. */
export async function takeBack(
  store: Store,
  deployment: DeploymentRow,
  reason: string,
  as: "rolled-back" | "aborted",
  now: Instant,
): Promise<void> {
  const { group, service } = deployment;
  const row = group === undefined ? null : await store.group(group);
  if (row !== null) await store.putGroup({ ...row, reason: row.reason ?? `${service}: ${reason}` });
  const members = group === undefined ? [deployment] : await activeMembers(store, group);
  for (const member of members) {
    const of: ServiceRow | null = await store.service(member);
    if (of === null || of.deployment !== member.id || member.direction === "back") continue;
    const own =
      member.id === deployment.id ? reason : `INS5010 ${service} of ${group} ${as === "aborted" ? `was ${reason}` : `failed: ${reason}`}`;
    await goBack(store, of, { ...member, reason: own, arrived: false }, as, now);
  }
}
