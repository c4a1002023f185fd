import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cause, found, reunite } from "../../src/reconcile/reunite.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { House, stack, WEB } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

/** Whatever happened to the home, on the same engine and router, before the daemon starts again. */
async function anew(change: (store: Store, origins: ReadonlyMap<string, string>) => Promise<void>, lose = true): Promise<void> {
  const origins = house.engine.control.origins();
  const { installation } = house.engine.control;
  await house.close();
  if (lose) for (const suffix of ["", "-wal", "-shm"]) rmSync(`${house.home}/instar.db${suffix}`, { force: true });
  const store = await openStore(house.home, { installation });
  await change(store, origins);
  await store.close();
  house.engine.control.calls.length = 0;
  await house.open();
}

const reunited =
  (cause: Cause) =>
  async (store: Store, origins: ReadonlyMap<string, string>): Promise<void> =>
    reunite(store, await found(house.engine, origins), cause, 1);
const RECOVERED: Cause = { kind: "recovered" };
const RESTORED: Cause = { kind: "restored", date: "2026-01-01T00:00:00.000Z" };

/** Nothing was created, stopped or removed since the daemon came back. */
const touched = (): string[] =>
  house.engine.control.calls.filter((one) => /^(create|start|stop|remove)$/.test(one.call)).map((one) => one.call);
const names = async (): Promise<string[]> => (await house.engine.instances()).map((i) => i.name);
const kinds = async (): Promise<string[]> => (await house.daemon.control.events({ after: 0 })).map((e) => e.kind);
/** A whole pass of every service has been made. */
const settled = (): Promise<unknown> => house.until(async () => (await house.serving()).length >= 1);

