import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFiles } from "../../src/files/files.ts";
import type { FileContent, FileStore, StoredFile } from "../../src/reconcile/ports.ts";

let home: string;
let files: FileStore;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-files-"));
  files = openFiles(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const content = (text: string): FileContent => ({ bytes: Buffer.from(text), executable: false });
const stored = (text: string, more: Partial<StoredFile> = {}): StoredFile => ({
  version: files.version(content(text)),
  uid: null,
  gid: null,
  mode: 0o444,
  ...more,
});

test("a file is as it was asked for, in a folder of its owner's alone", async () => {
  const bytes = Buffer.from([0, 255, 10, 13]);
  const binary = { bytes, executable: false };
  const file = { version: files.version(binary), uid: null, gid: null, mode: 0o440 };
  await files.put(file, binary);
  const path = await files.path(file);
  expect(readFileSync(path)).toEqual(bytes);
  expect([
    statSync(path).mode & 0o7777,
    statSync(join(home, "files")).mode & 0o7777,
    statSync(join(home, "files/key")).mode & 0o7777,
  ]).toEqual([0o440, 0o700, 0o600]);
  expect(readdirSync(join(home, "files")).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test.runIf(process.getuid?.() === 0)("owners are given, and each owner and mode is a file of its own", async () => {
  const given = stored("x", { uid: 103, gid: 104, mode: 0o400 });
  await files.put(given, content("x"));
  await files.put(stored("x"), content("x"));
  const found = statSync(await files.path(given));
  expect([found.uid, found.gid, found.mode & 0o7777]).toEqual([103, 104, 0o400]);
  expect(await files.path(stored("x"))).not.toBe(await files.path(given));
});

test("a version tells nothing to who has not the key, and is the same after a restart", () => {
  const version = files.version(content("1234"));
  expect(version).toMatch(/^[0-9a-f]{64}$/);
  expect(version).not.toBe(createHash("sha256").update("1234").digest("hex"));
  expect(openFiles(home).version(content("1234"))).toBe(version);
  const elsewhere = join(home, "other");
  mkdirSync(elsewhere);
  expect(openFiles(elsewhere).version(content("1234"))).not.toBe(version);
});

test("a derived key is the same after a restart, another for each purpose and installation, and no version of a content", () => {
  const key = files.derive("trigger t1");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(openFiles(home).derive("trigger t1")).toBe(key);
  const elsewhere = join(home, "other");
  mkdirSync(elsewhere);
  const others = [files.derive("trigger t2"), files.version(content("trigger t1")), openFiles(elsewhere).derive("trigger t1")];
  expect(others).not.toContain(key);
});

test("putting it again changes nothing; its mode is put right; another content is refused, until it is put again", async () => {
  const file = stored("right");
  await files.put(file, content("right"));
  const path = await files.path(file);
  const before = statSync(path).ino;
  await files.put(file, content("right"));
  expect(statSync(path).ino).toBe(before);
  chmodSync(path, 0o644);
  expect(await files.path(file)).toBe(path);
  expect([statSync(path).mode & 0o7777, statSync(path).ino === before]).toEqual([0o444, false]);
  chmodSync(path, 0o644);
  writeFileSync(path, "wrong");
  chmodSync(path, 0o444);
  await expect(files.path(file)).rejects.toMatchObject({ code: "INS6031", message: expect.stringContaining("content") });
  await files.put(file, content("right"));
  expect(readFileSync(await files.path(file), "utf8")).toBe("right");
  rmSync(path);
  await expect(files.path(file)).rejects.toMatchObject({ code: "INS6031", message: `${path} is gone` });
});

test("a write that a crash cut off is done again", async () => {
  const file = stored("whole");
  await files.put(file, content("whole"));
  const path = await files.path(file);
  rmSync(path);
  writeFileSync(`${path}.new`, "who");
  await files.put(file, content("whole"));
  expect(readFileSync(await files.path(file), "utf8")).toBe("whole");
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("several stacks may write the same content at once", async () => {
  const file = stored("x".repeat(1 << 20));
  await Promise.all(Array.from({ length: 8 }, () => files.put(file, content("x".repeat(1 << 20)))));
  expect(statSync(await files.path(file)).size).toBe(1 << 20);
  expect(readdirSync(join(home, "files")).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("a version that is a path leads nowhere", async () => {
  await expect(files.path({ ...stored("x"), version: "../../etc/passwd" })).rejects.toMatchObject({ code: "INS6031" });
});

test("what the host's owner keeps outside is read there; missing names the path", async () => {
  mkdirSync(join(home, "external/secrets/folder"), { recursive: true });
  writeFileSync(join(home, "external/secrets/db"), "pw", { mode: 0o700 });
  const { bytes, executable } = await files.externals.read("secret", "db");
  expect([Buffer.from(bytes).toString(), executable]).toEqual(["pw", true]);
  const path = join(home, "external/configs/db");
  await expect(files.externals.read("config", "db")).rejects.toMatchObject({ code: "INS1031", message: expect.stringContaining(path) });
  await expect(files.externals.read("secret", "folder")).rejects.toMatchObject({ code: "INS1031" });
});
