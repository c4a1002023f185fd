import { existsSync, readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RouteTable, Server } from "../../src/route/types.ts";
import { routerConformance } from "../conformance/router.ts";
import { backend, table, WEB } from "../conformance/router-world.ts";
import { childrenOf } from "../e2e/workers.ts";
import { type HaproxyWorld, haproxyWorld, request, SOCKET } from "./haproxy-world.ts";

routerConformance("HAProxy", () => haproxyWorld());

/** How long a process has lived; field 22 of its `stat` is its start in hundredths of a second after boot (proc_pid_stat(5)). */
const secondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number.parseFloat(readFileSync("/proc/uptime", "utf8")) - Number(fields[19]) / 100;
};

/** Who answers, and the client's own port: the same one is the same connection. */
const kept = (agent: Agent, port: number, host: string): Promise<{ name: unknown; from: number | undefined }> =>
  new Promise((resolve, reject) => {
    const sent = get({ host: "127.0.0.1", port, agent, headers: { host } }, (response) => {
      const from = response.socket.localPort;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ name: response.statusCode === 200 ? JSON.parse(body).name : body, from });
      });
    });
    sent.on("error", reject);
  });

describe("HAProxy, what only it can show", () => {
  let world: HaproxyWorld;
  let one: Server;
  let two: Server;
  const apply = (...servers: readonly Server[]): Promise<void> => world.router.apply(table(world, servers));
  const workers = async (): Promise<number> => (await (await world.master()).workers()).length;

  /** What ends within two seconds of its start is left to the engine. */
  const supervised = (): Promise<void> =>
    expect.poll(async () => secondsOf(await world.processId()), { timeout: 10_000 }).toBeGreaterThan(3);

  beforeAll(async () => {
    world = await haproxyWorld();
    [one, two] = [await world.application(3), await world.application(4)];
    await world.router.ensure();
    await apply(one, two);
  });
  afterAll(() => world.close());

  test("hosts and paths: the longest path of the host first, then wildcards, then the port's own service", async () => {
    const named = (name: string): string => `be:shop:${name}:80`;
    const serve = (name: string, server: Server) => ({ ...backend([server]), name: named(name), service: name });
    const three = await world.application(5);
    const domains: RouteTable["domains"] = [
      { host: "shop.test", path: null, backend: named("front") },
      { host: "shop.test", path: "/api", backend: named("api") },
      { host: "*.shop.test", path: null, backend: named("wild") },
      { host: "*.deep.shop.test", path: "/api/", backend: named("api") },
    ];
    const before = table(world, [one, two]);
    const first = {
      ...before,
      backends: [...before.backends, serve("front", one), serve("api", two), serve("wild", three)],
      domains: domains.slice(0, 1),
    };
    await world.router.apply(first);
    const loaded = await (await world.master()).ask("show proc");
    await world.router.apply({ ...first, domains });
    const master = world.port(9);
    const ask = async (host: string, path = "/"): Promise<string | null> => {
      const answer = await request(master, host, path);
      return answer?.status === 200 ? (JSON.parse(answer.body) as { name: string }).name : String(answer?.status);
    };
    expect(await ask("shop.test")).toBe(one.name);
    expect(await ask("SHOP.test:8080", "/apix?x=/api/")).toBe(one.name);
    expect(await ask("shop.test.", "/api")).toBe(two.name);
    expect(await ask("shop.test", "/api/v1?q")).toBe(two.name);
    expect(await ask("a.shop.test", "/api")).toBe(three.name);
    expect(await ask("a.b.c.shop.test")).toBe(three.name);
    expect(await ask("a.deep.shop.test", "/api/x")).toBe(two.name);
    expect(await ask("a.deep.shop.test", "/")).toBe(three.name);
    expect(await ask("other.test")).toBe("404");
    expect((await request(master, "other.test"))?.body).toContain("Instar");
    await world.router.apply({ ...first, domains: [{ host: "shop.test", path: null, backend: named("api") }] });
    expect(await ask("shop.test")).toBe(two.name);
    expect(await ask("a.shop.test")).toBe("404");
    // Maps only: no reload came between.
    expect((await (await world.master()).ask("show proc")).split("\n")[1]?.split(/\s+/)[2]).toBe(loaded.split("\n")[1]?.split(/\s+/)[2]);
    await apply(one, two);
  });

  test("the application learns who asks, and of which host, port and protocol", async () => {
    const answer = await request(world.port(0), "shop.test:81");
    expect((JSON.parse(answer?.body ?? "{}") as { headers: object }).headers).toEqual({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "shop.test:81",
      "x-forwarded-port": String(world.port(0)),
      "x-forwarded-proto": "http",
    });
  });

  test("without an instance: 503 that names Instar and the service, and when to come again", async () => {
    await apply();
    const answer = await request(world.port(0));
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(answer?.body).toMatch(/Instar.*shop\/web/);
    await apply(one, two);
  });

  test("a request in an old worker is counted until it is answered, in the old container too", async () => {
    await apply(one);
    const slow = request(world.port(0), "x", "/?hold");
    await expect.poll(async () => (await world.router.sessions([one.name])).get(one.name)).toBe(1);
    const listeners = [...table(world, []).listeners, { port: world.port(5), hostIp: null, mode: "http", defaultBackend: WEB } as const];
    await world.router.apply(table(world, [two], { listeners }));
    expect((await world.router.sessions([one.name])).get(one.name)).toBe(1);
    await world.router.replace();
    expect((await world.router.sessions([one.name])).get(one.name)).toBe(1);
    await fetch(`http://${one.address}:${one.port}/?release`);
    expect((await slow)?.status).toBe(200);
    await expect.poll(async () => (await world.router.sessions([one.name])).get(one.name), { timeout: 5_000 }).toBe(0);
    await expect.poll(() => world.containers(), { timeout: 5_000 }).toHaveLength(1);
    await expect.poll(() => workers(), { timeout: 5_000 }).toBe(1);
  });

  test("a server with a connection leaves the table at once, and HAProxy as soon as it can", async () => {
    await apply(one, two);
    const tunnel = await world.connect(world.port(1));
    const stays = tunnel.server === one.name ? two : one;
    await apply(stays);
    expect(tunnel.open()).toBe(true);
    expect(await world.ask(world.port(0))).toBe(stays.name);
    tunnel.end();
    await expect
      .poll(async () => (await world.router.observe()).map(({ name }) => name), { timeout: 5_000 })
      .toEqual([stays.name, stays.name]);
  });

  test("another process takes up what runs, without a reload, and a table that changed meanwhile", async () => {
    await apply(one, two);
    const before = await world.processId();
    const second = world.anew();
    await second.ensure();
    expect(await second.repair()).toBe(0);
    expect((await second.observe()).map(({ name }) => name).sort()).toEqual([one.name, one.name, two.name, two.name]);
    await second.apply(table(world, [two]));
    await second.close();
    expect(await world.processId()).toBe(before);
    expect(await world.ask(world.port(0))).toBe(two.name);
    // The first one's picture is out of date now: it sees that when it looks.
    expect(await world.router.repair()).toBeGreaterThan(0);
    await apply(one, two);
    expect((await world.router.observe()).map(({ name }) => name).sort()).toEqual([one.name, one.name, two.name, two.name]);
  });

  test.each(["master", "worker", "supervisor"])("kill -9 of the %s: back with the last table", async (victim) => {
    await apply(one);
    await world.router.persisted();
    const container = await world.containers();
    const [supervisor, master] = [await world.supervisorId(), await world.processId()];
    const [worker] = childrenOf(master).map(Number);
    await supervised();
    const killedAt = performance.now();
    process.kill({ master, worker, supervisor }[victim] ?? Number.NaN, "SIGKILL");
    await expect.poll(() => [master, worker].some((pid) => existsSync(`/proc/${pid}`)), { interval: 5, timeout: 10_000 }).toBe(false);
    await expect.poll(() => world.ask(world.port(0)), { interval: 5, timeout: 10_000 }).toBe(one.name);
    const gap = performance.now() - killedAt;
    console.log(`kill -9 of the ${victim}: answered again after ${gap.toFixed(0)} ms`);
    expect(await world.containers()).toEqual(container);
    // Only what the supervisor starts again needs no engine for it.
    expect((await world.supervisorId()) === supervisor).toBe(victim !== "supervisor");
    await expect.poll(() => world.router.repair().catch(() => -1), { timeout: 5_000 }).toBe(0);
    await apply(one, two);
    expect((await world.router.observe()).map(({ name }) => name).sort()).toEqual([one.name, one.name, two.name, two.name]);
  });

  test("a drained server is still drained after a reload and after a restart", async () => {
    await apply({ ...one, state: "drain" }, two);
    const listeners = [...table(world, []).listeners, { port: world.port(6), hostIp: null, mode: "http", defaultBackend: WEB } as const];
    await world.router.apply(table(world, [{ ...one, state: "drain" }, two], { listeners }));
    const drained = async (): Promise<readonly string[]> =>
      (await world.router.observe()).filter(({ name }) => name === one.name).map(({ state }) => state);
    expect(await drained()).toEqual(["drain", "drain"]);
    expect(await world.router.repair()).toBe(0);
    await world.router.persisted();
    await supervised();
    const killed = await world.processId();
    await world.crash();
    // What was killed may answer until the last of it has ended.
    await expect.poll(() => world.processId().catch(() => killed), { timeout: 10_000 }).not.toBe(killed);
    const answers: (string | null)[] = [];
    while (answers.length < 8) {
      const name = await world.ask(world.port(0));
      if (name !== null) answers.push(name);
    }
    expect(new Set(answers)).toEqual(new Set([two.name]));
    await expect.poll(() => drained().catch(() => []), { timeout: 5_000 }).toEqual(["drain", "drain"]);
  });

  test.each(["a port", "a domain"])(
    "%s that another service has by now: a connection from before is served by it, and not cut",
    async (what) => {
      const host = "moved.test";
      const named = (name: string): string => `be:shop:${name}:80`;
      const routed = (name: string, server: Server): RouteTable => {
        const before = table(world, [one]);
        const port = world.port(2);
        const listeners = [...before.listeners, { port, hostIp: null, mode: "http", defaultBackend: named(name) } as const];
        return {
          ...before,
          listeners: what === "a port" ? listeners : before.listeners,
          domains: what === "a port" ? [] : [{ host, path: null, backend: named(name) }],
          backends: [...before.backends, { ...backend([server]), name: named(name), service: name }],
        };
      };
      await world.router.apply(routed("front", one));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => kept(agent, what === "a port" ? world.port(2) : world.port(9), host);
      const first = await ask();
      expect(first.name).toBe(one.name);
      await world.router.apply(routed("site", two));
      expect(await ask()).toEqual({ ...first, name: two.name });
      agent.destroy();
    },
  );

  test("IPv6 clients are served as well", async () => {
    await apply(one);
    const response = await fetch(`http://[::1]:${world.port(0)}/`);
    expect(await response.json()).toMatchObject({ name: one.name });
  });

  test("its container removed by someone: a new one, with the table in force", async () => {
    await apply(one, two);
    for (const id of await world.containers()) await world.removeContainer(id);
    await world.router.ensure();
    expect((await world.router.observe()).map(({ name }) => name).sort()).toEqual([one.name, one.name, two.name, two.name]);
    await apply(two);
    expect(await world.ask(world.port(0))).toBe(two.name);
  });

  test("eight old workers at most: the ninth reload waits for one to end, drains do not", async () => {
    await apply(one, two);
    const reload = (port: number): Promise<void> =>
      world.router.apply(
        table(world, [one, two], {
          listeners: [...table(world, []).listeners, { port: world.port(port), hostIp: null, mode: "http", defaultBackend: WEB }],
        }),
      );
    const tunnels = [];
    for (let time = 0; time < 8; time++) {
      tunnels.push(await world.connect(world.port(1)));
      await reload(5 + (time % 2));
    }
    expect(await workers()).toBe(9);
    const ninth = reload(7);
    const drained = table(world, [{ ...one, state: "drain" }, two]).backends;
    const both = world.router.apply(
      table(world, [], {
        backends: drained,
        listeners: [...table(world, []).listeners, { port: world.port(7), hostIp: null, mode: "http", defaultBackend: WEB }],
      }),
    );
    await expect.poll(async () => (await world.router.observe()).filter(({ state }) => state === "drain").length).toBe(2);
    expect(await workers()).toBe(9);
    expect(tunnels.every((tunnel) => tunnel.open())).toBe(true);
    for (const tunnel of tunnels) tunnel.end();
    await Promise.all([ninth, both]);
    await expect.poll(() => workers(), { timeout: 5_000 }).toBe(1);
  });

  test("the home is lost: HAProxy ends and comes back with its table all the same, and another daemon takes it up as it is", async () => {
    const { mkdir, readdir, rm } = await import("node:fs/promises");
    await apply(one, two);
    await world.router.persisted();
    const before = await world.containers();
    await rm(world.home, { recursive: true });
    await mkdir(world.home);
    await world.crash();
    await expect.poll(() => world.ask(world.port(0)), { timeout: 10_000 }).not.toBeNull();
    const other = world.anew();
    await other.ensure();
    const servers = (await other.observe()).map(({ name, state }) => `${name} ${state}`);
    expect([...new Set(servers)].sort()).toEqual([one, two].map(({ name }) => `${name} ready`).sort());
    expect(await world.containers()).toEqual(before);
    expect(await readdir(`${world.home}/router`)).toContainEqual(expect.stringMatching(/^g\d+$/));
    await other.close();
  });

  test("an image that is not there, or too old, is refused", async () => {
    const { createHaproxyRouter } = await import("../../src/haproxy/router.ts");
    const { mkdtemp, rm } = await import("node:fs/promises");
    const home = await mkdtemp("/tmp/irt-");
    const log = { info: () => undefined, warn: () => undefined };
    const other = createHaproxyRouter({
      home,
      socketPath: SOCKET,
      image: "instar/no-such-router:1",
      installation: "irtnone0",
      log,
    });
    await expect(other.ensure()).rejects.toMatchObject({ code: "INS4004" });
    await other.stop();
    await rm(home, { recursive: true });
  });
});
