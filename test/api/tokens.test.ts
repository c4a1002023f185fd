import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewToken } from "../../src/reconcile/token-control.ts";
import { upRequest } from "../conformance/up-request.ts";
import { ask, until } from "./http.ts";
import { type Running, running, TOKEN } from "./running.ts";
import { stackSpec } from "./stand-in.ts";

let r: Running;
const up = async (stack: string, ...services: string[]) => {
  const { deployments } = await r.control.up(upRequest(stackSpec(Object.fromEntries(services.map((name) => [name, {}])), stack)));
  for (const { id } of deployments) await until(async () => expect((await r.control.deployment(id)).outcome).toBe("succeeded"));
};
beforeEach(async () => {
  r = await running();
  await up("shop", "web", "api");
  await up("uat", "web");
});
afterEach(() => r.stop());

const REFUSED = { status: 403, json: { error: { code: "INS7009" } } };
const give = (more: Partial<NewToken> = {}) => r.control.tokens.give({ role: "deploy", scope: ["shop/web"], ...more });
type How = Parameters<typeof ask>[2];
const as = (secret: string, path: string, how: How = {}) =>
  ask(r, path, { ...how, headers: { authorization: `Bearer ${secret}`, ...how?.headers } });
const at = (name: string) => `/v1/stacks/${name.split("/")[0]}/services/${name.split("/")[1]}`;
const moves = () => r.control.asked.filter(({ who }) => who.startsWith("token:"));

describe("a token", () => {
  test("is let in under its name, whatever name is claimed; the home's token cannot take that name", async () => {
    const secret = give({ name: "ci" });
    expect((await as(secret, `${at("shop/web")}/deploy`, { body: { image: "web:2" } })).status).toBe(200);
    for (const claim of ["ann", "token:root", "admin-token"])
      await as(secret, `${at("shop/web")}/deploy`, { body: { image: "web:3" }, headers: { "instar-who": claim } });
    for (const claim of ["ci", "token:ci", "a b"]) {
      await ask(r, "/v1/up", { body: upRequest(stackSpec({})), headers: { "instar-who": claim } });
      await ask(r, "/v1/up", { body: upRequest(stackSpec({})), socket: true, headers: { "instar-who": claim } });
    }
    expect(r.control.asked.map(({ who }) => who).filter((who) => who !== "test")).toEqual([
      ...["token:ci", "token:ci", "token:ci", "token:ci"],
      ...["admin-token:ci", "ci", "admin-token", "socket", "admin-token", "socket"],
    ]);
  });

  test("is refused from the next request on once it is removed, and when it has expired", async () => {
    const secret = give({ name: "ci" });
    expect((await as(secret, "/v1/services")).status).toBe(200);
    expect((await ask(r, "/v1/tokens/ci", { method: "DELETE" })).json).toEqual({ removed: "ci" });
    expect(await as(secret, "/v1/services")).toMatchObject({ status: 401, json: { error: { code: "INS7002" } } });
    const gone = give({ name: "old", expiresInMs: -1 });
    const answer = await as(gone, "/v1/services");
    expect(answer).toMatchObject({ status: 401, json: { error: { code: "INS7002", message: "the token old expired" } } });
    expect(answer.text).not.toContain(gone);
  });

  test("stands after a restart of the API, and beside ten wrong ones", async () => {
    const secret = give();
    for (let n = 0; n < 11; n++) await as("wrong", "/v1/services");
    expect((await as("wrong", "/v1/services")).status).toBe(429);
    await r.restart();
    expect((await as(secret, "/v1/services")).status).toBe(200);
  });

  test("does not log in at the page, an admin's neither", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: new URL(r.url).origin };
    const answer = await ask(r, "/login", { method: "POST", bare: true, headers, body: `token=${give({ role: "admin", scope: null })}` });
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([401, undefined]);
    expect((await as(give(), "/")).headers.location).toBe("/login");
  });

  test("is made and listed without its secret being shown again", async () => {
    const body = { name: "ci", role: "read", scope: null, expiresInMs: null };
    const made = await ask(r, "/v1/tokens", { body });
    expect(made).toMatchObject({ status: 200, headers: { "cache-control": "no-store" }, json: { url: r.url, token: { name: "ci" } } });
    const listed = await ask(r, "/v1/tokens");
    expect(listed.text).not.toContain(made.json.secret);
    expect(await ask(r, "/v1/tokens", { body })).toMatchObject({ status: 409, json: { error: { code: "INS7010" } } });
  });

  test.each([
    { name: "CI" },
    { name: "a/b" },
    { name: "" },
    { scope: [] },
    { scope: [""] },
    { scope: ["shop/"] },
    { scope: ["shop/web/x"] },
    { scope: ["*"] },
    { role: "root" },
    { expiresInMs: 0 },
    { expiresInMs: -5 },
    { hash: "x" },
  ])("%j is refused", async (more) => {
    const body = { name: "ci", role: "read", scope: null, expiresInMs: null, ...more };
    expect(await ask(r, "/v1/tokens", { body })).toMatchObject({ status: 400, json: { error: { code: "INS2001" } } });
    expect(r.control.tokens.made.size).toBe(0);
  });
});

