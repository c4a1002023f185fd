import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SnapshotOrigin } from "../../src/reconcile/snapshots.ts";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import { tarOf } from "../sim/fake-volumes.ts";

let root = "";
let catalogue: Catalogue;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "instar-snapshots-"));
  catalogue = new Catalogue(root, "1.2.3");
  await catalogue.open();
});
afterEach(() => rmSync(root, { recursive: true }));

const AT = Date.UTC(2026, 10, 22, 23, 15, 7);
const origin = (more: Partial<SnapshotOrigin> = {}): SnapshotOrigin => ({
  ...{ volume: "shop_data", stack: "shop", service: "db", slot: 1, deployment: null, origin: "hand", consistency: "stopped" },
  ...{ who: "test", createdAt: AT },
  ...more,
});
const quiet = (): void => undefined;
async function* pieces(tar: Buffer, fail?: Error): AsyncGenerator<Buffer> {
  for (let at = 0; at < tar.length; at += 1000) yield tar.subarray(at, at + 1000);
  if (fail !== undefined) throw fail;
}
const content = async (id: string): Promise<Buffer> => {
  const read: Buffer[] = [];
  for await (const piece of catalogue.tar(id)) read.push(piece);
  return Buffer.concat(read);
};
const archive = (id: string): string => join(root, "shop_data", id, "content.tar.zst");

describe("a snapshot", () => {
  test("comes back to the byte, described, readable by its owner only", async () => {
    const tar = await tarOf({ a: "hello", b: "x".repeat(5000) });
    const seen: number[] = [];
    const made = await catalogue.add(origin(), pieces(tar), (bytes) => seen.push(bytes));
    expect(made).toMatchObject({ ...origin(), rawBytes: tar.length, entries: 3, version: "1.2.3" });
    expect(made.id).toMatch(/^20261122-231507-[0-9a-f]{6}$/);
    expect(made.bytes).toBe(statSync(archive(made.id)).size);
    expect(seen.at(-1)).toBe(tar.length);
    expect(await content(made.id)).toEqual(tar);
    expect(await catalogue.verify(made.id, quiet)).toEqual(made);
    expect((statSync(root).mode | statSync(archive(made.id)).mode) & 0o077).toBe(statSync(root).mode & 0o077);
    expect(await new Catalogue(root, "9").get(made.id)).toEqual(made);
  });

  test("the same content has the same checksum, in whatever pieces it comes", async () => {
    // Padded as GNU tar does it.
    const tar = Buffer.concat([await tarOf({ a: "hello".repeat(2000), random: randomBytes(2 ** 20) }), Buffer.alloc(10_240)]);
    const inPieces = async function* (size: number): AsyncGenerator<Buffer> {
      for (let at = 0; at < tar.length; at += size) {
        yield tar.subarray(at, at + size);
        // Else what was given meanwhile arrives as one piece.
        await setImmediate();
      }
    };
    const sums = new Set<string>();
    for (const size of [1000, 7777, 65_536, 2 ** 20, 2 ** 22]) sums.add((await catalogue.add(origin(), inPieces(size), quiet)).sha256);
    expect(sums.size).toBe(1);
    expect(await content((await catalogue.all()).snapshots[0]?.id ?? "")).toEqual(tar);
  });

  test("newest first; a removed one is gone", async () => {
    const tar = await tarOf({});
    const old = await catalogue.add(origin({ createdAt: AT - 5 }), pieces(tar), quiet);
    const young = await catalogue.add(origin({ volume: "other" }), pieces(tar), quiet);
    expect((await catalogue.all()).snapshots.map((one) => one.id)).toEqual([young.id, old.id]);
    await catalogue.remove(young.id);
    expect((await catalogue.all()).snapshots.map((one) => one.id)).toEqual([old.id]);
    await expect(catalogue.get(young.id)).rejects.toMatchObject({ code: "INS2013" });
    await expect(catalogue.remove("../../etc")).rejects.toMatchObject({ code: "INS2013" });
  });

  test("a volume's name leads nowhere else", async () => {
    for (const volume of ["..", "a/b", "", "-x", ".hidden"])
      await expect(catalogue.add(origin({ volume }), pieces(await tarOf({})), quiet)).rejects.toMatchObject({ code: "INS2012" });
  });
});

