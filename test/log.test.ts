import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openLog } from "../src/log.ts";

const disk = vi.hoisted(() => ({ full: null as number | null }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, writeSync: (fd: number, bytes: Buffer) => fs.writeSync(disk.full ?? fd, bytes) };
});

test("what a full disk does not take raises nothing and comes first once there is room; beyond a MiB it is lost, and counted", () => {
  const folder = mkdtempSync(join(tmpdir(), "instar-log-"));
  const fd = openSync(join(folder, "log"), "a");
  const full = openSync("/dev/full", "a");
  const log = openLog("info", fd);
  const lines = (): string[] =>
    readFileSync(join(folder, "log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { msg: string; lost?: number })
      .map(({ msg, lost }) => `${msg.slice(0, 6)}${lost === undefined ? "" : ` (${lost})`}`);
  log.info("before");
  disk.full = full;
  log.info("first");
  log.fatal("second");
  for (const n of [1, 2, 3, 4]) log.info(`long ${n}${"x".repeat(400_000)}`);
  expect(lines()).toEqual(["before"]);
  disk.full = null;
  log.info("after");
  expect(lines()).toEqual(["before", "first", "second", "long 1", "long 2", "lines  (2)", "after"]);
  for (const open of [fd, full]) closeSync(open);
  rmSync(folder, { recursive: true });
});
