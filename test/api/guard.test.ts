import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FailedLogins, Sessions } from "../../src/api/session.ts";
import { ask } from "./http.ts";
import { type Running, running, TOKEN } from "./running.ts";

let r: Running;
beforeEach(async () => {
  r = await running();
});
afterEach(() => r.stop());

const NEW = { name: null, hmac: false, body: false, anyTag: false, by: 1, most: 20 };
const form = { "content-type": "application/x-www-form-urlencoded" };
const origin = () => new URL(r.url).origin;
const login = (token: string, headers: Record<string, string> = {}) =>
  ask(r, "/login", { method: "POST", bare: true, body: `token=${token}`, headers: { ...form, origin: origin(), ...headers } });
const cookieOf = async () => String((await login(TOKEN)).headers["set-cookie"]).split(";")[0] ?? "";

describe("the token", () => {
  test.each(["/v1/stacks", "/v1/events", "/assets/page.js", "/v1/nothing", "/"])("%s is closed without it", async (path) => {
    const answer = await ask(r, path, { bare: true });
    if (path === "/") expect(answer).toMatchObject({ status: 302, headers: { location: "/login" } });
    else expect(answer).toMatchObject({ status: 401, json: { error: { code: "INS7002" } } });
  });

  test.each(["/login", "/healthz", "/assets/page.css"])("%s is open", async (path) => {
    expect((await ask(r, path, { bare: true })).status).toBe(200);
  });

  test("a wrong one is refused, and from the eleventh in a minute told to wait; the right one is let in", async () => {
    const wrong = () => ask(r, "/v1/stacks", { headers: { authorization: "Bearer wrong" } });
    for (let n = 0; n < 10; n++) expect((await wrong()).status).toBe(401);
    expect(await wrong()).toMatchObject({ status: 429, headers: { "retry-after": "60" }, json: { error: { code: "INS7007" } } });
    expect(await login("wrong")).toMatchObject({ status: 429 });
    expect((await ask(r, "/v1/stacks")).status).toBe(200);
    expect((await login(TOKEN)).status).toBe(303);
  });
});

describe("a trigger's address", () => {
  const path = `/hooks/t1/${"s".repeat(43)}`;
  const made = () => ask(r, "/v1/stacks/shop/services/web/triggers", { body: { ...NEW, kind: "redeploy" } });

  test("needs no token, and is answered under any host: a proxy has its own name", async () => {
    expect((await made()).json.url).toBe(`${origin()}${path}`);
    for (const headers of [{}, { host: "deploy.example.com" }, { origin: "https://evil.example" }])
      expect(await ask(r, path, { method: "POST", bare: true, headers })).toMatchObject({ status: 200, json: { deployment: "D7" } });
  });

  test("is for POST alone, and nothing else is open beside it", async () => {
    await made();
    for (const [method, other] of [
      ["GET", path],
      ["POST", "/hooks/"],
      ["POST", `${path}/x`],
      ["POST", "/hooks/../v1/up"],
    ] as const)
      expect((await ask(r, other, { method, bare: true })).status).toBe(401);
    expect((await ask(r, "/v1/triggers", { bare: true })).status).toBe(401);
  });

  test("gets the body's very bytes, whatever they say they are", async () => {
    await made();
    for (const type of ["application/json", "application/vnd.docker.distribution.events.v2+json", "text/plain", "application/x-tar"]) {
      const body = '{"a": 1,  "a": 2}';
      expect((await ask(r, path, { bare: true, body, headers: { "content-type": type, "x-hub-signature-256": "sha256=1" } })).status).toBe(
        200,
      );
      const call = r.control.triggers.called.at(-1);
      expect(Buffer.from(call?.body ?? []).toString()).toBe(body);
      expect(call).toMatchObject({ headers: { "content-type": type, "x-hub-signature-256": "sha256=1" }, from: "127.0.0.1" });
    }
  });

  test("has a limit of 256 KiB, of which who calls is told in the catalogue's form", async () => {
    await made();
    expect((await ask(r, path, { bare: true, body: "x".repeat(256 * 1024) })).status).toBe(200);
    await ask(r, path, { bare: true, body: "x".repeat(256 * 1024 + 1) });
    expect(r.control.triggers.called.at(-1)?.body).toBeNull();
  });
});