describe("a scope is not left", () => {
  test.each([
    "/v1/stacks/shop%2Fservices%2Fweb/services/api/redeploy",
    "/v1/stacks/uat/services/..%2f..%2fshop%2fservices%2fweb/redeploy",
    "/v1/stacks/shop/services/web/../api/redeploy",
    "/v1/stacks/shop/services/web/../../services/api/redeploy",
    "/v1/stacks/shop/services/web%2f..%2fapi/redeploy",
    "/v1/stacks/shop/services/API/redeploy",
    "/v1/stacks/SHOP/services/api/redeploy",
    "/V1/stacks/shop/services/api/redeploy",
    "//v1//stacks//shop//services//api//redeploy",
    "/v1/stacks/shop/services/api/redeploy/",
    "/v1/stacks/shop/services/api/redeploy?service=web&stack=shop",
    "/v1/stacks/shop/services/api/redeploy;service=web",
    "/v1/stacks/shop/services/%61pi/redeploy",
    "/v1/stacks/shop/services/api/redeploy#/services/web",
    "/v1/stacks/shop/services/api/redeploy%00",
  ])("by the address %s", async (path) => {
    const before = r.control.asked.length;
    const { deployments } = await r.control.history({ stack: "shop", service: "api" });
    for (const headers of [{}, { "x-http-method-override": "GET" }, { "x-original-url": `${at("shop/web")}/redeploy` }] as const)
      expect((await as(give(), path, { method: "POST", headers: headers as Record<string, string> })).status).toBeGreaterThanOrEqual(400);
    expect(r.control.asked.length).toBe(before);
    expect((await r.control.history({ stack: "shop", service: "api" })).deployments).toEqual(deployments);
  });

  test("by another method than the route's, or HEAD", async () => {
    const read = give({ role: "read", scope: null });
    for (const method of ["PUT", "PATCH", "OPTIONS", "TRACE", "HEAD"])
      for (const path of ["/v1/up", "/v1/backup", `${at("shop/web")}/redeploy`])
        expect((await as(read, path, { method })).status).toBe(404);
    const asked = await as(read, "/v1/up?_method=GET", {
      method: "POST",
      headers: { "x-http-method-override": "GET", "x-http-method": "GET" },
    });
    expect(asked).toMatchObject(REFUSED);
  });

  test("by a deployment's number: whose it is, is looked up; of one that is not there the answer is the same", async () => {
    const secret = give();
    const [web] = (await r.control.history({ stack: "shop", service: "web" })).deployments;
    const [api] = (await r.control.history({ stack: "shop", service: "api" })).deployments;
    expect((await as(secret, `/v1/deployments/${web?.id}`)).status).toBe(200);
    for (const verb of ["", "/pause", "/resume", "/abort", "/promote"]) {
      const method = verb === "" ? "GET" : "POST";
      const [theirs, nobodys] = await Promise.all([api?.id, "D999"].map((id) => as(secret, `/v1/deployments/${id}${verb}`, { method })));
      expect(theirs).toMatchObject(REFUSED);
      expect(nobodys?.text).toBe(theirs?.text.replace(api?.id ?? "", "D999"));
    }
    // It has ended: the call came through.
    expect((await as(secret, `/v1/deployments/${web?.id}/abort`, { method: "POST" })).json.error.code).toBe("INS2007");
  });

  test("by a deployment that moves others with it: that needs the stack", async () => {
    const [web] = (await r.control.history({ stack: "shop", service: "web" })).deployments;
    Object.assign(web ?? {}, { group: "G1" });
    const call = (scope: string[]) => as(give({ scope }), `/v1/deployments/${web?.id}/abort`, { method: "POST" });
    expect(await call(["shop/web"])).toMatchObject(REFUSED);
    expect(await call(["shop/web", "shop/api"])).toMatchObject(REFUSED);
    expect((await call(["shop"])).json.error.code).toBe("INS2007");
    expect((await as(give(), `/v1/deployments/${web?.id}`)).status).toBe(200);
  });

  test("by the service in a body whose image is taken", async () => {
    const promote = (secret: string) => as(secret, `${at("shop/web")}/deploy`, { body: { from: { stack: "uat", service: "web" } } });
    expect(await promote(give())).toMatchObject(REFUSED);
    expect(moves()).toEqual([]);
    for (const scope of [["shop/web", "uat/web"], ["shop", "uat"], null]) expect((await promote(give({ scope }))).status).toBe(200);
  });

  test("by volumes that go back with a rollback: that is an admin's, and a body that is odd is refused", async () => {
    const roll = (secret: string, body: unknown) => as(secret, `${at("shop/web")}/rollback`, { body });
    expect(await roll(give(), { to: 1, data: true })).toMatchObject(REFUSED);
    expect(await roll(give({ scope: null }), { to: 1, data: true })).toMatchObject(REFUSED);
    for (const body of [{ to: 1, data: "true" }, { to: 1, data: 1 }, { to: 1, data: [true] }, "null", '{"to":1,"data":false,"data":true}'])
      expect((await roll(give(), body)).status).toBeGreaterThanOrEqual(400);
    expect(moves()).toEqual([]);
    expect((await roll(give(), { to: 1, data: false })).status).toBe(200);
    expect((await roll(give({ role: "admin", scope: null }), { to: 1, data: true })).status).toBe(200);
  });

  test("by what a query says twice", async () => {
    for (const query of ["stack=shop&service=web&service=api", "stack=shop&stack=uat&service=web", "stack[]=shop&service=web"])
      expect((await as(give(), `/v1/drift?${query}`)).status).toBe(400);
    for (const query of ["", "stack=shop", "service=web", "stack=uat&service=web", "stack=&service=web"])
      expect((await as(give(), `/v1/drift?${query}`)).status).toBeGreaterThanOrEqual(400);
    expect((await as(give(), "/v1/drift?stack=shop&service=web")).status).toBe(200);
    expect((await as(give({ scope: ["shop"] }), "/v1/drift?stack=shop")).status).toBe(200);
  });
});

