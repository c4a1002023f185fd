import { readdir, readFile, writeFile } from "node:fs/promises";
import { get, type OutgoingHttpHeaders } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener, RouteTable, Server } from "../../src/route/types.ts";
import { backend, SHELL, table, WEB } from "../conformance/router-world.ts";
import { type HaproxyWorld, haproxyWorld } from "./haproxy-world.ts";

/** TEST-NET-1 (RFC 5737): no machine has it. */
const NOWHERE = "192.0.2.1";
/** Longer than HTTP lets a half-closed connection be. */
const LONG_MS = 3_000;

/** What the application sees of these headers, asked through the router from loopback. */
const seen = (port: number, headers: OutgoingHttpHeaders): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString()).headers));
    }).on("error", reject);
  });

describe("HAProxy, between what is in front of it and what is behind it", () => {
  let world: HaproxyWorld;
  let one: Server;
  const closing: (() => void)[] = [];
  const listening = (server: ReturnType<typeof createServer> | ReturnType<typeof createHttp2>, name: string): Promise<Server> =>
    new Promise((resolve) => {
      closing.push(() => server.close());
      server.listen(0, "127.0.0.1", () =>
        resolve({ name, address: "127.0.0.1", port: (server.address() as AddressInfo).port, weight: 100, state: "ready" }),
      );
    });

  beforeAll(async () => {
    world = await haproxyWorld();
    one = await world.application(0);
    await world.router.ensure();
    await world.router.apply(table(world, [one]));
  });
  afterAll(async () => {
    for (const close of closing) close();
    await world.close();
  });

  test("a proxy near it that ends TLS says what it was asked by; what it does not say is said for it", async () => {
    const port = world.port(0);
    const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "shop.test", "x-forwarded-port": "8443" };
    expect(await seen(port, { host: "inner.test", ...forwarded, "x-forwarded-for": "203.0.113.7" })).toEqual({
      ...forwarded,
      "x-forwarded-for": "203.0.113.7, 127.0.0.1",
    });
    // Without a port it is the usual one of https: ours would be wrong.
    expect(await seen(port, { host: "shop.test", "x-forwarded-proto": "https" })).toEqual({
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.test",
      "x-forwarded-for": "127.0.0.1",
    });
    expect(await seen(port, { host: "shop.test" })).toEqual({
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": String(port),
      "x-forwarded-for": "127.0.0.1",
    });
  });

  test("a TCP client that has said all it has to say waits for its answer", async () => {
    const app = createServer({ allowHalfOpen: true }, (socket) => {
      let asked = "";
      socket.on("data", (chunk) => {
        asked += chunk.toString();
      });
      socket.on("end", () => void sleep(LONG_MS).then(() => socket.end(`${asked} is what you said`)));
    });
    const shell = await listening(app, "shop-shell-r1-1-a1");
    const before = table(world, [one]);
    const backends = before.backends.map((given) => (given.name === SHELL ? { ...given, servers: [shell] } : given));
    await world.router.apply({ ...before, backends });
    const answered = await new Promise<string>((resolve, reject) => {
      let said = "";
      const client = connect({ host: "127.0.0.1", port: world.port(1), allowHalfOpen: true }, () => client.end("this"));
      client.on("data", (chunk) => {
        said += chunk.toString();
      });
      client.on("end", () => resolve(said));
      client.on("error", reject);
    });
    expect(answered).toBe("this is what you said");
    await expect.poll(async () => (await world.router.sessions([shell.name])).get(shell.name), { timeout: 5_000 }).toBe(0);
  });

  test("old and new instances are each spoken to in their own protocol, from the first request of the new ones to the last of the old", async () => {
    const app = createHttp2((_request, response) => void response.end(JSON.stringify({ name: "shop-web-r9-1-a1" })));
    const fresh = await listening(app, "shop-web-r9-1-a1");
    const spoken = (...servers: readonly Server[]): RouteTable => ({
      ...table(world, [one]),
      backends: [{ ...backend(servers), protocol: "h2" }, ...table(world, [one]).backends.filter(({ name }) => name === SHELL)],
    });
    const asked = async (method: string): Promise<readonly string[]> => {
      const names = new Set<string>();
      for (let time = 0; time < 12; time++) {
        const answer = await fetch(`http://127.0.0.1:${world.port(0)}/`, { method, ...(method === "POST" ? { body: "x" } : {}) });
        names.add(answer.status === 200 ? ((await answer.json()) as { name: string }).name : String(answer.status));
      }
      return [...names].sort();
    };
    await world.router.apply(table(world, [one]));
    await world.router.apply(spoken({ ...one, protocol: "h1" }));
    expect(await asked("GET")).toEqual([one.name]);
    await world.router.apply(spoken({ ...one, protocol: "h1" }, fresh));
    for (const method of ["GET", "POST"]) expect(await asked(method)).toEqual([one.name, fresh.name]);
    expect(await world.router.repair()).toBe(0);
    await world.router.persisted();
    await world.router.apply(spoken({ ...one, protocol: "h1", state: "drain" }, fresh));
    expect(await asked("POST")).toEqual([fresh.name]);
    await world.router.apply(table(world, [one]));
    expect(await asked("GET")).toEqual([one.name]);
  });

  describe("an address that the machine does not have", () => {
    const nowhere = (): Listener => ({ port: world.port(4), hostIp: NOWHERE, mode: "http", defaultBackend: WEB });

    test("is refused before anything changes", async () => {
      const listeners = [...table(world, []).listeners, nowhere()];
      await expect(world.router.apply(table(world, [one], { listeners }))).rejects.toMatchObject({
        ...{ code: "INS4001", message: expect.stringContaining(NOWHERE) },
      });
      expect(await world.ask(world.port(0))).toBe(one.name);
    });

    test("keeps no other listener from being served after a restart", async () => {
      await world.router.apply(table(world, [one]));
      await world.router.persisted();
      await world.router.close();
      for (const id of await world.containers()) await world.removeContainer(id);
      const folder = join(world.home, "router");
      for (const generation of (await readdir(folder)).filter((name) => /^g\d+$/.test(name))) {
        const file = join(folder, generation, "table.json");
        const saved = JSON.parse(await readFile(file, "utf8"));
        saved.table.listeners.push(nowhere());
        await writeFile(file, JSON.stringify(saved));
      }
      expect(await world.router.ensure()).toBe(true);
      expect(await world.ask(world.port(0))).toBe(one.name);
    });
  });
});