describe("a lost home is rebuilt from what runs", () => {
  it("the same instances serve, nothing is replaced, up of the same file is equal, and a redeploy works", async () => {
    await house.upToTheEnd({
      web: {},
      api: { ports: [{ published: null, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }] },
    });
    await house.upToTheEnd({
      web: { image: "shop/web:v2" },
      api: { ports: [{ published: null, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }] },
    });
    const before = await names();
    const [given] = (await house.daemon.control.services("shop")).filter((s) => s.service === "api").map((s) => s.ports);
    await anew(reunited(RECOVERED));
    await house.until(async () => (await house.serving()).length === 2 && (await house.serving("api")).length === 2);
    expect(await names()).toEqual(before);
    const again = await house.up({
      web: { image: "shop/web:v2" },
      api: { ports: [{ published: null, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }] },
    });
    expect(again.deployments.map((d) => d.outcome)).toEqual(["unchanged", "unchanged"]);
    expect((await house.daemon.control.services("shop")).find((s) => s.service === "api")?.ports).toEqual(given);
    expect(touched()).toEqual([]);
    expect(await kinds()).toEqual(["home.recovered", "service.recovered", "service.recovered"]);
    const history = await house.daemon.control.history({ stack: "shop", service: "web" });
    expect(history.revisions.map((r) => [r.number, r.why, r.current])).toEqual([[2, "recovered", true]]);
    const [deployment] = await house.upToTheEnd({ web: { image: "shop/web:v3" } });
    expect([deployment?.outcome, deployment?.from, deployment?.to]).toEqual(["succeeded", 2, 3]);
  });

  it("volumes stay what they were: of a slot, also one that is away, and of an adopted project", async () => {
    const anonymous = { kind: "volume", source: null, target: "/data", readOnly: false, createHostPath: false } as const;
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 3 } });
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 2 } });
    const rows = async (): Promise<unknown[]> => {
      const store = await openStore(house.home);
      const all = await store.volumes();
      await store.close();
      return [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
    };
    const before = await rows();
    expect(before).toHaveLength(4);
    await anew(reunited(RECOVERED));
    await house.until(async () => (await house.serving()).length === 2);
    expect(await rows()).toEqual(before);
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 3 } });
    expect(await rows()).toEqual(before);
  });

  it("named volumes stay what they were: made here, or adopted; what no instance mounts and is not ours is nobody's", async () => {
    const mount = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false } as const;
    await house.upToTheEnd({ web: { mounts: [mount], replicas: 1 } });
    const rows = async (): Promise<readonly (readonly [string, string, string])[]> => {
      const store = await openStore(house.home);
      const all = await store.volumes();
      await store.close();
      return all.map(({ name, stack, origin }) => [name, stack, origin] as const);
    };
    const { disks } = house.engine.control.networks;
    house.engine.control.networks.addForeignVolume("elsewhere");
    const labelled = disks.get("shop_data");
    if (labelled === undefined) throw new Error("the volume was not made");
    await anew(reunited(RECOVERED));
    expect(await rows()).toEqual([["shop_data", "shop", "made"]]);
    disks.set("shop_data", { ...labelled, ours: false, stack: null, labels: {} });
    await anew(reunited(RECOVERED));
    expect(await rows()).toEqual([["shop_data", "shop", "adopted"]]);
    await house.until(async () => (await house.serving()).length === 1);
    expect(touched()).toEqual([]);
  });

  it("a label that is no origin counts as none: the instance is left alone", async () => {
    await house.upToTheEnd({ web: {} });
    const before = await names();
    await anew(async (store, origins) => reunited(RECOVERED)(store, new Map([...origins.keys()].map((name) => [name, "nothing"]))));
    expect(await house.daemon.control.services()).toEqual([]);
    expect([await names(), touched()]).toEqual([before, []]);
    expect((await house.daemon.control.events({ after: 0 })).at(-1)?.message).toContain("nothing tells");
  });

  it("what a verb had set stays: an image of deploy, a number of scale, a pin of rollback", async () => {
    await house.upToTheEnd({ web: {} });
    const key = { stack: "shop", service: "web" };
    await house.ended((await house.daemon.control.deploy(key, "shop/web:v2", "ann")).id);
    await house.ended((await house.daemon.control.scale(key, 3, "ann")).id);
    await anew(reunited(RECOVERED));
    await settled();
    expect((await house.up({ web: {} })).deployments.map((d) => d.outcome)).toEqual(["unchanged"]);
    expect(await house.serving()).toHaveLength(3);
    await house.ended((await house.daemon.control.recycle(key, "ann")).id);
    await house.ended((await house.daemon.control.deploy(key, "shop/web:v3", "ann")).id);
    await house.ended((await house.daemon.control.rollback(key, { to: 2, data: false }, "ann")).id);
    await anew(reunited(RECOVERED));
    await settled();
    expect((await house.daemon.control.services("shop"))[0]?.pinned).toBe(true);
    const before = await names();
    await house.ended((await house.daemon.control.recycle(key, "ann")).id);
    expect((await names()).filter((name) => before.includes(name))).toEqual([]);
  });

  it("one whose instances do not say what they were made from is left alone", async () => {
    await house.upToTheEnd({ web: {} });
    const before = await names();
    await anew(async (store) => reunited(RECOVERED)(store, new Map()));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await house.daemon.control.services()).toEqual([]);
    expect(await names()).toEqual(before);
    expect((await house.daemon.control.events({ after: 0 })).at(-1)?.message).toContain(
      "shop-web-r1-1-a1, shop-web-r1-2-a1: nothing tells",
    );
    expect(touched()).toEqual([]);
    // The file has the same content: they are what it asks for.
    const [deployment] = await house.upToTheEnd({ web: {} });
    expect([deployment?.outcome, await house.serving()]).toEqual(["succeeded", before]);
    expect(touched()).toEqual([]);
    const [next] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect([next?.outcome, (await names()).map((name) => name.slice(0, 12))]).toEqual(["succeeded", ["shop-web-r2-", "shop-web-r2-"]]);
  });

  it("what is left of a first deployment that failed is not started again", async () => {
    const [failed] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(failed?.evidence).not.toBeNull();
    expect((await house.engine.instances()).map(({ state }) => state)).toEqual(["exited"]);
    await anew(reunited(RECOVERED));
    expect((await house.daemon.control.services("shop")).map(({ service, state }) => [service, state])).toEqual([["web", "stopped"]]);
    expect((await house.daemon.control.events({ after: 0 })).map(({ message }) => message).join("\n")).toContain(
      "it was stopped, and stays so; instar start shop/web",
    );
    const [next] = await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    expect([next?.outcome, await house.serving()]).toEqual(["succeeded", ["shop-web-r2-1-a1", "shop-web-r2-2-a1"]]);
    expect(house.engine.control.calls.filter(({ call, name }) => call === "start" && name.startsWith("shop-web-r1-"))).toEqual([]);
  });

  it("what has ended and tells nothing is not taken for stopped, not beside one that was either", async () => {
    await house.upToTheEnd({ web: {} });
    await anew(async (store, origins) => {
      const all = await names();
      for (const name of all) await house.engine.stop(name, { signal: null, graceMs: 0 });
      await reunited(RECOVERED)(store, new Map([...origins].filter(([name]) => name === all[0])));
    });
    const [service] = await house.daemon.control.services("shop");
    expect((await house.daemon.control.deployment(String(service?.deployment))).outcome).toBe("paused");
    expect(touched()).toEqual([]);
  });

  it("a volume of somebody else's stays nobody's to remove", async () => {
    house.engine.control.networks.addForeignVolume("elsewhere");
    const mount = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false } as const;
    const services = { web: { mounts: [mount], replicas: 1 } };
    const data = { name: "elsewhere", external: true, driver: "local", driverOpts: {}, labels: {}, shared: null };
    await house.upToTheEnd(services, { spec: { ...stack(services), volumes: { data } } });
    await anew(reunited(RECOVERED));
    await settled();
    await house.close();
    const store = await openStore(house.home);
    expect(await store.volumes()).toEqual([]);
    await store.close();
    await house.open();
  });

  it("in the middle of fresh instances of one content both generations run on, paused", async () => {
    const rollout = { ...WEB.rollout, delayMs: 60_000 };
    await house.upToTheEnd({ web: { rollout } });
    await house.daemon.control.recycle({ stack: "shop", service: "web" }, "ann");
    await house.until(async () => {
      const all = await house.engine.instances();
      return all.filter((i) => i.generation === 0).length === 1 && all.some((i) => i.generation === 1 && i.state === "running");
    });
    const before = await names();
    await anew(reunited(RECOVERED));
    await settled();
    const [service] = await house.daemon.control.services("shop");
    const paused = await house.daemon.control.deployment(String(service?.deployment));
    expect([paused.outcome, paused.to]).toEqual(["paused", 1]);
    expect([await names(), touched()]).toEqual([before, []]);
  });

  it("in the middle of a deployment both revisions run on, paused, until a person says which", async () => {
    await house.upToTheEnd({ web: { replicas: 3 } });
    const slow = { image: "shop/web:v2", replicas: 3, minReadyMs: 60_000, readyTimeoutMs: 120_000 };
    await house.up({ web: slow });
    await house.until(async () => (await house.engine.instances()).some((i) => i.revision === 2 && i.state === "running"));
    await anew(reunited(RECOVERED));
    await settled();
    const [service] = await house.daemon.control.services("shop");
    const paused = await house.daemon.control.deployment(String(service?.deployment));
    expect([paused.outcome, paused.from, paused.to]).toEqual(["paused", 1, 2]);
    expect(touched()).toEqual([]);
    await house.daemon.control.abort(paused.id, "ann");
    expect((await house.ended(paused.id)).outcome).toBe("aborted");
    expect((await house.engine.instances()).map((i) => i.revision)).toEqual([1, 1, 1]);
  });
});

