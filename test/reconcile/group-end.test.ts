import { beforeEach, describe, expect, it } from "vitest";
import { endGroup } from "../../src/reconcile/group-end.ts";
import { settleGrouped } from "../../src/reconcile/groups.ts";
import type { DeploymentRow } from "../../src/reconcile/store.ts";
import { DB, deployment, MOMENT, revision, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";

const OLD = { stack: "shop", service: "old" };
let store: FakeStore;
beforeEach(() => {
  store = createFakeStore("here");
});

/** Deployments of `web` and `db` as one group, which is to remove `prune` at its end. */
async function grouped(prune: readonly string[], more: Partial<DeploymentRow> = {}): Promise<readonly DeploymentRow[]> {
  const made: DeploymentRow[] = [];
  for (const key of [WEB, DB]) {
    await store.addRevision(revision(key));
    const one = await store.addDeployment(deployment({ ...key, ...more, group: "G1" }));
    await store.putService(serviceRow({ ...key, deployment: one.id }));
    made.push(one);
  }
  const members = made.map(({ id }) => id);
  const of = { stack: "shop", who: "ann", members, prune, outcome: "running", reason: null, startedAt: MOMENT, endedAt: null } as const;
  await store.addGroup(of);
  return made;
}
const last = async (): Promise<string | undefined> => (await store.events({})).at(-1)?.message;

describe("a group that newer deployments have overtaken as a whole", () => {
  const SUPERSEDED = { outcome: "superseded", endedAt: MOMENT } as const;

  it.each([
    ["is there still", { removed: false }, "G1 superseded; its --prune is not carried out: old stays until an up --prune succeeds"],
    ["was removed meanwhile", { removed: true }, "G1 superseded"],
    ["is gone with its rows", null, "G1 superseded"],
  ])("says what stays of its prune, where that %s", async (_what, row, message) => {
    const [one] = await grouped(["old"], SUPERSEDED);
    if (row !== null) await store.putService(serviceRow({ ...OLD, ...row }));
    if (one !== undefined) await endGroup(store, one, MOMENT);
    expect(await last()).toBe(message);
  });

  it("says nothing of a prune that nobody asked for", async () => {
    const [one] = await grouped([], SUPERSEDED);
    if (one !== undefined) await endGroup(store, one, MOMENT);
    expect(await last()).toBe("G1 superseded");
  });
});

it.each([
  [false, 1],
  [true, 0],
])("a group that succeeds removes what its file no longer has, unless another up --prune has (removed: %s)", async (removed, begun) => {
  const [web, db] = await grouped(["old", "never-there"]);
  await store.addRevision(revision(OLD));
  await store.putService(serviceRow({ ...OLD, removed }));
  for (const one of [web, db]) {
    const row = one === undefined ? null : await store.service(one);
    const now = one === undefined ? null : await store.deployment(one.id);
    if (row !== null && now !== null) await settleGrouped(store, row, now, { kind: "converged" }, "rollback", MOMENT);
  }
  expect((await store.group("G1"))?.outcome).toBe("succeeded");
  expect(await store.deployments(OLD, 10)).toHaveLength(begun);
  expect((await store.service(OLD))?.removed).toBe(true);
});
