import { Agent, get } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RouteTable } from "../../src/route/types.ts";
import { backend, table, WEB } from "../conformance/router-world.ts";
import { part } from "../route/tables.ts";
import { type HaproxyWorld, haproxyWorld, request } from "./haproxy-world.ts";

const NEXT = "be:shop:next:80";
const HOST = "shop.test";

let world: HaproxyWorld;
beforeAll(async () => {
  world = await haproxyWorld();
  await world.router.ensure();
});
afterAll(() => world.close());

test("two services by weight, changed at run time, found again by another process; who has nothing ready lends its share", async () => {
  const [one, two, next] = [await world.application(0), await world.application(1), await world.application(2)];
  const shared = (weight: number, there: readonly (typeof next)[], holdMs = 0): RouteTable => {
    const plain = table(world, [one, two]);
    const parts = [part(NEXT, weight), part(WEB, 90, { holds: holdMs > 0 })];
    return {
      ...plain,
      domains: [{ host: HOST, path: null, backend: NEXT, parts }],
      backends: [
        ...plain.backends.map((of) =>
          of.name === WEB ? { ...of, holdMs, holdLimit: 10, servers: there.length === 0 ? [] : of.servers } : of,
        ),
        { ...backend(there), name: NEXT, service: "next" },
      ],
    };
  };
  const who = async (): Promise<string> => {
    const answer = await request(world.port(9), HOST);
    return answer?.status === 200 ? (JSON.parse(answer.body) as { name: string }).name : String(answer?.status);
  };
  const counts = async (requests: number): Promise<Readonly<Record<string, number>>> => {
    const seen: Record<string, number> = {};
    for (let n = 0; n < requests; n++) {
      const name = await who();
      seen[name] = (seen[name] ?? 0) + 1;
    }
    return seen;
  };
  const workers = async (): Promise<readonly number[]> => (await (await world.master()).workers()).map(({ pid }) => pid);

  await world.router.apply(shared(10, [next]));
  expect(await counts(100)).toEqual({ [one.name]: 45, [two.name]: 45, [next.name]: 10 });

  const loaded = await workers();
  await world.router.apply(shared(30, [next]));
  expect(await counts(120)).toEqual({ [one.name]: 45, [two.name]: 45, [next.name]: 30 });
  expect(await workers()).toEqual(loaded);

  const second = world.anew();
  await second.ensure();
  expect(await second.repair()).toBe(0);
  await second.apply(shared(30, [next]));
  expect(await workers()).toEqual(loaded);
  await second.close();

  await world.router.apply(shared(30, [{ ...next, state: "drain" }]));
  expect(await counts(20)).toEqual({ [one.name]: 10, [two.name]: 10 });

  await world.router.apply(shared(30, [], 20_000));
  const waiting = [who(), who()];
  await world.router.apply(shared(30, [next], 20_000));
  expect(await Promise.all(waiting)).not.toContain("503");
});

test("who is on a worker that stops goes on to a service of the domain: on a kept connection, and out of the hold", async () => {
  const next = await world.application(3);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const kept = (): Promise<{ readonly status: number | undefined; readonly local: number | undefined }> =>
    new Promise((resolve, reject) => {
      const sent = get({ host: "127.0.0.1", port: world.port(9), agent, headers: { host: HOST } }, (response) => {
        const local = response.socket.localPort;
        response.resume().on("end", () => resolve({ status: response.statusCode, local }));
      });
      sent.on("error", reject);
    });
  const shared = (there: readonly (typeof next)[], more: number): RouteTable => {
    const plain = table(world, []);
    const parts = [part(NEXT, 10, { holds: true }), part(WEB, 90)];
    return {
      ...plain,
      listeners: [...plain.listeners, { port: world.port(more), hostIp: null, mode: "http", defaultBackend: WEB }],
      domains: [{ host: HOST, path: null, backend: NEXT, parts }],
      backends: [...plain.backends, { ...backend(there), name: NEXT, service: "next", holdMs: 20_000, holdLimit: 10 }],
    };
  };
  await world.router.apply(shared([next], 2));
  const before = await kept();
  // Another listener: a reload, and this connection stays with the old worker.
  await world.router.apply(shared([next], 3));
  expect(await kept()).toEqual({ status: 200, local: before.local });
  agent.destroy();

  await world.router.apply(shared([], 3));
  const waiting = request(world.port(9), HOST);
  await world.router.apply(shared([], 2));
  await world.router.apply(shared([next], 2));
  expect((await waiting)?.status).toBe(200);
});