describe("a scope is all that is seen", () => {
  const names = (rows: readonly { stack: string; service: string }[]) => [...new Set(rows.map((row) => `${row.stack}/${row.service}`))];

  test("in lists", async () => {
    for (const list of ["services", "instances"]) {
      expect(names((await as(give(), `/v1/${list}`)).json[list])).toEqual(["shop/web"]);
      expect(names((await as(give(), `/v1/${list}?stack=uat`)).json[list])).toEqual([]);
      expect(names((await as(give({ scope: ["shop", "uat/api"] }), `/v1/${list}`)).json[list])).toEqual(["shop/web", "shop/api"]);
    }
    expect((await as(give({ scope: ["shop", "uat/web"] }), "/v1/stacks")).json.stacks.map(({ name }: { name: string }) => name)).toEqual([
      "shop",
    ]);
    expect((await as(give({ scope: ["uat"] }), "/v1/watch")).json).toEqual({ watches: [] });
    expect((await as(give(), "/v1/watch")).json.watches).toHaveLength(1);
  });

  test("in the event log, of which as many come as were asked for", async () => {
    r.control.happen("a backup was taken by ann");
    const events = (await as(give(), "/v1/events?limit=3")).json.events as { stack: string; service: string; seq: number }[];
    expect([events.length, names(events)]).toEqual([3, ["shop/web"]]);
    const stack = (await as(give({ scope: ["uat"] }), "/v1/events?after=0&limit=2")).json.events;
    expect([stack.length, names(stack)]).toEqual([2, ["uat/web"]]);
    const both = async (query: string) => (await as(give({ scope: ["uat", "shop/web"] }), `/v1/events?${query}`)).json.events;
    const all: { seq: number }[] = await both("limit=1000");
    expect(names(await both("limit=1000"))).toEqual(["shop/web", "uat/web"]);
    expect(await both("limit=6")).toEqual(all.slice(-6));
    expect(await both(`after=${all[1]?.seq}&limit=6`)).toEqual(all.slice(2, 8));
    expect((await as(give(), "/v1/events?stack=uat")).json).toEqual({ events: [] });
    expect((await as(give({ scope: null }), "/v1/events")).text).toContain("a backup was taken");
  });

  test("by a name alone: what others have makes it neither ambiguous nor known", async () => {
    const find = (name: string, scope: string[] | null) => as(give({ scope }), `/v1/find?name=${name}`);
    expect((await find("web", ["shop/web"])).json).toEqual({ stack: "shop", service: "web" });
    expect((await find("shop/web", ["shop/web"])).json).toEqual({ stack: "shop", service: "web" });
    for (const name of ["api", "uat/web", "none"]) expect((await find(name, ["shop/web"])).json.error.code).toBe("INS2002");
    expect((await find("api", ["shop"])).json.service).toBe("api");
    for (const scope of [["shop", "uat/web"], null]) expect((await find("web", scope)).json.error.code).toBe("INS2003");
  });

  test("what a service printed is not for the role read", async () => {
    await r.control.deploy({ stack: "shop", service: "web" }, "web:bad", "test");
    const [failed] = (await r.control.history({ stack: "shop", service: "web" })).deployments.filter(({ to }) => to === 2);
    await until(async () => expect((await r.control.deployment(failed?.id ?? "")).evidence).not.toBeNull());
    const shown = async (role: "read" | "deploy") => (await as(give({ role }), `/v1/deployments/${failed?.id}`)).json.deployment.evidence;
    expect(await shown("deploy")).toMatchObject({ exitCode: 3, log: ["booting", "cannot open /data"] });
    expect(await shown("read")).toMatchObject({ exitCode: 3, log: [] });
    r.control.happen("shop-web-r2-1-a1 ended by itself with exit code 3; last line: cannot open /data\nof postgres://app:s3cret@db");
    const told = async (role: "read" | "deploy") => (await as(give({ role, scope: null }), "/v1/events?limit=1")).json.events[0].message;
    expect(await told("deploy")).toContain("s3cret");
    expect(await told("read")).toBe("shop-web-r2-1-a1 ended by itself with exit code 3; last line: …");
  });
});

