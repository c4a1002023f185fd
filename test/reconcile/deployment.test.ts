import { beforeEach, describe, expect, it } from "vitest";
import { begin, goBack } from "../../src/reconcile/deployment.ts";
import type { DeploymentRow } from "../../src/reconcile/store.ts";
import { deployment, MOMENT, revision, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";

let store: FakeStore;
beforeEach(async () => {
  store = createFakeStore("here");
  for (const instanceHash of ["one", "two"]) await store.addRevision(revision({ instanceHash }));
});

describe("a rollback --data that is overtaken by a deployment to its own revision", () => {
  const OF_VOLUMES = { restores: { data: "older" }, snapshots: { data: "kept" }, preluded: ["snapshot/1"] };
  /** Revision 2 was good; the rollback to 1 runs. Returns what follows it. */
  async function overtaken(more: Partial<DeploymentRow>): Promise<DeploymentRow> {
    const rollback = await store.addDeployment(
      deployment({ from: 2, to: 1, cause: { kind: "rollback", who: "ann" }, ...OF_VOLUMES, ...more }),
    );
    const owed = { deployment: rollback.id, snapshots: { data: "kept" }, due: more.direction === "back" };
    const row = serviceRow({ target: more.direction === "back" ? 2 : 1, stable: 2, deployment: rollback.id, owed });
    await store.putService(row);
    const next = await begin(store, row, { to: 1, kind: "scale", who: "bob", strategy: "rolling" }, MOMENT);
    expect((await store.deployment(rollback.id))?.outcome).toBe("superseded");
    return next;
  }

  it("hands over what it has done to the volumes, and what it has still to restore", async () => {
    expect(await overtaken({})).toMatchObject({ from: 2, to: 1, ...OF_VOLUMES });
    expect((await store.service(WEB))?.owed).toMatchObject({ due: false });
  });

  it("hands over nothing once it has turned round: what it restored is undone, and that is still to be done", async () => {
    const next = await overtaken({ direction: "back", backAs: "rolled-back" });
    for (const key of ["restores", "snapshots", "preluded"]) expect(next).not.toHaveProperty(key);
    expect((await store.service(WEB))?.owed).toMatchObject({ snapshots: { data: "kept" }, due: true });
  });
});

describe("a deployment whose own revision is deployed again", () => {
  const TAKEN = { snapshots: { data: "kept" }, preluded: ["snapshot/1"] };
  async function again(more: Partial<DeploymentRow>): Promise<DeploymentRow> {
    const first = await store.addDeployment(deployment({ from: 1, to: 2, ...TAKEN, ...more }));
    const row = serviceRow({ target: more.direction === "back" ? 1 : 2, stable: 1, deployment: first.id });
    await store.putService(row);
    return begin(store, row, { to: 2, kind: "deploy", who: "bob", strategy: "rolling" }, MOMENT);
  }

  it("hands over the snapshot it took, while it goes forward", async () => {
    expect(await again({})).toMatchObject({ from: 1, to: 2, ...TAKEN });
  });

  it("once it has turned round the good revision may have written since: the next takes a snapshot of its own", async () => {
    const next = await again({ direction: "back", backAs: "rolled-back" });
    for (const key of ["snapshots", "preluded"]) expect(next).not.toHaveProperty(key);
  });
});

it.each([
  ["aborted", "aborted"],
  ["rolled-back", "failed"],
] as const)("a first deployment has nothing to go back to: %s it ends as %s, and the service is halted", async (as, outcome) => {
  const row = await store.addDeployment(deployment({ reason: "ann says so" }));
  await store.putService(serviceRow({ deployment: row.id }));
  await goBack(store, serviceRow({ deployment: row.id }), row, as, MOMENT);
  expect(await store.deployment(row.id)).toMatchObject({ outcome, endedAt: MOMENT, reason: "ann says so", direction: "forward" });
  expect(await store.service(WEB)).toMatchObject({ deployment: null, halted: row.id });
  expect((await store.events({})).map(({ kind }) => kind)).toEqual([`deployment.${outcome}`]);
});
