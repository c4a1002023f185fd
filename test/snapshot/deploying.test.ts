import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Freezer } from "../../src/reconcile/freezing.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { VolumeDesk } from "../../src/reconcile/volume-desk.ts";
import { VolumeLocks } from "../../src/reconcile/volume-locks.ts";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { createFakeEngine, type FakeEngine } from "../sim/fake-engine.ts";
import { tarOf } from "../sim/fake-volumes.ts";

// What a deployment asks of the desk: room before it stops anything, a snapshot between stop and start, and what goes then.
let home = "";
let store: Store;
let engine: FakeEngine;
let desk: VolumeDesk;
let now = 1_000_000;
const quiet = (): void => undefined;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "instar-desk-"));
  store = await openStore(home);
  const clock = { now: () => now, after: () => () => undefined };
  engine = createFakeEngine({ clock, installation: store.installation });
  const snapshots = new Catalogue(join(home, "snapshots"), "1");
  desk = new VolumeDesk({ engine, store, clock, snapshots, locks: new VolumeLocks(), freezer: new Freezer({ engine, store, clock }) });
  await desk.open();
  for (const name of ["a", "b"])
    await engine.ensureVolume("shop", { name, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
});
afterEach(async () => {
  await desk.close();
  await store.close();
  rmSync(home, { recursive: true });
});

const take = async (volume: string, origin: "hand" | "before-deploy"): Promise<string> => {
  now += 1000;
  return (await desk.take(volume, { running: false, who: "ann", origin, deployment: origin === "hand" ? null : "D7" }, quiet)).id;
};

test("room for all volumes together is asked for at once", async () => {
  await desk.needRoom(["a", "b"]);
  engine.control.volumes.measured = 2 ** 59;
  await expect(desk.needRoom(["a", "b"])).rejects.toMatchObject({ code: "INS3013" });
});

test("a snapshot says before which deployment it was taken; the retention lets the oldest of that volume go", async () => {
  const first = await take("a", "before-deploy");
  const [byHand, other, second, third] = [
    await take("a", "hand"),
    await take("b", "before-deploy"),
    await take("a", "before-deploy"),
    await take("a", "before-deploy"),
  ];
  expect((await desk.snapshots("a")).find((one) => one.id === first)).toMatchObject({ deployment: "D7", origin: "before-deploy" });
  expect(await desk.prune("a", { keep: 2, maxAgeMs: null })).toEqual([first]);
  expect((await desk.snapshots()).map((one) => one.id)).toEqual([third, second, other, byHand]);
});

test("nothing is owed to a volume that is not overwritten: it is not ours, or somebody else runs on it", async () => {
  const id = await take("a", "hand");
  engine.control.networks.addForeignVolume("theirs");
  const tar = (async function* () {
    yield await tarOf({ rows: "kept" });
  })();
  const theirs = await desk.import(tar, { volume: "theirs", stack: "shop", who: "ann" }, quiet);
  let asked = 0;
  const asking = {
    may: async () => {
      asked++;
      return true;
    },
  };
  await expect(desk.putBack(theirs.id, "ann", asking)).rejects.toMatchObject({ code: "INS3002" });
  const { volumeUsers } = engine;
  const user = { volume: "a", container: "backup", ours: false, stack: null, service: null, slot: null, running: true, readOnly: true };
  engine.volumeUsers = async () => [user];
  await expect(desk.putBack(id, "ann", asking)).rejects.toMatchObject({ code: "INS3011" });
  expect(asked).toBe(0);
  engine.volumeUsers = volumeUsers;
  expect(await desk.putBack(id, "ann", asking)).toBe(true);
  expect(asked).toBe(1);
});
