import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { Disk, readSaved } from "../../src/haproxy/disk.ts";
import { generationDirectory } from "../../src/haproxy/generation.ts";
import { Saver } from "../../src/haproxy/saver.ts";
import type { RouteTable } from "../../src/route/types.ts";
import { EMPTY, everything, SETTINGS, server, shop } from "../route/tables.ts";

describe("what a restart loads", () => {
  let directory: string;
  let disk: Disk;
  const config = (): Promise<string> => readFile(join(directory, "haproxy.cfg"), "utf8");
  const fine = async (): Promise<void> => undefined;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "disk-")), "g1");
    disk = new Disk(directory, SETTINGS);
    await disk.begin(EMPTY);
  });
  afterEach(() => rm(join(directory, ".."), { recursive: true }));

  test("the table is read back as it was written", async () => {
    await disk.write(everything, fine);
    expect(await readSaved(directory)).toEqual({ table: everything, settings: SETTINGS });
    expect(await readFile(join(directory, "hosts.map"), "utf8")).toContain("shop.test/api/ ");
  });

  test("what is refused replaces nothing: the last good one stays", async () => {
    await disk.write(shop(), fine);
    const good = await config();
    const refuse = async (): Promise<void> => {
      throw new InstarError("INS4003", "no");
    };
    await expect(disk.write(shop([server("x")]), refuse)).rejects.toMatchObject({ code: "INS4003" });
    expect(await config()).toBe(good);
    expect((await readSaved(directory))?.table).toEqual(shop());
  });

  test("the check sees the candidate, by the container's name for it", async () => {
    const seen: string[] = [];
    await disk.write(shop(), async (file) => {
      seen.push(file, await readFile(join(directory, "candidate.cfg"), "utf8"));
    });
    expect(seen).toEqual(["/router/g1/candidate.cfg", await config()]);
  });

  test("an equal table writes and checks nothing again", async () => {
    await disk.write(shop(), fine);
    const before = await stat(join(directory, "haproxy.cfg"));
    let checked = 0;
    await disk.write(shop(), async () => {
      checked++;
    });
    expect(checked).toBe(0);
    expect((await stat(join(directory, "haproxy.cfg"))).ino).toBe(before.ino);
  });

  test("no table, or one somebody broke, is none", async () => {
    expect(await readSaved(join(directory, "none"))).toBeNull();
    await writeFile(join(directory, "table.json"), "{");
    expect(await readSaved(directory)).toBeNull();
  });

  test("the worker, which is not root, can pass through to the sockets", async () => {
    expect((await stat(directory)).mode & 0o777).toBe(0o711);
  });
});

describe("saving in the background", () => {
  test("the newest table, one write at a time", async () => {
    const written: RouteTable[] = [];
    let most = 0;
    let now = 0;
    const saver = new Saver(async (table) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      written.push(table);
      now--;
    });
    const tables = ["a", "b", "c"].map((name) => shop([server(name)]));
    for (const table of tables) saver.save(table);
    await saver.saved();
    expect(most).toBe(1);
    expect(written.at(-1)).toBe(tables[2]);
    expect(written).toHaveLength(2);
  });

  test("a failure is told, tried again, and forgotten once it works", async () => {
    let broken = true;
    const written: RouteTable[] = [];
    const saver = new Saver(async (table) => {
      if (broken) throw new InstarError("INS6003", "full");
      written.push(table);
    });
    saver.save(shop());
    await expect(saver.saved()).rejects.toMatchObject({ code: "INS6003" });
    broken = false;
    await saver.saved();
    expect(written).toEqual([shop()]);
    saver.superseded();
    await saver.saved();
    expect(written).toHaveLength(1);
  });
});

test("a home too deep for a socket is refused", () => {
  expect(() => generationDirectory(`/${"d".repeat(100)}`, 1)).toThrow(expect.objectContaining({ code: "INS7003" }));
  expect(generationDirectory("/var/lib/instar", 3)).toBe("/var/lib/instar/router/g3");
});
