import { type ExecFileException, execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const NODE = `node_modules/node-linux-${process.arch}`;

let folder: string;
/** A checkout in which setup finds everything but Node; spaces in all paths. */
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "instar setup test-"));
  root = join(folder, "a checkout");
  for (const path of ["script/setup", "script/paths.sh", "bin/instar"]) cpSync(join(ROOT, path), join(root, path));
  for (const path of ["script/build", "images/build.sh"]) program(join(root, path), "");
  put(join(root, "package-lock.json"), "{}");
  put(join(root, "node_modules/.lock-hash"), createHash("sha256").update("{}").digest("hex"));
  put(join(root, "dist/cli.js"), `console.log("this is instar")`);
  // A machine that has all but Node 24; nothing is installed on it.
  for (const name of ["docker", "busybox", "mmdebstrap", "ip"]) program(join(folder, "path", name), "");
  program(join(folder, "path/node"), "echo 20");
  for (const name of ["apt-get", "npm", "sudo", "ldd"]) program(join(folder, "path", name), "exit 1");
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function program(path: string, text: string): void {
  put(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

/** As setup's npm leaves it. */
function nodeIn(prefix: string): string {
  mkdirSync(join(prefix, NODE, "bin"), { recursive: true });
  symlinkSync(process.execPath, join(prefix, NODE, "bin/node"));
  return prefix;
}

/** Its exit code and what it says. */
function run(path: string, env: Record<string, string> = {}): Promise<readonly [number, string]> {
  return new Promise((resolve) => {
    const around = { PATH: `${join(folder, "path")}:/usr/bin:/bin`, ...env };
    execFile(join(root, path), [], { env: around }, (error: ExecFileException | null, out, err) =>
      resolve([typeof error?.code === "number" ? error.code : 0, out + err]),
    );
  });
}

function move(): void {
  const to = join(folder, "moved");
  renameSync(root, to);
  root = to;
}

const INSTAR = [0, "this is instar\n"];
const NO_NODE = [69, "error INS7005 Node 24 or newer is needed → run script/setup\n"];

it.each([
  ["outside the checkout", () => join(folder, "a prefix")],
  ["inside it", () => join(root, "a prefix")],
])("bin/instar runs with the Node that setup put into PREFIX %s, also after a move", async (_, prefix) => {
  const PREFIX = nodeIn(prefix());
  expect(await run("bin/instar")).toEqual(NO_NODE);
  expect(await run("script/setup", { PREFIX })).toEqual([0, ""]);
  expect(await run("bin/instar")).toEqual(INSTAR);
  move();
  expect(await run("bin/instar")).toEqual(INSTAR);
});

it("another PREFIX takes the place of one that is gone; a Node in the checkout stays", async () => {
  const gone = nodeIn(join(folder, "first"));
  await run("script/setup", { PREFIX: gone });
  rmSync(gone, { recursive: true });
  expect(await run("bin/instar")).toEqual(NO_NODE);
  const PREFIX = nodeIn(join(folder, "second"));
  expect(await run("script/setup", { PREFIX })).toEqual([0, ""]);
  expect([await run("bin/instar"), readlinkSync(join(root, ".tools", NODE))]).toEqual([INSTAR, join(PREFIX, NODE)]);
  rmSync(join(root, ".tools"), { recursive: true });
  nodeIn(join(root, ".tools"));
  for (const prefix of [PREFIX, join(root, ".tools/")]) expect(await run("script/setup", { PREFIX: prefix })).toEqual([0, ""]);
  expect([await run("bin/instar"), readlinkSync(join(root, ".tools", NODE, "bin/node"))]).toEqual([INSTAR, process.execPath]);
  expect(() => readlinkSync(join(root, ".tools", NODE, `node-linux-${process.arch}`))).toThrow("ENOENT");
});
