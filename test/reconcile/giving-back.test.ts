import { beforeEach, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { giveBack, owe } from "../../src/reconcile/giving-back.ts";
import type { VolumeDesk } from "../../src/reconcile/volume-desk.ts";
import { deployment, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";

let store: FakeStore;
/** What was done to the volumes, oldest first. */
let done: string[];
/** Volumes whose content is the half of a restore. */
let half: string[];
let damaged: string | null;
const contents = {
  setAside: async (volume: string) => {
    if (half.includes(volume)) return null;
    done.push(`aside ${volume}`);
    return `aside-of-${volume}`;
  },
  putBack: async (id: string, _who: string, asking: { done: () => Promise<void> }) => {
    if (id === damaged) throw new InstarError("INS3014", `${id} is damaged`);
    done.push(`back ${id}`);
    await asking.done();
    return true;
  },
} as unknown as VolumeDesk;
beforeEach(() => {
  store = createFakeStore("here");
  [done, half, damaged] = [[], [], null];
});

const owed = async () => (await store.service(WEB))?.owed;

it("what is owed of a volume is what it had before the first that overwrote it, however often it is begun again", async () => {
  const row = await store.addDeployment(deployment({ snapshots: { data: "first" } }));
  await store.putService(serviceRow({ stable: 1, deployment: row.id }));
  expect(await owe(store, WEB, row.id, "data")).toBe(true);
  expect(await owed()).toEqual({ deployment: row.id, snapshots: { data: "first" }, due: false });
  await store.putDeployment({ ...row, snapshots: { data: "second" } });
  expect(await owe(store, WEB, row.id, "data")).toBe(true);
  expect(await owed()).toEqual({ deployment: row.id, snapshots: { data: "first" }, due: false });
});

it("nothing is owed where no revision was good before, and nothing overwritten by who goes back", async () => {
  const row = await store.addDeployment(deployment({ snapshots: { data: "first" } }));
  await store.putService(serviceRow({ stable: null, deployment: row.id }));
  expect(await owe(store, WEB, row.id, "data")).toBe(true);
  await store.putDeployment({ ...row, direction: "back" });
  expect(await owe(store, WEB, row.id, "data")).toBe(false);
  expect(await owed()).toBeUndefined();
});

it("each volume is paid by itself; what could not be given back stays owed, and what was set aside is not set aside again", async () => {
  const { id } = await store.addDeployment(deployment());
  await store.putService(serviceRow({ owed: { deployment: id, snapshots: { data: "d1", logs: "l1" }, due: true } }));
  damaged = "l1";
  await expect(giveBack(store, contents, WEB)).rejects.toMatchObject({ code: "INS3014" });
  expect(await owed()).toMatchObject({ snapshots: { logs: "l1" }, due: true, aside: { logs: "aside-of-logs" } });
  damaged = null;
  expect(await giveBack(store, contents, WEB)).toBe(true);
  expect(done).toEqual(["aside data", "back d1", "aside logs", "back l1"]);
  expect(await owed()).toBeUndefined();
  expect(await giveBack(store, contents, WEB)).toBe(false);
});

it("the half of a restore is not set aside, and the volume gets its content back", async () => {
  const { id } = await store.addDeployment(deployment());
  await store.putService(serviceRow({ owed: { deployment: id, snapshots: { data: "d1", logs: "l1" }, due: true } }));
  [half, damaged] = [["data"], "l1"];
  await expect(giveBack(store, contents, WEB)).rejects.toMatchObject({ code: "INS3014" });
  expect(done).toEqual(["back d1", "aside logs"]);
  expect((await owed())?.aside).toEqual({ logs: "aside-of-logs" });
});
