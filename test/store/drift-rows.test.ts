import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LookRow, TouchRow } from "../../src/reconcile/drift-store.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { openStore } from "../../src/store/sqlite.ts";

let home: string;
let store: Store;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "instar-drift-"));
  store = await openStore(home);
});
afterEach(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

const WEB = { stack: "shop", service: "web" };
const touch = (more: Partial<TouchRow> = {}): Omit<TouchRow, "seq"> => ({
  ...WEB,
  id: "c1",
  instance: "shop-web-r1-1-a1",
  kind: "exec",
  detail: "sh -c date",
  at: 1000,
  by: "a client of the engine",
  taints: true,
  ...more,
});

it("a touch heard twice is one; another moment, kind or detail is another", async () => {
  expect(await store.addTouch(touch())).toBe(true);
  expect(await store.addTouch(touch())).toBe(false);
  expect(await store.addTouch(touch({ at: 1001 }))).toBe(true);
  expect(await store.addTouch(touch({ kind: "copy" }))).toBe(true);
  expect(await store.addTouch(touch({ detail: "sh" }))).toBe(true);
  expect((await store.touches()).map(({ seq, kind, detail, at }) => [seq, kind, detail, at])).toEqual([
    [1, "exec", "sh -c date", 1000],
    [2, "exec", "sh -c date", 1001],
    [3, "copy", "sh -c date", 1000],
    [4, "exec", "sh", 1000],
  ]);
});

it("touches are asked for by service, by container and by time, and come back as they went in", async () => {
  await store.addTouch(touch({ taints: false, by: "ann" }));
  await store.addTouch(touch({ id: "c2", service: "db", at: 2000 }));
  expect(await store.touches(WEB)).toEqual([{ ...touch({ taints: false, by: "ann" }), seq: 1 }]);
  expect((await store.touches({ id: "c2" })).map(({ service }) => service)).toEqual(["db"]);
  expect((await store.touches({ since: 1500 })).map(({ id }) => id)).toEqual(["c2"]);
});

it("gaps are kept in order, and found by their end", async () => {
  await store.addGap({ from: 10, to: 20, reason: "the daemon was down", blind: true });
  await store.addGap({ from: 30, to: 40, reason: "the engine was down", blind: false });
  expect(await store.gaps()).toEqual([
    { seq: 1, from: 10, to: 20, reason: "the daemon was down", blind: true },
    { seq: 2, from: 30, to: 40, reason: "the engine was down", blind: false },
  ]);
  expect((await store.gaps(21)).map(({ seq }) => seq)).toEqual([2]);
  expect((await store.gaps(20)).map(({ seq }) => seq)).toEqual([1, 2]);
});

it("a look takes the place of the last one of its container", async () => {
  const look: LookRow = {
    ...WEB,
    ...{ id: "c1", instance: "i", at: 5, startedAt: 1, changed: [], more: false },
    ...{ configuration: [], foreign: null, files: {}, filesChanged: [] },
  };
  await store.putLook(look);
  await store.putLook({ ...look, at: 6, changed: [{ path: "/tmp/x", kind: "A", hash: "aa", at: 6 }] });
  expect(await store.looks(WEB)).toEqual([{ ...look, at: 6, changed: [{ path: "/tmp/x", kind: "A", hash: "aa", at: 6 }] }]);
  await store.dropLook("c1");
  expect(await store.looks()).toEqual([]);
});

it("the watch's row is one; heals are counted per service and time", async () => {
  expect(await store.vigil()).toBeNull();
  await store.putVigil({ since: 1, seen: 2 });
  await store.putVigil({ since: 1, seen: 3 });
  expect(await store.vigil()).toEqual({ since: 1, seen: 3 });
  const heal = { ...WEB, slot: 1, instance: "i", instanceHash: "aa", startedAt: 1, at: 50, verdict: "tainted" };
  await store.addHeal(heal);
  await store.addHeal({ ...heal, service: "db" });
  await store.addHeal({ ...heal, at: 100 });
  expect((await store.heals(WEB, 60)).map(({ at }) => at)).toEqual([100]);
  expect((await store.heals(WEB, 0)).map(({ at }) => at)).toEqual([50, 100]);
});