describe("the session", () => {
  test("begins with the token at the form, and is kept from scripts and other sites", async () => {
    const answer = await login(TOKEN);
    expect(answer).toMatchObject({ status: 303, headers: { location: "/" } });
    expect(String(answer.headers["set-cookie"])).toMatch(/^instar_[0-9a-f]{8}=.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const page = await ask(r, "/", { bare: true, headers: { cookie: await cookieOf() } });
    expect(page.status).toBe(200);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["content-security-policy"]).not.toContain("unsafe");
  });

  test("a wrong token shows the form again", async () => {
    const answer = await login("<b>nope");
    expect(answer.status).toBe(401);
    expect(answer.text).toContain("the token is wrong");
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("changes nothing for another origin, not even one on the same host", async () => {
    const cookie = await cookieOf();
    const replace = (headers: Record<string, string>) =>
      ask(r, "/v1/router/replace", { method: "POST", bare: true, headers: { cookie, ...headers } });
    expect((await replace({ origin: origin() })).status).toBe(200);
    expect(await replace({ origin: "http://127.0.0.1:9" })).toMatchObject({ status: 403, json: { error: { code: "INS7006" } } });
    expect((await replace({})).status).toBe(403);
    expect((await replace({ origin: "null" })).status).toBe(403);
    expect((await login(TOKEN, { origin: "http://evil.example" })).status).toBe(403);
  });

  test("a changed or foreign cookie is none", async () => {
    const cookie = await cookieOf();
    const [name, value = ""] = cookie.split("=");
    for (const forged of [`${name}=${value}x`, `${name}=`, `${name}=.`, cookie.slice(0, -1), `other=${value}`]) {
      expect((await ask(r, "/v1/stacks", { bare: true, headers: { cookie: forged } })).status).toBe(401);
    }
    expect((await ask(r, "/v1/stacks", { bare: true, headers: { cookie: `a=b; ${cookie}` } })).status).toBe(200);
  });

  test("ends after twelve hours, and with the token", () => {
    let now = 0;
    const sessions = new Sessions("one", () => now);
    const cookie = sessions.begin(false).split(";")[0];
    expect(sessions.valid(cookie)).toBe(true);
    expect(new Sessions("two", () => now).valid(cookie?.replace(sessions.cookie, new Sessions("two", () => now).cookie))).toBe(false);
    now = 12 * 3600 * 1000;
    expect(sessions.valid(cookie)).toBe(false);
  });

  const logout = (cookie: string) =>
    ask(r, "/logout", { method: "POST", bare: true, body: "", headers: { ...form, cookie, origin: origin() } });
  const isIn = async (cookie: string) => (await ask(r, "/v1/stacks", { bare: true, headers: { cookie } })).status === 200;

  test("logging out takes the cookie back, and ends that session for whoever has a copy of it, after a restart too", async () => {
    const [mine, other] = [await cookieOf(), await cookieOf()];
    const answer = await logout(mine);
    expect(answer).toMatchObject({ status: 303, headers: { location: "/login" } });
    expect(String(answer.headers["set-cookie"])).toMatch(/^instar_[0-9a-f]{8}=; .*Max-Age=0$/);
    expect([await isIn(mine), await isIn(other)]).toEqual([false, true]);
    await r.restart();
    expect([await isIn(mine), await isIn(other)]).toEqual([false, true]);
  });

  test("is not in the file that keeps it, which only its owner reads; what is no list of sessions keeps none", async () => {
    const cookie = await cookieOf();
    const path = join(r.home, "sessions.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).not.toContain(cookie.split("=")[1]);
    for (const text of ["{", "{}", "[null, {}, 7]", ""]) {
      writeFileSync(path, text);
      await r.restart();
      expect(await isIn(cookie)).toBe(false);
    }
  });

  test("over https has a cookie that no other host and no plain connection can set", async () => {
    const given = String((await login(TOKEN, { origin: origin().replace("http:", "https:") })).headers["set-cookie"]);
    expect(given).toMatch(/^__Host-instar_[0-9a-f]{8}=.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
    const cookie = given.split(";")[0] ?? "";
    expect(await isIn(cookie)).toBe(true);
    expect(String((await logout(cookie)).headers["set-cookie"])).toMatch(/^__Host-instar_.*=; .*Secure$/);
    expect(await isIn(cookie)).toBe(false);
  });

  test("of two installations on one host do not meet; a hundred are kept", () => {
    const [one, two] = [new Sessions("one", () => 0), new Sessions("two", () => 0)];
    expect(one.cookie).not.toBe(two.cookie);
    const cookies = Array.from({ length: 101 }, () => one.begin(false).split(";")[0] ?? "");
    expect(cookies.map((cookie) => one.valid(cookie)).filter((valid) => !valid)).toHaveLength(1);
    expect(one.valid(cookies[0])).toBe(false);
    expect(two.valid(cookies[100])).toBe(false);
  });
});

describe("the host", () => {
  test.each(["evil.example", "evil.example:7080", "127.0.0.1.evil.example", "localhost.", "10.0.0.1"])("%s is foreign", async (host) => {
    expect(await ask(r, "/v1/stacks", { headers: { host } })).toMatchObject({ status: 403, json: { error: { code: "INS7006" } } });
    expect((await ask(r, "/", { bare: true, headers: { host } })).status).toBe(403);
  });

  test.each(["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:7080"])("%s is ours", async (host) => {
    expect((await ask(r, "/v1/stacks", { headers: { host } })).status).toBe(200);
  });
});

test("failed logins are forgotten after a minute", () => {
  let now = 0;
  const failed = new FailedLogins(() => now);
  for (let n = 0; n < 10; n++) failed.add();
  expect(failed.tooMany).toBe(true);
  now = 60_000;
  expect(failed.tooMany).toBe(false);
});
