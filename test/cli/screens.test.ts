import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../../src/cli/program.ts";
import { until } from "../api/http.ts";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";

const ESC = "\u001b";
const AFRESH = `\r${ESC}[2K`;
let r: Running;
let folder: string;
let [out, err] = ["", ""];
beforeAll(async () => {
  r = await running();
  folder = mkdtempSync(join(tmpdir(), "instar-screens-"));
  await r.control.up(upRequest(stackSpec({ web: {} }, "shop")));
  await until(async () => expect((await r.control.deployment("D1")).outcome).toBe("succeeded"));
});
afterAll(async () => {
  await r.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  [out, err] = ["", ""];
});

const instar = (terminals: { readonly out: boolean; readonly err: boolean }, ...words: string[]) =>
  runCli(words, {
    env: { INSTAR_HOME: r.home, TERM: "xterm" },
    version: "0",
    program: "/opt/instar/bin/instar",
    serve: () => Promise.reject(new Error("not here")),
    restore: () => Promise.reject(new Error("not here")),
    stdout: { isTTY: terminals.out, write: (text) => (out += text) },
    stderr: { isTTY: terminals.err, write: (text) => (err += text) },
  });

test("each of stdout and stderr has colours when it is a terminal itself", async () => {
  expect(await instar({ out: false, err: true }, "deploy", "shop/web", "--image", "web:bad")).toBe(1);
  expect(err).toContain(`${ESC}[31merror`);
  expect(out).not.toContain(ESC);
  await instar({ out: true, err: false }, "services");
  expect(out).toContain(`${ESC}[32m`);
});

test("progress is drawn in place where stderr is a terminal, and told in lines where it is not", async () => {
  await instar({ out: true, err: false }, "snapshot", "create", "shop_data");
  expect(err).toBe("reading shop_data, about 20 B\n");
  err = "";
  await instar({ out: false, err: true }, "snapshot", "create", "shop_data");
  expect(err.startsWith(`${AFRESH}reading shop_data  10 B of 20 B, 50 %`)).toBe(true);
  err = "";
  await instar({ out: true, err: false }, "backup", join(folder, "b"));
  expect(err).toBe("");
  await instar({ out: false, err: true }, "backup", join(folder, "b"));
  expect(err.split(AFRESH)).toEqual(["", expect.stringMatching(/^\d B$/), ""]);
});
