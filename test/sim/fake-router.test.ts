import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { Clock } from "../../src/reconcile/ports.ts";
import { routerConformance } from "../conformance/router.ts";
import { type RouterWorld, SHELL, table, WEB } from "../conformance/router-world.ts";
import { createFakeRouter, type FakeRouter } from "./fake-router.ts";

const wallClock: Clock = {
  now: () => Date.now(),
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

const worldOf = (router: FakeRouter): RouterWorld => ({
  router,
  port: (n) => 20_000 + n,
  application: async (n) => ({ name: `shop-web-r1-${n + 1}-a1`, address: `10.0.0.${n + 1}`, port: 8080, weight: 100, state: "ready" }),
  async ask(port) {
    const session = router.control.connect(port);
    session?.end();
    return session?.server ?? null;
  },
  async connect(port) {
    const session = router.control.connect(port);
    if (session === null) throw new Error(`nobody answers on ${port}`);
    return { server: session.server, open: () => session.open, end: () => session.end() };
  },
  async occupy(port) {
    router.control.takePort(port, "nginx (pid 7)");
    return async () => router.control.takePort(port, null);
  },
  meddle: async (server) => router.control.meddle(server, "maint"),
  crash: async () => router.control.crash(),
  close: async () => {},
});

routerConformance("in memory", async () => worldOf(createFakeRouter({ clock: wallClock })));

describe("what the simulated world does to the router", () => {
  let router: FakeRouter;
  let world: RouterWorld;
  beforeEach(async () => {
    router = createFakeRouter({ clock: wallClock });
    world = worldOf(router);
    await router.ensure();
    await router.apply(table(world, [await world.application(0)]));
  });
  afterEach(() => router.stop());

  test("sessions drain slowly, or never", async () => {
    const server = await world.application(0);
    const slow = router.control.connect(world.port(1));
    router.control.sessions.drainsIn(server.name, 20);
    await router.apply(table(world, [{ ...server, state: "drain" }]));
    expect(slow?.open).toBe(true);
    await expect.poll(() => slow?.open).toBe(false);
  });

  test("a lie about sessions leaves the truth alone", async () => {
    const { name } = await world.application(0);
    router.control.connect(world.port(0));
    router.control.sessions.tell(name, 0);
    expect((await router.sessions([name])).get(name)).toBe(0);
    expect(router.control.sessions.really(name)).toBe(1);
  });

  test("a crash before the table is saved loses it", async () => {
    await router.persisted();
    router.control.persistMs = 1_000;
    await router.apply(table(world, [await world.application(1)]));
    router.control.crash();
    expect(router.control.serving(WEB).map(({ name }) => name)).toEqual(["shop-web-r1-1-a1"]);
    expect(await router.repair()).toBeGreaterThan(0);
    expect(router.control.serving(SHELL).map(({ name }) => name)).toEqual(["shop-web-r1-2-a1"]);
  });

  test("down, or told to fail, it raises", async () => {
    router.control.setDown(true);
    await expect(router.observe()).rejects.toMatchObject({ code: "INS4002" });
    router.control.setDown(false);
    router.control.failNext("repair", new InstarError("INS4003", "refused"));
    await expect(router.repair()).rejects.toMatchObject({ code: "INS4003" });
    expect(await router.repair()).toBe(0);
  });
});
