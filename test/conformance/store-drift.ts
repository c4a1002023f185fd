import { expect, test } from "vitest";
import type { LookRow, TouchRow } from "../../src/reconcile/drift-store.ts";
import { type Place, WEB } from "./store-world.ts";

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

/** Of touches, gaps, looks, the watch and heals. */
export function driftConformance(place: Place): void {
  test("a touch heard twice is one; another moment, kind or detail is another", async () => {
    expect(await place().addTouch(touch())).toBe(true);
    expect(await place().addTouch(touch())).toBe(false);
    expect(await place().addTouch(touch({ at: 1001 }))).toBe(true);
    expect(await place().addTouch(touch({ kind: "copy" }))).toBe(true);
    expect(await place().addTouch(touch({ detail: "sh" }))).toBe(true);
    expect((await place().touches()).map(({ seq, kind, detail, at }) => [seq, kind, detail, at])).toEqual([
      [1, "exec", "sh -c date", 1000],
      [2, "exec", "sh -c date", 1001],
      [3, "copy", "sh -c date", 1000],
      [4, "exec", "sh", 1000],
    ]);
  });

  test("touches are asked for by service, by container and by time, and come back as they went in", async () => {
    await place().addTouch(touch({ taints: false, by: "ann" }));
    await place().addTouch(touch({ id: "c2", service: "db", at: 2000 }));
    expect(await place().touches(WEB)).toEqual([{ ...touch({ taints: false, by: "ann" }), seq: 1 }]);
    expect((await place().touches({ id: "c2" })).map(({ service }) => service)).toEqual(["db"]);
    expect((await place().touches({ since: 1500 })).map(({ id }) => id)).toEqual(["c2"]);
  });

  test("gaps are kept in order, and found by their end", async () => {
    await place().addGap({ from: 10, to: 20, reason: "the daemon was down", blind: true });
    await place().addGap({ from: 30, to: 40, reason: "the engine was down", blind: false });
    expect(await place().gaps()).toEqual([
      { seq: 1, from: 10, to: 20, reason: "the daemon was down", blind: true },
      { seq: 2, from: 30, to: 40, reason: "the engine was down", blind: false },
    ]);
    expect((await place().gaps(21)).map(({ seq }) => seq)).toEqual([2]);
    expect((await place().gaps(20)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("a look takes the place of the last one of its container", async () => {
    const look: LookRow = {
      ...WEB,
      ...{ id: "c1", instance: "i", at: 5, startedAt: 1, changed: [], more: false },
      ...{ configuration: [], foreign: null, files: {}, filesChanged: [] },
    };
    await place().putLook(look);
    await place().putLook({ ...look, at: 6, changed: [{ path: "/tmp/x", kind: "A", hash: "aa", at: 6 }] });
    expect(await place().looks(WEB)).toEqual([{ ...look, at: 6, changed: [{ path: "/tmp/x", kind: "A", hash: "aa", at: 6 }] }]);
    await place().dropLook("c1");
    expect(await place().looks()).toEqual([]);
  });

  test("the watch's row is one; heals are counted per service and time", async () => {
    expect(await place().vigil()).toBeNull();
    await place().putVigil({ since: 1, seen: 2 });
    await place().putVigil({ since: 1, seen: 3 });
    expect(await place().vigil()).toEqual({ since: 1, seen: 3 });
    const heal = { ...WEB, slot: 1, instance: "i", instanceHash: "aa", startedAt: 1, at: 50, verdict: "tainted" };
    await place().addHeal(heal);
    await place().addHeal({ ...heal, service: "db" });
    await place().addHeal({ ...heal, at: 100 });
    expect((await place().heals(WEB, 60)).map(({ at }) => at)).toEqual([100]);
    expect((await place().heals(WEB, 0)).map(({ at }) => at)).toEqual([50, 100]);
  });
}
