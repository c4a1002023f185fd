import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../api/http.ts";
import { type Running, running, TOKEN } from "../api/running.ts";
import { entry } from "../entry.ts";
import { type Ended, run } from "./spawn.ts";

const CANARY = "correct-horse-battery";
let r: Running;
let folder: string;
beforeAll(async () => {
  r = await running();
  folder = mkdtempSync(join(tmpdir(), "instar-secret-"));
});
afterAll(async () => {
  await r.stop();
  rmSync(folder, { recursive: true });
});

const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home }, folder);
const kept = (name: string) => Buffer.from(r.control.secrets.kept.get(name) ?? "").toString();

/** With this on its standard input. */
function fed(input: string | Buffer, args: readonly string[], env: Record<string, string> = { INSTAR_HOME: r.home }): Promise<Ended> {
  const child = spawn(process.execPath, [entry(), ...args], { env: { PATH: process.env.PATH ?? "", ...env }, cwd: folder });
  let [out, err] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => (out += piece));
  child.stderr.on("data", (piece: Buffer) => (err += piece));
  // One that is refused early ends before it has read all.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

test("set takes a file, standard input for - and for nothing, byte for byte; what it says has the version and not the content", async () => {
  writeFileSync(join(folder, "password"), `${CANARY}\n`);
  const first = await instar("secret", "set", "db", "password");
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^set the secret db, 22 B, version [0-9a-f]{12}\n$/) });
  expect(first.err).toContain("No service names it");
  expect(kept("secret:db")).toBe(`${CANARY}\n`);
  const again = await fed(`${CANARY}\n`, ["secret", "set", "db"]);
  expect(again).toMatchObject({ code: 0, err: expect.stringContaining("nothing is replaced") });
  const config = await fed(CANARY, ["secret", "set", "--config", "used", "-"]);
  expect(config).toMatchObject({ code: 0, err: expect.stringContaining("at the next instar up: a new revision of shop/web") });
  expect(kept("config:used")).toBe(CANARY);
  const remote = await fed(CANARY, ["secret", "set", "far", "--json"], { INSTAR_URL: r.url, INSTAR_TOKEN: TOKEN });
  expect([remote.code, remote.err, kept("secret:far")]).toEqual([0, "", CANARY]);
  expect(JSON.parse(remote.out)).toEqual({
    ...{
      name: "far",
      bytes: 21,
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      changedAt: expect.any(Number),
      usedBy: [],
      changed: true,
    },
  });
  for (const { out, err } of [first, again, config, remote]) expect(out + err).not.toContain(CANARY);
});

test("ls shows what there is of each kind; rm refuses what is named, unless it is forced", async () => {
  r.control.secrets.kept.clear();
  await fed("x", ["secret", "set", "used"]);
  await fed("x", ["secret", "set", "app", "--config"]);
  const { secrets } = JSON.parse((await instar("secret", "ls", "--json")).out);
  expect(secrets).toEqual([{ name: "used", bytes: 1, version: expect.any(String), changedAt: expect.any(Number), usedBy: ["shop/web"] }]);
  expect(JSON.parse((await instar("secret", "ls", "--config", "--json")).out).configs).toMatchObject([{ name: "app", usedBy: [] }]);
  expect((await instar("secret", "ls")).out).toMatch(
    /^SECRET +VERSION +SIZE +CHANGED +USED BY\nused +[0-9a-f]{12} +1 B +\d+d ago +shop\/web\n$/,
  );
  expect(await instar("secret", "rm", "used")).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/^error INS2102 .*shop\/web.*--force/),
  });
  const forced = await instar("secret", "rm", "used", "--force");
  expect(forced).toMatchObject({ code: 0, out: "removed the secret used\n", err: expect.stringContaining("shop/web keeps its version") });
  expect(JSON.parse((await instar("secret", "rm", "app", "--config", "--json")).out)).toMatchObject({ removed: "app", usedBy: [] });
  expect(await instar("secret", "rm", "used")).toMatchObject({ code: 1, err: expect.stringContaining("INS2100") });
});

test("what cannot be is refused before anything is sent, and nothing that may be the content is repeated", async () => {
  r.control.secrets.kept.clear();
  writeFileSync(join(folder, "large"), Buffer.alloc((1 << 20) + 1, CANARY));
  const cases: [readonly string[], number, string][] = [
    [["set", "../db", "password"], 64, "INS2101"],
    [["set", ".db", "password"], 64, "INS2101"],
    [["set", "db", CANARY], 64, "INS2103"],
    [["set", "db", "."], 64, "INS2103"],
    [["set", "db", "large"], 64, "INS2010"],
    [["set", "db"], 64, "INS2103"],
    [["set"], 64, "INS2001"],
    [["rm"], 64, "INS2001"],
    [["get", "db"], 64, "INS2001"],
    [["set", "db", "-", CANARY], 64, "INS2001"],
  ];
  for (const [args, code, name] of cases)
    for (const json of [[], ["--json"]]) {
      const ended = await instar("secret", ...args, ...json);
      expect([args, ended.code, ended.out, ended.err]).toEqual([args, code, "", expect.stringContaining(name)]);
      expect(ended.err).not.toContain(CANARY);
    }
  expect(await fed(Buffer.alloc((1 << 20) + 1, CANARY), ["secret", "set", "db"])).toMatchObject({
    code: 64,
    err: expect.stringMatching(/^error INS2010 standard input has more than 1 MiB/),
  });
  expect(r.control.secrets.kept.size).toBe(0);
});

/** On a terminal, as `script` of util-linux gives one. */
function onTerminal(...args: string[]) {
  const command = [process.execPath, entry(), ...args].map((word) => `'${word}'`).join(" ");
  const env = { PATH: process.env.PATH ?? "", INSTAR_HOME: r.home, TERM: "xterm", SHELL: "/bin/sh" };
  const child = spawn("script", ["-qefc", command, "/dev/null"], { env, cwd: folder });
  const seen = { text: "" };
  child.stdout.on("data", (piece: Buffer) => (seen.text += piece));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { seen, ended, type: (text: string) => child.stdin.write(text) };
}

test("on a terminal it asks, and shows nothing of what is typed; Ctrl-C leaves what was there", async () => {
  r.control.secrets.kept.clear();
  const asked = onTerminal("secret", "set", "db");
  await until(() => expect(asked.seen.text).toContain("Content of the secret db, one line, not shown: "));
  asked.type(`${CANARY}x\u007f\r`);
  expect(await asked.ended).toBe(0);
  expect(kept("secret:db")).toBe(CANARY);
  expect(asked.seen.text).toContain("set the secret db, 21 B");
  expect(asked.seen.text).not.toContain(CANARY.slice(0, 4));
  const left = onTerminal("secret", "set", "db");
  await until(() => expect(left.seen.text).toContain("not shown: "));
  left.type("half\u0003");
  expect(await left.ended).toBe(64);
  expect(left.seen.text).toContain("INS2103 nothing was typed");
  expect(kept("secret:db")).toBe(CANARY);
});