describe("a restored home meets what runs", () => {
  type Origins = ReadonlyMap<string, string>;
  const keep = async (change: () => Promise<void>, told: (all: Origins) => Origins = (all) => all): Promise<void> => {
    const { copyStore } = await import("../../src/store/copy.ts");
    await copyStore(`${house.home}/instar.db`, `${house.home}/kept.db`);
    await change();
    await house.close();
    for (const suffix of ["-wal", "-shm"]) rmSync(`${house.home}/instar.db${suffix}`, { force: true });
    const { renameSync } = await import("node:fs");
    renameSync(`${house.home}/kept.db`, `${house.home}/instar.db`);
    await anewKept(told(house.engine.control.origins()));
  };
  const anewKept = async (origins: Origins): Promise<void> => {
    const store = await openStore(house.home);
    await reunited(RESTORED)(store, origins);
    await store.close();
    house.engine.control.calls.length = 0;
    await house.open();
  };

  it("nothing was deployed since: nothing but an event is new, history is back", async () => {
    await house.upToTheEnd({ web: {} });
    await keep(async () => undefined);
    await settled();
    // Nobody watched between the copy and its return: that is told too.
    expect((await kinds()).filter((kind) => kind !== "drift.gap").at(-1)).toBe("home.restored");
    expect((await house.daemon.control.history({ stack: "shop", service: "web" })).deployments.map((d) => d.outcome)).toEqual([
      "succeeded",
    ]);
    expect(touched()).toEqual([]);
  });

  it.each([
    ["say what they were made from", (all: Origins) => all],
    ["say nothing, and the backup knows their revision", () => new Map<string, string>()],
  ])("given ports and all else stay, where instances %s", async (_, told) => {
    const bare = {
      ports: [{ published: null, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }] as const,
    };
    await house.upToTheEnd({ web: {}, api: bare });
    const rows = async () =>
      (await house.daemon.control.services("shop")).map((s) => [s.service, s.revision, s.replicas.wanted, s.deployment, s.ports]);
    const before = await rows();
    await keep(async () => undefined, told);
    await house.until(async () => (await house.serving()).length === 2 && (await house.serving("api")).length === 2);
    expect([await rows(), touched()]).toEqual([before, []]);
    expect(await kinds()).not.toContain("service.restored");
  });

  it("that tells nothing of what was deployed since: it runs on, paused, and an abort goes back to what the backup knows", async () => {
    await house.upToTheEnd({ web: {} });
    await keep(
      async () => {
        await house.upToTheEnd({ web: { image: "shop/web:v2" } });
      },
      () => new Map(),
    );
    const [service] = await house.daemon.control.services("shop");
    const paused = await house.daemon.control.deployment(String(service?.deployment));
    expect([paused.outcome, paused.to, paused.reason]).toEqual([
      ...["paused", 1, "the home was lost in the middle of it; nothing tells what shop-web-r2-1-a1, shop-web-r2-2-a1 were made from"],
    ]);
    expect(touched()).toEqual([]);
    await house.daemon.control.abort(paused.id, "ann");
    expect((await house.ended(paused.id)).outcome).toBe("aborted");
    expect((await house.engine.instances()).map((i) => i.revision)).toEqual([1, 1]);
  });

  it("a revision and a service deployed since go on, and are told", async () => {
    await house.upToTheEnd({ web: {} });
    await keep(async () => {
      await house.upToTheEnd({ web: { image: "shop/web:v2", replicas: 3 }, api: { ports: [] } });
    });
    await house.until(async () => (await house.serving()).length === 3);
    expect(touched()).toEqual([]);
    const services = await house.daemon.control.services("shop");
    expect(services.map((s) => [s.service, s.revision, s.replicas.wanted])).toEqual([
      ["api", 1, 2],
      ["web", 2, 3],
    ]);
    const told = (await house.daemon.control.events({ after: 0 })).filter(({ kind }) => kind !== "drift.gap");
    expect(told.at(-1)?.message).toContain("revision 2, 3 instances");
    expect((await house.daemon.control.history({ stack: "shop", service: "web" })).revisions.map((r) => r.number)).toEqual([2, 1]);
  });

  describe("of the middle of a deployment", () => {
    const slow = { image: "shop/web:v2", readyTimeoutMs: 120_000 };
    /** Revision 1 serves, and one of revision 2 runs, but does not get ready. */
    const halfway = async (): Promise<string> => {
      await house.upToTheEnd({ web: {} });
      house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
      const { deployments } = await house.up({ web: slow });
      await house.until(async () => (await house.engine.instances()).some((i) => i.revision === 2 && i.state === "running"));
      return deployments[0]?.id ?? "";
    };
    const history = () => house.daemon.control.history({ stack: "shop", service: "web" });

    it("that deployment goes on, when a person says so: no second one is begun", async () => {
      const id = await halfway();
      await keep(async () => undefined);
      await settled();
      expect((await history()).deployments.map((d) => [d.id, d.outcome])).toEqual([
        [id, "paused"],
        ["D1", "succeeded"],
      ]);
      expect(touched()).toEqual([]);
      house.engine.control.behave("shop/web:v2", {});
      await house.daemon.control.resume(id, "ann");
      expect((await house.ended(id)).outcome).toBe("succeeded");
      expect((await house.engine.instances()).map((i) => i.revision)).toEqual([2, 2]);
    });

    it("it is superseded where something else runs by now", async () => {
      const id = await halfway();
      await keep(async () => {
        await house.upToTheEnd({ web: { image: "shop/web:v3" } });
      });
      await settled();
      const { deployments, revisions } = await history();
      expect(deployments.find((d) => d.id === id)).toMatchObject({
        ...{ outcome: "superseded", reason: expect.stringContaining("something else runs") },
      });
      expect(revisions.find(({ current }) => current)?.number).toBe(3);
      expect(touched()).toEqual([]);
    });
  });

  it("one that was stopped then and one that runs: each stays so, and nothing is told of the stopped one", async () => {
    await house.upToTheEnd({ web: {}, api: { ports: [] } });
    await house.ended((await house.daemon.control.stop({ stack: "shop", service: "api" }, "ann")).id);
    const before = (await kinds()).filter((kind) => kind === "service.restored").length;
    await keep(async () => undefined);
    await settled();
    expect((await house.daemon.control.services("shop")).map((s) => [s.service, s.state])).toEqual([
      ["api", "stopped"],
      ["web", "running"],
    ]);
    expect((await kinds()).filter((kind) => kind === "service.restored")).toHaveLength(before);
    expect(touched()).toEqual([]);
  });

  it("a service taken down since stays down, and is told", async () => {
    await house.upToTheEnd({ web: {}, api: { ports: [] } });
    await keep(async () => {
      await house.upToTheEnd({ web: {} }, { prune: true });
    });
    await settled();
    expect(touched()).toEqual([]);
    expect((await house.daemon.control.services("shop")).map((s) => [s.service, s.state])).toEqual([
      ["api", "stopped"],
      ["web", "running"],
    ]);
  });
});
