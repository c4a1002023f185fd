import { get, type IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend, RouteTable, Server } from "../../src/route/types.ts";
import { backend, table, WEB } from "../conformance/router-world.ts";
import { part } from "../route/tables.ts";
import { type HaproxyWorld, haproxyWorld, request } from "./haproxy-world.ts";

/** Who tried an instance that had died, and comes again through the router itself. */
const NEXT = "be:shop:next:80";
const HOLD_MS = 20_000;
/** Both ways from a death to the router: the engine's event, and its own checks. */
const UNKNOWN_MS = 300;

let world: HaproxyWorld;
let next: Server;
let born = 0;
beforeAll(async () => {
  world = await haproxyWorld();
  await world.router.ensure();
  next = await world.application(0);
});
afterAll(() => world.close());

interface Seen {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const ask = (headers: Readonly<Record<string, string>> = {}, port = world.port(0)): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const sent = get({ host: "127.0.0.1", port, agent: false, headers: { host: "shop.test", ...headers } }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on("error", reject);
  });

const routed = (servers: readonly Server[], more: Partial<Backend> = {}, all: Partial<RouteTable> = {}): RouteTable => {
  const plain = table(world, servers, all);
  return { ...plain, backends: plain.backends.map((of) => (of.name === WEB ? { ...of, holdMs: HOLD_MS, holdLimit: 10, ...more } : of)) };
};

/** What `asking` sees that asks after the death of the only instance, before the router knows, and is followed by `then`. */
async function afterDeath<T>(
  of: (servers: readonly Server[]) => RouteTable,
  asking: () => Promise<T>,
  then: readonly Server[],
): Promise<T> {
  const victim = await world.rude(born++);
  await world.router.apply(of([victim]));
  expect((await ask()).status).toBe(200);
  world.kill(victim.name);
  const seen = asking();
  await sleep(UNKNOWN_MS);
  await world.router.maint(victim.name);
  await sleep(UNKNOWN_MS);
  await world.router.apply(of(then));
  return seen;
}

test("the next instance sees what it would have seen, and nothing of the way", async () => {
  const seen = await afterDeath(routed, () => ask({ "x-forwarded-for": "192.0.2.7", "x-instar-backend": "be:shop:shell:22" }), [next]);
  expect(seen.status).toBe(200);
  const { name, headers } = JSON.parse(seen.body) as { name: string; headers: Record<string, string> };
  expect(name).toBe(next.name);
  expect(headers).toEqual({
    "x-forwarded-for": "192.0.2.7, 127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "shop.test",
    "x-forwarded-port": String(world.port(0)),
  });
});

test("a client that sticks to what has died sticks to the next, and gets one cookie", async () => {
  const sticky = (servers: readonly Server[]): RouteTable => routed(servers, { sticky: "SRV" });
  const seen = await afterDeath(sticky, () => ask({ cookie: "SRV=shop-web-r2-1-a1" }), [next]);
  expect(seen.status).toBe(200);
  expect(seen.headers["set-cookie"]).toEqual([`SRV=${next.name}; Path=/; HttpOnly; SameSite=Lax`]);
});

test("who asked for the revision that has died is refused, and not sent round", async () => {
  const pinned = (servers: readonly Server[]): RouteTable =>
    routed(
      servers,
      {},
      {
        pins: {
          counts: servers.length === 0 ? {} : { [WEB]: 1, [`${WEB}/2`]: 1 },
          picks: Object.fromEntries(servers.map(({ name }) => [`${WEB}/2/0`, name])),
          previews: {},
        },
      },
    );
  const seen = await afterDeath(pinned, () => ask({ "x-instar-revision": "2" }), []);
  expect(seen).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(seen.body).toMatch(/Instar.*shop\/web/);
});

test("several that die at once are as one: who comes before the router knows waits for the next", async () => {
  const victims = [await world.rude(born++), await world.rude(born++), await world.rude(born++)];
  await world.router.apply(routed(victims));
  expect((await ask()).status).toBe(200);
  for (const { name } of victims) world.kill(name);
  for (const { port } of victims) while ((await request(port)) !== null) await sleep(1);
  const seen = Promise.all(Array.from({ length: 10 }, () => ask()));
  await sleep(UNKNOWN_MS);
  for (const { name } of victims) await world.router.maint(name);
  await world.router.apply(routed([next]));
  expect((await seen).map(({ status }) => status)).toEqual(Array(10).fill(200));
});

test("who named the revision that has died is not answered by another one", async () => {
  const victim = await world.rude(born++);
  const pins = { counts: { [WEB]: 1, [`${WEB}/2`]: 1 }, picks: { [`${WEB}/2/0`]: victim.name }, previews: {} };
  await world.router.apply(routed([victim, next], {}, { pins }));
  const before = await ask({ "x-instar-revision": "2" });
  expect(before.status).toBe(200);
  expect(before.body).not.toMatch(next.name);
  world.kill(victim.name);
  while ((await request(victim.port)) !== null) await sleep(1);
  // Before anybody knows, and when HAProxy has found it out.
  for (let n = 0; n < 2; n++) expect((await ask({ "x-instar-revision": "2" })).status).toBe(503);
  expect((await ask()).status).toBe(200);
});

test("it waits no longer than an instance would be waited for, and is told so before that is over", async () => {
  const seen = await afterDeath((servers) => routed(servers, { serverTimeoutMs: 4_000 }), ask, []);
  // Not 504: nothing was sent anywhere.
  expect(seen).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
});

test("without a hold it is refused as ever", async () => {
  const asked = performance.now();
  const seen = await afterDeath((servers) => routed(servers, { holdMs: 0 }), ask, []);
  expect(performance.now() - asked).toBeLessThan(HOLD_MS);
  expect(seen).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
});

test("of a shared domain the others take it", async () => {
  const shared = (servers: readonly Server[]): RouteTable =>
    routed(
      servers,
      {},
      {
        domains: [{ host: "shop.test", path: null, backend: WEB, parts: [part(WEB, 90, { holds: true }), part(NEXT, 10)] }],
        backends: [...table(world, servers).backends, { ...backend([next]), name: NEXT, service: "next" }],
      },
    );
  const seen = await afterDeath(shared, () => Promise.all(Array.from({ length: 10 }, () => ask({}, world.port(9)))), []);
  expect(seen.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(new Set(seen.map(({ body }) => (JSON.parse(body) as { name: string }).name))).toEqual(new Set([next.name]));
});