describe("one that is not whole does not exist", () => {
  test("the volume could not be read, the work was broken off, it is no tar: nothing is left", async () => {
    const tar = await tarOf({ a: "hello" });
    await expect(catalogue.add(origin(), pieces(tar, new Error("disk on fire")), quiet)).rejects.toThrow("disk on fire");
    const stop = (): void => {
      throw new Error("the daemon ends");
    };
    await expect(catalogue.add(origin(), pieces(tar), stop)).rejects.toThrow("the daemon ends");
    await expect(catalogue.add(origin(), pieces(Buffer.alloc(5000, 9)), quiet)).rejects.toMatchObject({ code: "INS2015" });
    await expect(catalogue.add(origin(), pieces(tar.subarray(0, 700)), quiet)).rejects.toMatchObject({ code: "INS2015" });
    expect(readdirSync(join(root, "shop_data"))).toEqual([]);
  });

  test("what a killed daemon left is not listed, and goes at the next start", async () => {
    const made = await catalogue.add(origin(), pieces(await tarOf({})), quiet);
    const left = join(root, "shop_data", "20261122-231508-abcdef.partial");
    mkdirSync(left);
    writeFileSync(join(left, "content.tar.zst"), "half");
    expect((await catalogue.all()).snapshots).toEqual([made]);
    await new Catalogue(root, "1").open();
    expect(existsSync(left)).toBe(false);
    expect((await catalogue.all()).snapshots).toEqual([made]);
  });

  test("one whose description cannot be read is told of, and is none", async () => {
    const made = await catalogue.add(origin(), pieces(await tarOf({})), quiet);
    writeFileSync(join(root, "shop_data", made.id, "snapshot.json"), "{");
    expect(await catalogue.all()).toEqual({ snapshots: [], damaged: [join(root, "shop_data", made.id)] });
  });
});

describe("damage is found", () => {
  test.each([
    ["a flipped bit", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 20), Buffer.from([(bytes[20] ?? 0) ^ 1]), bytes.subarray(21)])],
    ["a cut", (bytes: Buffer) => bytes.subarray(0, -1)],
  ])("%s", async (_name, harm) => {
    const { id } = await catalogue.add(origin(), pieces(await tarOf({ a: "hello".repeat(1000) })), quiet);
    writeFileSync(archive(id), harm(readFileSync(archive(id))));
    await expect(catalogue.verify(id, quiet)).rejects.toMatchObject({ code: "INS3014" });
    await expect(content(id)).rejects.toMatchObject({ code: "INS3014" });
  });

  test("the content is gone", async () => {
    const { id } = await catalogue.add(origin(), pieces(await tarOf({})), quiet);
    rmSync(archive(id));
    await expect(catalogue.verify(id, quiet)).rejects.toMatchObject({ code: "INS3014" });
  });
});

test("room is asked for with a margin", async () => {
  await catalogue.needRoom(1);
  await expect(catalogue.needRoom(2 ** 60)).rejects.toMatchObject({ code: "INS3013" });
});

test("a half restored volume is known to the next daemon, until it is whole", async () => {
  await catalogue.markHalfRestored("shop_data", "20261122-231507-abcdef");
  const next = new Catalogue(root, "1");
  expect([...(await next.halfRestored())]).toEqual([["shop_data", "20261122-231507-abcdef"]]);
  await next.clearHalfRestored("shop_data");
  expect((await catalogue.halfRestored()).size).toBe(0);
});

test("a half restored volume stays known as such while its next restore is marked", async () => {
  await catalogue.markHalfRestored("shop_data", "first");
  writeFileSync(join(root, "shop_data/half-restored.json.partial"), "of one that was killed");
  const seen: unknown[] = [];
  let going = true;
  const looking = (async () => {
    for (; going; await setImmediate()) {
      const mark = join(root, "shop_data/half-restored.json");
      seen.push(existsSync(mark) ? readFileSync(mark, "utf8").trim() : null);
    }
  })();
  await catalogue.markHalfRestored("shop_data", "second");
  going = false;
  await looking;
  expect([...new Set(seen)].filter((one) => one !== '{"snapshot":"second"}')).toEqual(['{"snapshot":"first"}']);
  expect([...(await catalogue.halfRestored())]).toEqual([["shop_data", "second"]]);
  expect(readdirSync(join(root, "shop_data"))).toEqual(["half-restored.json"]);
});
