import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { wholeFile } from "../../src/cli/whole-file.ts";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { run } from "./spawn.ts";

const ID = "20261122-231507-000000";
let r: Running;
let folder: string;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home }, folder);
beforeAll(async () => {
  r = await running();
  await r.control.up(upRequest(stackSpec({ web: {} }, "shop")));
  await r.control.volumes.create("shop_data", { running: false, who: "test" }, () => undefined);
});
afterAll(() => r.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "instar-whole-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const WRITING: readonly (readonly [string, (file: string) => string[]])[] = [
  ["backup", (file) => ["backup", file]],
  ["snapshot export", (file) => ["snapshot", "export", ID, file]],
  ["drift export", (file) => ["drift", "export", "shop-web-r1-1-a1", "-o", file]],
];

test.each(WRITING)("%s: a place where no file can be is named, and nothing is left", async (_verb, words) => {
  await mkdir(join(folder, "there"));
  await symlink("/dev/null", join(folder, "device"));
  for (const [place, why] of [
    ["there", "is there, and is not a plain file"],
    ["device", "is there, and is not a plain file"],
    ["nowhere/x", "cannot be written: ENOENT"],
  ] as const) {
    const { code, out, err } = await instar(...words(place));
    expect({ code, out, err }).toEqual({
      code: 64,
      out: "",
      err: expect.stringMatching(new RegExp(`^error INS2001 \\S*${place} ${why}.* → name another file`)),
    });
  }
  expect(await readdir(folder)).toEqual(["device", "there"]);
});

test("a full disk is one, and nothing is left but what was there", async () => {
  const file = join(folder, "x");
  await writeFile(file, "before");
  const full = wholeFile(file, (to) => pipeline(Readable.from(["more"]), createWriteStream("/dev/full")).finally(() => to.destroy()));
  await expect(full).rejects.toMatchObject({
    code: "INS3009",
    message: expect.stringMatching(/^there is no room for \S*x, and nothing of it was kept: ENOSPC/),
  });
  expect(await readdir(folder)).toEqual(["x"]);
  expect(await readFile(file, "utf8")).toBe("before");
});

test("of two that write one file at once each is whole, and the last to end is there", async () => {
  const file = join(folder, "x");
  const [slow, quick] = ["slow ".repeat(40_000), "quick"];
  let quickIsThere: () => void = () => undefined;
  const there = new Promise<void>((resolve) => {
    quickIsThere = resolve;
  });
  const first = wholeFile(file, async (to) => {
    await new Promise((resolve) => to.write(slow.slice(0, 70_000), resolve));
    await there;
    await pipeline(Readable.from([slow.slice(70_000)]), to);
  });
  await wholeFile(file, (to) => pipeline(Readable.from([quick]), to));
  expect(await readFile(file, "utf8")).toBe(quick);
  quickIsThere();
  expect(await first).toBe(slow.length);
  expect(await readFile(file, "utf8")).toBe(slow);
  expect(await readdir(folder)).toEqual(["x"]);
});

test("snapshot export --json says what was written where", async () => {
  const { code, out, err } = await instar("snapshot", "export", ID, "x.tar", "--json");
  expect({ code, err, document: JSON.parse(out) }).toEqual({ code: 0, err: "", document: { snapshot: ID, file: "x.tar", bytes: 5 } });
  expect((await stat(join(folder, "x.tar"))).mode & 0o777).toBe(0o600);
  expect(await instar("snapshot", "export", ID, "--json")).toEqual({ code: 0, out: "a tar", err: "" });
});

test("a damaged snapshot is one, also where it is unpacked before all of it has come", async () => {
  const tar = Readable.from([randomBytes(1_000_000)]);
  const { id } = await r.control.volumes.import(tar, { volume: "shop_data", stack: "shop", who: "test" }, () => undefined);
  r.control.volumes.garble = true;
  const { code, err } = await instar("snapshot", "export", id, "x.tar");
  r.control.volumes.garble = false;
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("error INS3014 ") });
  expect(await readdir(folder)).toEqual([]);
});
