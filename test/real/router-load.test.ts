import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RouteTable, Server } from "../../src/route/types.ts";
import { backend, SHELL, table, WEB } from "../conformance/router-world.ts";
import { startLoad } from "../load/load.ts";
import { inWords } from "../load/report.ts";
import { type HaproxyWorld, haproxyWorld, request } from "./haproxy-world.ts";

/** No limit of its own: longer than replacing the router takes on a busy machine. */
const HOLD_MS = 60_000;
const DRAIN_MS = 6_000;

/** 200 requests a second, half on new connections, a third POST, one in twenty answered after a second; the servers are rude. */
describe("HAProxy under load loses nothing", () => {
  let world: HaproxyWorld;
  let live: readonly Server[] = [];
  let fresh = 0;
  let extra = false;

  const wanted = (): RouteTable => {
    const { listeners, backends } = table(world, live);
    const held = backends.map((one) => (one.name === WEB ? { ...one, holdMs: HOLD_MS, holdLimit: 5_000 } : one));
    const other = { ...backend([]), name: "be:shop:other:80", service: "other" };
    return {
      domains: [],
      listeners: extra ? [...listeners, { port: world.port(2), hostIp: null, mode: "http", defaultBackend: other.name }] : listeners,
      backends: extra ? [...held, other] : held,
    };
  };
  const apply = (servers: readonly Server[]): Promise<void> => {
    live = servers;
    return world.router.apply(wanted());
  };
  /** A new port comes or goes: a reload. */
  const reload = (): Promise<void> => {
    extra = !extra;
    return world.router.apply(wanted());
  };
  const come = async (): Promise<void> => apply([...live, await world.rude(fresh++)]);
  const leave = async (server: Server): Promise<void> => {
    await apply(live.map((one) => (one.name === server.name ? { ...one, state: "drain" } : one)));
    const deadline = performance.now() + DRAIN_MS;
    while (((await world.router.sessions([server.name])).get(server.name) ?? 0) > 0 && performance.now() < deadline) await sleep(20);
    await world.router.cut(server.name);
    await world.router.persisted();
    world.terminate(server.name);
    await apply(live.filter((one) => one.name !== server.name));
  };
  const oldest = (): Server => live[0] as Server;
  const underLoad = async (work: () => Promise<void>, webSockets = 0): Promise<void> => {
    const load = await startLoad({
      url: `http://127.0.0.1:${world.port(0)}`,
      rate: 200,
      slowMs: 1_000,
      proven: false,
      app: "rude",
      webSockets,
    });
    let seen: Awaited<ReturnType<typeof load.stop>>;
    try {
      await sleep(300);
      await work();
      await sleep(300);
    } finally {
      seen = await load.stop();
    }
    console.log(inWords(seen));
    expect(seen.failed).toEqual([]);
    expect(seen.failedWebSockets).toEqual([]);
    expect(seen.total).toBeGreaterThan(100);
  };

  beforeAll(async () => {
    world = await haproxyWorld();
    await world.router.ensure();
  });
  beforeEach(async () => {
    while (live.length < 2) await come();
  });
  afterAll(() => world.close());

  test("servers come, drain and go", () =>
    underLoad(async () => {
      for (let round = 0; round < 5; round++) {
        await come();
        await leave(oldest());
      }
    }));

  test("twenty reloads", () =>
    underLoad(async () => {
      for (let round = 0; round < 20; round++) await reload();
    }));

  test("reloads at any moment of a drain, with websockets", () =>
    underLoad(async () => {
      let over = false;
      const rolling = async (): Promise<void> => {
        for (let round = 0; round < 3; round++) {
          await come();
          await leave(oldest());
        }
        over = true;
      };
      const reloading = async (): Promise<void> => {
        while (!over) await reload();
      };
      await Promise.all([rolling(), reloading()]);
    }, 4));

  test("the router container is replaced, three times", () =>
    underLoad(async () => {
      for (let round = 0; round < 3; round++) await world.router.replace();
    }));

  test("a swap with nothing ready in between: requests wait", () =>
    underLoad(async () => {
      await Promise.all(live.map(leave));
      await sleep(300);
      await come();
    }));

  test("requests that wait go on to the next worker, and to the next container", () =>
    underLoad(async () => {
      await Promise.all(live.map(leave));
      await reload();
      await come();
      await Promise.all(live.map(leave));
      await world.router.replace();
      await come();
    }));

  test("kill -9 of one of two: GETs in connection go to the other", async () => {
    const [victim, other] = live as [Server, Server];
    await apply([victim, other]);
    await underLoadOfGets(world, async () => {
      world.kill(victim.name);
      await sleep(45);
      await world.router.maint(victim.name);
      await sleep(300);
    });
    await apply([other]);
  });

  /** 300 ms as in the worst way from a death to the router; the requests of that time have tried an address that is dead. */
  test("kill -9 of the only one: GETs in connection and all that come later wait for the next", async () => {
    const [victim, other] = live as [Server, Server];
    await apply([victim]);
    await underLoadOfGets(world, async () => {
      world.kill(victim.name);
      await sleep(300);
      await world.router.maint(victim.name);
      await sleep(300);
      await apply([other]);
      await sleep(300);
    });
  });

  test("the only one dies and nothing follows: who waits is answered at the end of the hold, once", async () => {
    const [victim, other] = live as [Server, Server];
    const held = (holdMs: number): RouteTable => ({
      ...wanted(),
      backends: wanted().backends.map((one) => (one.name === WEB ? { ...one, servers: [victim], holdMs, holdLimit: 100 } : one)),
    });
    await world.router.apply(held(1_500));
    world.kill(victim.name);
    const asked = performance.now();
    const early = request(world.port(0));
    await sleep(300);
    await world.router.maint(victim.name);
    expect(await early).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(performance.now() - asked).toBeGreaterThanOrEqual(1_500);
    // Without a hold nothing waits.
    await world.router.apply(held(0));
    expect((await request(world.port(0)))?.status).toBe(503);
    await apply([other]);
  });

  test("a hold is bounded in number and in time, and says when to come again", async () => {
    const bounded = {
      ...wanted(),
      backends: wanted().backends.map((one) => (one.name === WEB ? { ...one, servers: [], holdMs: 400, holdLimit: 3 } : one)),
    };
    await world.router.apply(bounded);
    const asked = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => ({ answer: await request(world.port(0)), ms: performance.now() - asked })),
    );
    expect(answers.map(({ answer }) => answer?.status)).toEqual(Array(8).fill(503));
    expect(answers.map(({ answer }) => answer?.headers["retry-after"])).toEqual(Array(8).fill("1"));
    expect(answers.filter(({ ms }) => ms >= 400)).toHaveLength(3);
    // The places are free again.
    const again = performance.now();
    expect((await request(world.port(0)))?.status).toBe(503);
    expect(performance.now() - again).toBeGreaterThanOrEqual(400);
    await world.router.apply(wanted());
  });

  test("nothing is left to mend", async () => {
    expect(await world.router.repair()).toBe(0);
    expect((await world.router.observe()).filter(({ backend: of }) => of === SHELL)).toHaveLength(live.length);
  });
});

/** GETs only, each on a connection of its own, 100 a second. */
async function underLoadOfGets(world: HaproxyWorld, work: () => Promise<void>): Promise<void> {
  const asked: Promise<number>[] = [];
  const ask = async (): Promise<number> => (await request(world.port(0), "x", "/?n=1"))?.status ?? 0;
  const timer = setInterval(() => void asked.push(ask()), 10);
  await sleep(200);
  await work();
  clearInterval(timer);
  const statuses = await Promise.all(asked);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
}
