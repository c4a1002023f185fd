import type { Instant } from "./ports.ts";
import type { DeploymentRow, Store } from "./store.ts";

/** The members that are still under way. */
export async function activeMembers(store: Store, group: string): Promise<DeploymentRow[]> {
  const row = await store.group(group);
  const found = await Promise.all((row?.members ?? []).map((id) => store.deployment(id)));
  return found.filter((one) => one !== null).filter(({ endedAt }) => endedAt === null);
}

/** A deployment has ended: with the last of them its group has too. */
export async function endGroup(store: Store, member: DeploymentRow, now: Instant): Promise<void> {
  const row = member.group === undefined ? null : await store.group(member.group);
  if (row === null || row.endedAt !== null || (await activeMembers(store, row.id)).length > 0) return;
  const members = await Promise.all(row.members.map((id) => store.deployment(id)));
  const succeeded = members.some((one) => one?.outcome === "succeeded");
  const outcome = row.reason !== null ? "rolled-back" : succeeded ? "succeeded" : "superseded";
  await store.putGroup({ ...row, outcome, endedAt: now });
  await store.addEvent(now, {
    kind: `group.${outcome}`,
    stack: row.stack,
    message: `${row.id} ${outcome}${row.reason === null ? "" : `: ${row.reason}`}`,
  });
}
