import type { GroupRow } from "./groups-store.ts";
import type { Instant } from "./ports.ts";
import type { DeploymentRow, Store } from "./store.ts";

/** The members that are still under way. */
export async function activeMembers(store: Store, group: string): Promise<DeploymentRow[]> {
  const row = await store.group(group);
  const found = await Promise.all((row?.members ?? []).map((id) => store.deployment(id)));
  return found.filter((one) => one !== null).filter(({ endedAt }) => endedAt === null);
}

/**
 * The group of this member, where ports or domains change hands at its end: who takes the member's place is of it. null: none such.
 * Asked of a member that is under way, or was when its row was read: that its group has succeeded since gives nothing back.
 */
export async function handingOver(store: Store, { group, direction }: DeploymentRow): Promise<GroupRow | null> {
  const row = group === undefined || direction === "back" ? null : await store.group(group);
  return row?.handover !== undefined && row.reason === null ? row : null;
}

/** It is of another group from now on. */
export async function leaveGroup(store: Store, member: DeploymentRow, now: Instant): Promise<void> {
  const row = member.group === undefined ? null : await store.group(member.group);
  if (row === null) return;
  await store.putGroup({ ...row, members: row.members.filter((id) => id !== member.id) });
  await endGroup(store, member, now);
}

/** A deployment has ended: with the last of them its group has too. */
export async function endGroup(store: Store, member: DeploymentRow, now: Instant): Promise<void> {
  const row = member.group === undefined ? null : await store.group(member.group);
  if (row === null || row.endedAt !== null || (await activeMembers(store, row.id)).length > 0) return;
  const members = await Promise.all(row.members.map((id) => store.deployment(id)));
  const succeeded = members.some((one) => one?.outcome === "succeeded");
  const outcome = row.reason !== null ? "rolled-back" : succeeded ? "succeeded" : "superseded";
  await store.putGroup({ ...row, outcome, endedAt: now });
  const left = outcome === "superseded" ? await unpruned(store, row) : "";
  await store.addEvent(now, {
    kind: `group.${outcome}`,
    stack: row.stack,
    message: `${row.id} ${outcome}${row.reason === null ? "" : `: ${row.reason}`}${left}`,
  });
}

/** What overtook the group may be of a file that has these services again: they are not removed, and that is said. */
async function unpruned(store: Store, { stack, prune }: GroupRow): Promise<string> {
  const rows = await Promise.all(prune.map((service) => store.service({ stack, service })));
  const stay = rows.flatMap((row) => (row === null || row.removed ? [] : [row.service]));
  return stay.length === 0 ? "" : `; its --prune is not carried out: ${stay.join(", ")} stays until an up --prune succeeds`;
}
