import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join, relative } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Api, createApi } from "../../src/api/server.ts";
import type { FileSpec } from "../../src/spec/types.ts";
import { upRequest } from "../conformance/up-request.ts";
import { House, stack } from "../reconcile/house.ts";
import { backup, TOKEN } from "./running.ts";

const MIB = 1 << 20;
let house: House;
let api: Api;
let url: string;
/** What the daemon's log has, at its most talkative. */
let logged: string;
/** What was answered, with headers. */
let answered: string;
beforeEach(async () => {
  [logged, answered] = ["", ""];
  house = await House.build();
  const write = (line: string): void => {
    logged += line;
  };
  const log = pino({ level: "trace" }, { write });
  api = createApi({ control: house.daemon.control, token: TOKEN, log, version: "0", backup });
  url = (await api.listen({ socket: join(house.home, "instar.sock"), address: "127.0.0.1:0" })).url ?? "";
});
afterEach(async () => {
  await api.close();
  await house.wipe();
});

interface How {
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly socket?: boolean;
  readonly token?: string;
}
function ask(method: string, path: string, { body, type, socket = false, token = TOKEN }: How = {}) {
  const { hostname: host, port } = new URL(url);
  const where = socket ? { socketPath: join(house.home, "instar.sock") } : { host, port };
  const headers = { ...(socket ? {} : { authorization: `Bearer ${token}` }), ...(type === undefined ? {} : { "content-type": type }) };
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return new Promise<{ status: number; json: any }>((resolve, reject) => {
    const sent = request({ ...where, method, path, headers, agent: false }, async (answer) => {
      let text = "";
      for await (const piece of answer) text += piece;
      answered += `${JSON.stringify(answer.headers)}\n${text}\n`;
      resolve({ status: answer.statusCode ?? 0, json: text === "" ? null : JSON.parse(text) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
const BYTES = "application/octet-stream";
const kept = (name: string, kind = "secrets") => readFileSync(join(house.home, "external", kind, name));

test("a content comes whole over the socket and over TCP with the token, whatever it says it is; without, not at all", async () => {
  const bytes = randomBytes(MIB);
  expect(await ask("PUT", "/v1/secrets/db", { body: bytes, type: BYTES })).toMatchObject({ status: 200, json: { name: "db", bytes: MIB } });
  expect(kept("db").equals(bytes)).toBe(true);
  for (const type of [BYTES, "application/json", "text/plain", "application/x-www-form-urlencoded", undefined]) {
    const body = `{"of": ${type}`;
    expect((await ask("PUT", "/v1/configs/app", { body, socket: true, ...(type === undefined ? {} : { type }) })).status).toBe(200);
    expect(kept("app", "configs").toString()).toBe(body);
  }
  expect((await ask("PUT", "/v1/secrets/db", { body: "x", token: "wrong" })).status).toBe(401);
  expect(kept("db").equals(bytes)).toBe(true);
});

test("what is too large, empty or under a bad name is refused and changes nothing", async () => {
  await ask("PUT", "/v1/secrets/db", { body: "old" });
  const large = await ask("PUT", "/v1/secrets/db", { body: Buffer.alloc(MIB + 1, "x") });
  expect(large).toMatchObject({ status: 413, json: { error: { code: "INS2010" } } });
  expect(await ask("PUT", "/v1/secrets/db", { body: "" })).toMatchObject({ status: 400, json: { error: { code: "INS2103" } } });
  expect(kept("db").toString()).toBe("old");
  for (const name of ["..%2Ftoken", "..%2f..%2ftoken", ".new", "%2e%2e", "a%00b", "a%0ab", "a%2Fb", "-x", "constructor", "x".repeat(256)])
    for (const method of ["PUT", "DELETE"]) expect((await ask(method, `/v1/secrets/${name}`, { body: "x" })).status, name).toBe(400);
  expect(readdirSync(join(house.home, "external"), { recursive: true }).sort()).toEqual(["secrets", "secrets/db"]);
});

test("no route gives a content back", async () => {
  await ask("PUT", "/v1/secrets/db", { body: "old" });
  for (const method of ["GET", "POST"]) expect((await ask(method, "/v1/secrets/db")).status).toBe(404);
});

const CANARY = `canary-${randomBytes(12).toString("hex")}`;
const FORMS = [CANARY, Buffer.from(CANARY).toString("base64").slice(0, 20), Buffer.from(CANARY).toString("hex")];
const clean = (text: string, where: string): void => {
  for (const form of FORMS) expect(text.includes(form), `${where} has the content`).toBe(false);
};
/** Where the content itself lies, and nothing else: what was set, and the copies that instances mount. */
const CONTENTS = /^(external\/(secrets|configs)\/(db|app)|files\/[0-9a-f]{64}\..*)$/;

test("the content is in no answer, no log line, no event, no error and no file but its own", async () => {
  const file = (kind: FileSpec["kind"], external: string): FileSpec => ({
    ...{ kind, key: external, external, target: `/run/${external}`, uid: null, gid: null, mode: null, version: null },
  });
  const spec = stack({ web: { image: "shop/web:v1", replicas: 1, files: [file("secret", "db"), file("config", "app")] } });
  const json = { type: "application/json" };
  for (const socket of [true, false]) {
    for (const type of [BYTES, "application/json", "text/plain"]) {
      await ask("PUT", "/v1/secrets/db", { body: CANARY, type, socket });
      await ask("PUT", "/v1/configs/app", { body: `port = 1\n${CANARY}`, type, socket });
    }
    // Refused: by name, size, address, method, and what other routes make of it as JSON.
    const large = Buffer.alloc(MIB + 1, CANARY);
    await ask("PUT", "/v1/secrets/.db", { body: CANARY, socket });
    await ask("PUT", "/v1/secrets/db", { body: large, socket });
    await ask("POST", "/v1/secrets/db", { body: CANARY, ...json, socket });
    await ask("PUT", "/v1/secret/db", { body: CANARY, ...json, socket });
    await ask("DELETE", "/v1/secrets/db", { body: CANARY, ...json, socket });
    await ask("PUT", "/v1/secrets/db", { body: CANARY, token: "wrong" });
  }
  const { deployments } = await house.daemon.control.up(upRequest(spec));
  expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
  await ask("PUT", "/v1/secrets/db", { body: `${CANARY}, changed` });
  await ask("POST", "/v1/plan", { body: JSON.stringify(upRequest(spec)), ...json });
  await ask("DELETE", "/v1/secrets/db");
  await ask("DELETE", "/v1/secrets/db?force=true");
  await ask("DELETE", "/v1/secrets/db");
  const history = "/v1/stacks/shop/services/web/history";
  for (const path of ["/v1/secrets", "/v1/configs", "/v1/events", "/v1/instances", "/v1/services", "/v1/doctor", history]) {
    await ask("GET", path);
  }
  expect(answered).toMatch(/INS2102[\s\S]*INS2100/);
  clean(answered, "an answer");
  clean(logged, "the log");
  clean(house.reports.join("\n"), "what the daemon reported");
  clean(JSON.stringify(house.engine.control.calls), "what the engine was asked");
  clean(process.argv.join(" "), "an argument");
  const files = readdirSync(house.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const others = files.filter((path) => !CONTENTS.test(relative(house.home, path)));
  expect(others.map((path) => relative(house.home, path))).toEqual(expect.arrayContaining(["instar.db", "instar.db-wal", "files/key"]));
  for (const path of others) clean(readFileSync(path).toString("latin1"), path);
  // The search finds it where it is.
  expect(kept("app", "configs").includes(CANARY)).toBe(true);
});