describe("a stream", () => {
  function open(secret: string, path = "/v1/events") {
    const got = { text: "", ended: false };
    const { hostname, port } = new URL(r.url);
    const headers = { accept: "text/event-stream", authorization: `Bearer ${secret}` };
    const sent = request({ host: hostname, port, path, headers, agent: false }, (answer) => {
      answer.setEncoding("utf8").on("data", (piece: string) => {
        got.text += piece;
      });
      answer.on("close", () => {
        got.ended = true;
      });
      answer.on("error", () => undefined);
    });
    sent.on("error", () => undefined);
    sent.end();
    return { got, leave: () => sent.destroy() };
  }

  test("carries what the token reaches, of the past too, and nothing of no service", async () => {
    const stream = open(give({ scope: ["uat"] }), "/v1/events?after=0");
    await until(() => expect(stream.got.text).toContain("deployment succeeded"));
    await r.control.recycle({ stack: "shop", service: "api" }, "test");
    r.control.happen("a backup was taken");
    r.control.tick();
    await r.control.recycle({ stack: "uat", service: "web" }, "test");
    await until(() => expect(stream.got.text.match(/deployment succeeded/g)).toHaveLength(2));
    expect(stream.got.text).not.toMatch(/"shop"|backup|changed/);
    stream.leave();
  });

  test("ends when its token is removed or has expired", async () => {
    const [kept, removed, expired] = [give(), give({ name: "ci" }), give()];
    const streams = [kept, removed, expired].map((secret) => open(secret));
    await until(() => expect(streams.map(({ got }) => got.text)).toEqual(Array(3).fill(expect.stringContaining(": listening"))));
    await r.control.tokens.remove("ci", "ann");
    r.control.tokens.expire(expired);
    await until(() => expect(streams.map(({ got }) => got.ended)).toEqual([false, true, true]));
    expect(r.control.listeners).toBe(1);
    streams[0]?.leave();
  });

  test("of a service that is not in the scope does not begin", async () => {
    const stream = open(give(), `${at("shop/api")}/logs?follow=true`);
    await until(() => expect(stream.got.ended).toBe(true));
    expect(stream.got.text).toContain("INS7009");
  });
});

test("the home's token and a page's session reach everything, as before", async () => {
  expect((await ask(r, "/v1/tokens", { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  expect((await ask(r, "/v1/stacks", { headers: { authorization: `Bearer ${TOKEN}` } })).json.stacks).toHaveLength(2);
});
