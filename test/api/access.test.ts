import { readFileSync } from "node:fs";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Of } from "../../src/api/access.ts";
import { checkRole, type Declared } from "../../src/api/authorize.ts";
import { Guard } from "../../src/api/guard.ts";
import { buildApp } from "../../src/api/server.ts";
import { upRequest } from "../conformance/up-request.ts";
import { ask, until } from "./http.ts";
import { DEPLOY, HOOK, OPEN, READ } from "./role-table.ts";
import { backup, type Running, running, TOKEN } from "./running.ts";
import { StandIn, stackSpec } from "./stand-in.ts";

/** Every listener's app over a stand-in, not listening. */
async function apps() {
  const control = new StandIn();
  const options = { control, token: TOKEN, log: pino({ level: "silent" }), version: "0", backup };
  return Promise.all(
    [null, new Guard(TOKEN, control.tokens, { host: "127.0.0.1", now: Date.now })].map((guard) => buildApp(options, guard)),
  );
}

const [, tcp] = await apps();
await tcp?.ready();
const routes: readonly Declared[] = tcp?.declared ?? [];
const nameOf = ({ method, url }: Declared) => `${method} ${url}`;
const withRole = (role: string): Readonly<Record<string, Of>> =>
  Object.fromEntries(
    routes.flatMap((one) => (one.access.kind === "role" && one.access.role === role ? [[nameOf(one), one.access.of]] : [])),
  );
const ofKind = (kind: string) => routes.filter(({ access }) => access.kind === kind).map(nameOf);

describe("what routes declare", () => {
  test("is what is expected, and everything else is admin's", () => {
    expect(withRole("read")).toEqual(READ);
    expect(withRole("deploy")).toEqual(DEPLOY);
    expect(ofKind("open").sort()).toEqual([...OPEN].sort());
    expect(ofKind("hook")).toEqual(HOOK);
    expect(routes.length).toBeGreaterThan(70);
  });

  test("is there for every route that the server knows: one without cannot be added, to neither listener", async () => {
    for (const app of await apps()) {
      expect(() => app.get("/v1/secrets", async () => "all of them")).toThrow("GET /v1/secrets does not declare who may ask it");
      await expect(app.register(async (within) => void within.put("/v1/within", async () => "")).ready()).rejects.toThrow("/v1/within");
    }
  });

  test("is missing: nobody may, whatever the role", () => {
    const holder = { who: "token:a", role: "admin", scope: null, token: "a" } as const;
    expect(() => checkRole(holder, undefined)).toThrow(expect.objectContaining({ code: "INS7009" }));
  });

  test("is in the page on tokens, route by route", () => {
    const page = readFileSync(new URL("../../docs/tokens.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `((?:GET|POST|DELETE) \/[^`]*)` \| (read|deploy) \| ([a-z]+)/gm)];
    const told = (role: string) => Object.fromEntries(rows.filter((row) => row[2] === role).map((row) => [row[1], row[3]]));
    expect(told("read")).toEqual(READ);
    expect(told("deploy")).toEqual(DEPLOY);
  });
});

describe("each role at each route", () => {
  let r: Running;
  beforeEach(async () => {
    r = await running();
    const { deployments } = await r.control.up(upRequest(stackSpec({ web: {}, api: {} })));
    await until(async () => expect((await r.control.deployment(deployments[1]?.id ?? "")).outcome).toBe("succeeded"));
  });
  afterEach(() => r.stop());

  const BODIES: Readonly<Record<string, object>> = {
    deploy: { image: "web:2" },
    rollback: { to: 1 },
    scale: { replicas: 1 },
    split: { shares: [{ revision: 1, percent: 100 }] },
    audit: { heads: [] },
    notices: { registry: "r.example", repository: "web", tag: null, digest: null },
  };
  const QUERIES: Readonly<Record<string, string>> = {
    find: "?name=shop/web",
    diff: "?a=1&b=1",
    drift: "?stack=shop&service=web",
    images: "?stack=shop&service=web",
    verify: "?stack=shop&service=web",
  };

  /** INS7009 or none. */
  async function refusal(route: Declared, secret: string, service = "web", id = "D1"): Promise<string | null> {
    const last = route.url.split("/").at(-1) ?? "";
    const path = route.url.replace(":stack", "shop").replace(":service", service).replace(":id", id).replace(/:\w+/, "x");
    const query = route.method === "GET" ? (QUERIES[last] ?? "").replace("web", service) : "";
    const headers = { authorization: `Bearer ${secret}` };
    const answer = await ask(r, path + query, {
      method: route.method,
      headers,
      ...(route.method === "POST" && BODIES[last] !== undefined ? { body: BODIES[last] } : {}),
    });
    expect(answer.status, `${nameOf(route)} as ${secret}`).not.toBe(500);
    expect(answer.status).not.toBe(401);
    if (answer.status !== 403) return null;
    expect(answer.json.error.hint).toContain("token");
    return answer.json.error.code;
  }

  /** The page itself is a form for whoever has no session. */
  const roleRoutes = () => routes.filter(({ access, url }) => access.kind === "role" && url !== "/");
  const refusedTo = async (secret: string, service?: string, id?: string) => {
    const refused: string[] = [];
    for (const route of roleRoutes()) if ((await refusal(route, secret, service, id)) === "INS7009") refused.push(nameOf(route));
    return refused.sort();
  };
  const but = (...allowed: readonly Readonly<Record<string, Of>>[]) =>
    roleRoutes()
      .map(nameOf)
      .filter((name) => !allowed.some((table) => name in table))
      .sort();
  const without = (table: Readonly<Record<string, Of>>, ...left: readonly Of[]) =>
    Object.fromEntries(Object.entries(table).filter(([, of]) => !left.includes(of)));

  test("read", async () => {
    expect(await refusedTo(r.control.tokens.give({ role: "read" }))).toEqual(but(READ));
  });

  test("deploy", async () => {
    expect(await refusedTo(r.control.tokens.give({ role: "deploy" }))).toEqual(but(READ, DEPLOY));
  });

  test("admin", async () => {
    expect(await refusedTo(r.control.tokens.give({ role: "admin" }))).toEqual([]);
  });

  test.each([[["shop/web"]], [["shop"]], [["other", "shop/web"]]])("deploy within %j, at shop/web", async (scope) => {
    const mine = [without(READ, "everything"), without(DEPLOY, "everything")];
    expect(await refusedTo(r.control.tokens.give({ role: "deploy", scope }))).toEqual(but(...mine));
  });

  test.each([[["shop/api"]], [["other"]], [["shop/we", "sho", "shop/web2", "shop/WEB"]]])(
    "deploy within %j, at shop/web",
    async (scope) => {
      const [read, deploy] = [READ, DEPLOY].map((table) => without(table, "everything", "service", "deployment", "asked"));
      expect(await refusedTo(r.control.tokens.give({ role: "deploy", scope }))).toEqual(but(read ?? {}, deploy ?? {}));
      expect(r.control.asked.filter(({ who }) => who.startsWith("token:"))).toEqual([]);
    },
  );
});
