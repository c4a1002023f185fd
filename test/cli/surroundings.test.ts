import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { run } from "./spawn.ts";

let r: Running;
beforeAll(async () => {
  r = await running();
  await r.control.up(upRequest(stackSpec({ web: {} }, "shop")));
});
afterAll(() => r.stop());

/** As Node answers a user that no passwd has and who has no HOME. */
const NOBODY = `data:text/javascript,${encodeURIComponent(`
  import os from "node:os";
  import { syncBuiltinESMExports } from "node:module";
  const none = () => { throw Object.assign(new Error("uv_os_get_passwd returned ENOENT"), { code: "ERR_SYSTEM_ERROR" }); };
  Object.assign(os, { userInfo: none, homedir: none });
  syncBuiltinESMExports();
`)}`;

test("a user that no passwd has goes by the number", async () => {
  const env = { INSTAR_HOME: r.home, NODE_OPTIONS: `--import=${NOBODY}` };
  expect(await run(["scale", "shop/web", "3", "--detach"], env)).toMatchObject({ code: 0, err: "" });
  expect((await r.control.history({ stack: "shop", service: "web" })).deployments[0]?.cause.who).toBe(`uid-${process.getuid?.()}`);
});

test.each(["http://h:99999", "http://host:port", "http://[::1", "host:7080"])("INSTAR_URL=%s is a mistake in the usage", async (url) => {
  expect(await run(["ps"], { INSTAR_URL: url })).toMatchObject({
    code: 64,
    out: "",
    err: `error INS2001 INSTAR_URL is not a URL: ${url} → write http://host:port\n`,
  });
});

test.each(["null", "[]", "7", '{"attestation":null}', "{", ""])("verify --check of a file with %j: not an attestation", async (text) => {
  const folder = mkdtempSync(join(tmpdir(), "instar-check-"));
  writeFileSync(join(folder, "kept.json"), text);
  expect(await run(["verify", "--check", "kept.json"], { INSTAR_HOME: folder }, folder)).toMatchObject({
    code: 65,
    err: expect.stringMatching(/^error INS2036 kept\.json is not what instar verify --json prints → /),
  });
  rmSync(folder, { recursive: true });
});

test("no verb is a list of them and 64, with --json too", async () => {
  const bare = await run([], {});
  expect(bare).toMatchObject({ code: 64, out: expect.stringContaining("Usage: instar"), err: "" });
  expect(await run(["--json"], {})).toEqual(bare);
  expect(await run(["help"], {})).toEqual({ ...bare, code: 0 });
});

test.each([
  [["ps", "shop", "uat"]],
  [["down", "shop", "uat"]],
  [["snapshot", "create", "a", "b"]],
  [["snapshot", "ls", "a", "b"]],
  [["snapshot", "verify", "a", "b"]],
  [["snapshot", "restore", "a", "b", "--yes"]],
  [["snapshot", "rm", "a", "b"]],
  [["snapshot", "import", "a", "b", "--volume", "v"]],
  [["snapshot", "export", "a", "b", "c"]],
])("%j: one word too many, and nothing is done", async (args) => {
  expect(await run(args, { INSTAR_HOME: "/nonexistent" })).toMatchObject({
    code: 64,
    out: "",
    err: expect.stringMatching(/^error INS2001 /),
  });
});

test("events -n 0 is none, in words and in JSON", async () => {
  r.control.happen("something");
  const instar = (...args: string[]) => run(["events", ...args], { INSTAR_HOME: r.home });
  expect(await instar("-n", "0")).toEqual({ code: 0, out: "", err: "" });
  expect(JSON.parse((await instar("-n", "0", "--json")).out)).toEqual({ events: [] });
  expect(JSON.parse((await instar("-n", "1", "--json")).out).events).toHaveLength(1);
});
