import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { compile } from "../../src/route/compile.ts";
import type { RouterSettings, RouteTable } from "../../src/route/types.ts";
import { EMPTY, everything, SETTINGS, shop } from "../route/tables.ts";
import { ROUTER_IMAGE } from "./haproxy-world.ts";

const run = promisify(execFile);

test.each<[string, RouteTable, RouterSettings]>([
  ["empty", EMPTY, SETTINGS],
  ["shop", shop(), SETTINGS],
  ["everything", everything, SETTINGS],
  ["ipv4-only", shop(), { ...SETTINGS, ipv6: false }],
])("HAProxy itself takes %s, without a warning", async (_name, table, settings) => {
  const directory = await mkdtemp("/tmp/irt-");
  const { config, lua, maps } = compile(table, settings);
  await Promise.all([
    writeFile(join(directory, "haproxy.cfg"), config),
    writeFile(join(directory, "hold.lua"), lua),
    ...Object.entries(maps).map(([name, text]) => writeFile(join(directory, `${name}.map`), text)),
  ]);
  const { stderr } = await run("docker", [
    "run",
    "--rm",
    "--network",
    "none",
    "-v",
    `${directory}:${settings.runDir}:ro`,
    ROUTER_IMAGE,
    "haproxy",
    "-c",
    "-f",
    `${settings.runDir}/haproxy.cfg`,
  ]);
  expect(stderr).not.toMatch(/WARNING|ALERT/);
  await rm(directory, { recursive: true });
});
