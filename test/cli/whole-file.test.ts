import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
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

test.each(WRITING)("%s: a full disk is one, and nothing is left", async (_verb, words) => {
  await symlink("/dev/full", join(folder, "x.partial"));
  await writeFile(join(folder, "x"), "before");
  const { code, out, err } = await instar(...words("x"));
  expect({ code, out, err }).toEqual({
    code: 1,
    out: "",
    err: expect.stringMatching(/^error INS3009 there is no room for \S*x, .* → free space there/),
  });
  expect(await readdir(folder)).toEqual(["x"]);
  expect(await readFile(join(folder, "x"), "utf8")).toBe("before");
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
