import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isDeclaredExec } from "../../src/reconcile/execution.ts";
import type { Snapshot } from "../../src/reconcile/snapshots.ts";
import type { Progress } from "../../src/reconcile/volume-control.ts";
import type { ServiceSpec, VolumeSpec } from "../../src/spec/types.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { House, stack, WEB } from "../reconcile/house.ts";
import { tarOf } from "../sim/fake-volumes.ts";

const FREEZE = { command: ["stand", "still"], thaw: ["go", "on"], timeoutMs: 1_000, limitMs: 60_000 };
const DATA: VolumeSpec = {
  ...{ name: "shop_data", external: false, driver: "local", driverOpts: {}, labels: {}, shared: true, freeze: FREEZE },
};
const WRITER: Partial<ServiceSpec> = {
  ...WEB,
  replicas: 1,
  mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }],
};
const OTHER: Partial<ServiceSpec> = { ...WRITER, ports: [] };

let house: House;
/** What happened, in order: `still shop-web-r1-1-a1`, `read`, `on shop-web-r1-1-a1`. */
let seen: string[];
/** How often each command fails before it works. */
let failing: { stand: number; go: number };
beforeEach(async () => {
  house = await House.build();
  seen = [];
  failing = { stand: 0, go: 0 };
  house.engine.control.execution.program = (instance, [command = ""]) => {
    seen.push(`${command === "stand" ? "still" : "on"} ${instance}`);
    const fails = command === "stand" ? failing.stand-- > 0 : failing.go-- > 0;
    return fails ? { exitCode: 4, output: "not now\n" } : { exitCode: 0 };
  };
  house.engine.control.volumes.between = async () => {
    if (seen.length > 0 && seen.at(-1) !== "read") seen.push("read");
  };
});
afterEach(() => house.wipe());

const quiet: Progress = () => undefined;
const volumes = () => house.daemon.control.volumes;
const up = (services: Readonly<Record<string, Partial<ServiceSpec>>>, volume: Partial<VolumeSpec> = {}) =>
  house.upToTheEnd(services, { spec: { ...stack(services), volumes: { data: { ...DATA, ...volume } } } });
const take = (running = false): Promise<readonly Snapshot[]> => volumes().create("shop_data", { running, who: "ann" }, quiet);
const left = (): string[] => readdirSync(join(house.home, "snapshots/shop_data"));
const put = async (): Promise<void> =>
  void house.engine.control.volumes.contents.set("shop_data", await tarOf({ file: "a".repeat(50_000) }));
const WEB_1 = "shop-web-r1-1-a1";
const events = async (kind: string): Promise<readonly { instance: string | null; message: string }[]> =>
  (await house.daemon.control.events({ limit: 1000 })).filter((event) => event.kind === kind);

describe("a snapshot of a volume in use", () => {
  test("its writers stand still while it is read, then go on; each command is on record with who and why", async () => {
    await up({ web: WRITER, worker: OTHER });
    await put();
    const phases: string[] = [];
    const [made] = await volumes().create("shop_data", { running: false, who: "ann" }, ({ phase }) => phases.push(phase));
    expect(made?.consistency).toBe("frozen");
    expect(seen).toEqual([`still ${WEB_1}`, "still shop-worker-r1-1-a1", "read", `on ${WEB_1}`, "on shop-worker-r1-1-a1"]);
    expect([...new Set(phases)]).toEqual(["measuring", "freezing", "reading"]);
    expect((await volumes().list())[0]?.frozenSince).toBeNull();
    const [before] = await events("volume.freeze");
    expect(before).toMatchObject({
      ...{ instance: WEB_1, service: "web", message: `freeze of shop_data in ${WEB_1} for a snapshot by ann: ["stand","still"]` },
    });
    expect((await events("volume.thaw.ended"))[0]?.message).toContain("ended with exit code 0");
  });

  test("without the freeze where --running is given, and refused where the file has none", async () => {
    await up({ web: WRITER });
    expect((await take(true))[0]?.consistency).toBe("crash");
    expect(seen).toEqual([]);
    const { freeze, ...plain } = DATA;
    expect(freeze).toBeDefined();
    await house.upToTheEnd({ web: WRITER }, { spec: { ...stack({ web: WRITER }), volumes: { data: plain } } });
    await expect(take()).rejects.toMatchObject({ code: "INS3011" });
  });

  test("is refused while a deployment moves a writer", async () => {
    await up({ web: WRITER });
    house.engine.control.setReady(WEB_1, undefined);
    const services = { web: { ...WRITER, environment: { ROUND: "2" }, image: "shop/web:bad" } };
    await house.up(services, { spec: { ...stack(services), volumes: { data: DATA } } });
    await expect(take()).rejects.toMatchObject({ code: "INS3012", message: expect.stringContaining("of shop/web is under way") });
    expect(seen).toEqual([]);
  });

  test("nothing is frozen where nothing runs", async () => {
    await up({ web: WRITER });
    await house.ended((await house.daemon.control.stop({ stack: "shop", service: "web" }, "test")).id);
    expect((await take())[0]?.consistency).toBe("stopped");
    expect(seen).toEqual([]);
  });

  test("nor where there is no room", async () => {
    await up({ web: WRITER });
    house.engine.control.volumes.measured = 2 ** 60;
    await expect(take()).rejects.toMatchObject({ code: "INS3013" });
    expect(seen).toEqual([]);
  });

  test("a freeze that fails: no snapshot, and whoever may stand still goes on", async () => {
    await up({ web: WRITER, worker: OTHER });
    failing.stand = 1;
    await expect(take()).rejects.toMatchObject({ code: "INS3016", message: expect.stringContaining("exit code 4; it said: not now") });
    expect(seen).toEqual([`still ${WEB_1}`, `on ${WEB_1}`, "on shop-worker-r1-1-a1"]);
    expect(await volumes().snapshots()).toEqual([]);
  });

  test("one that is never done: killed, and thawed; where it cannot be killed it is thawed again", async () => {
    await up({ web: WRITER });
    house.engine.control.execution.killable = false;
    house.engine.control.execution.program = (_instance, [command = ""]) => {
      seen.push(command);
      return { exitCode: 0, takesMs: command === "stand" ? 5_000 : 0 };
    };
    await expect(take()).rejects.toMatchObject({ code: "INS3016", message: expect.stringContaining("could not be killed") });
    await house.until(async () => seen.filter((one) => one === "go").length > 1);
  });

  test("a snapshot that fails: thawed all the same", async () => {
    await up({ web: WRITER });
    house.engine.control.volumes.between = () => Promise.reject(new Error("the disk broke"));
    await expect(take()).rejects.toThrow("the disk broke");
    expect(seen.at(-1)).toBe(`on ${WEB_1}`);
    expect(left()).toEqual([]);
  });

  test("whoever is to be stopped meanwhile first goes on", async () => {
    await up({ web: WRITER });
    await put();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    house.engine.control.volumes.between = () => gate;
    const taking = take();
    await house.until(async () => seen.length > 0);
    const { id } = await house.daemon.control.stop({ stack: "shop", service: "web" }, "test");
    await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "drain"));
    expect(await house.serving()).toEqual([WEB_1]);
    go();
    expect((await taking)[0]?.consistency).toBe("frozen");
    await house.ended(id);
    expect(await house.serving()).toEqual([]);
  });

  test("a writer that ended meanwhile may have written: nothing is left of the snapshot", async () => {
    await up({ web: WRITER });
    await put();
    house.engine.control.volumes.between = async () => house.engine.control.crash(WEB_1);
    await expect(take()).rejects.toMatchObject({ code: "INS3018", message: expect.stringContaining(WEB_1) });
    expect(left()).toEqual([]);
  });

  test("frozen for longer than the file allows: broken off and thawed", async () => {
    await up({ web: WRITER }, { freeze: { ...FREEZE, limitMs: 1 } });
    await put();
    house.engine.control.volumes.between = () => new Promise((resolve) => setTimeout(resolve, 5));
    await expect(take()).rejects.toMatchObject({ code: "INS3018" });
    expect(seen.at(-1)).toBe(`on ${WEB_1}`);
    expect(left()).toEqual([]);
  });

  test("frozen for longer, by a read that hangs: broken off and thawed at the limit all the same", async () => {
    await up({ web: WRITER }, { freeze: { ...FREEZE, limitMs: 200 } });
    await put();
    let goOn = (): void => undefined;
    const hanging = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    house.engine.control.volumes.between = () => hanging;
    try {
      await expect(take()).rejects.toMatchObject({ code: "INS3018" });
      expect(seen).toEqual([`still ${WEB_1}`, `on ${WEB_1}`]);
      expect(left()).toEqual([]);
    } finally {
      goOn();
    }
  });
});

describe("a thaw", () => {
  test("that fails is told, shown by doctor, and tried until it works; the snapshot stays", async () => {
    await up({ web: WRITER });
    failing.go = 1;
    await expect(take()).rejects.toMatchObject({
      code: "INS3017",
      message: expect.stringMatching(/was taken, but shop_data is still frozen/),
    });
    expect(await volumes().snapshots()).toHaveLength(1);
    const view = (await volumes().list())[0];
    expect([
      view?.frozenSince,
      (await house.daemon.control.doctor()).checks.some(({ message }) => message.includes("still frozen")),
    ]).toEqual([...[expect.any(Number), true]]);
    await house.until(async () => (await volumes().list())[0]?.frozenSince === null);
    expect((await house.daemon.control.doctor()).checks.filter(({ state }) => state === "fail")).toEqual([]);
    const ends = (await events("volume.thaw.ended")).map(({ message }) => message.match(/exit code \d/)?.[0]);
    expect(ends.sort()).toEqual(["exit code 0", "exit code 4"]);
  });

  test("comes at the next start, when the daemon was killed in between", async () => {
    await up({ web: WRITER });
    await house.close();
    const store = await openStore(house.home);
    const row = { volume: "shop_data", stack: "shop", instances: [WEB_1, "shop-web-r1-1-a9"], freeze: FREEZE, who: "ann", at: Date.now() };
    await store.putFreeze(row);
    await store.close();
    await house.open();
    await house.until(async () => (await volumes().list())[0]?.frozenSince === null);
    expect(seen).toEqual([`on ${WEB_1}`]);
  });
});

describe("before a deployment", () => {
  const next = (service: Partial<ServiceSpec>): Partial<ServiceSpec> => ({ ...service, environment: { ROUND: "2" } });
  const KEPT = { snapshot: { keep: 5, maxAgeMs: null } };

  test("what several write to is frozen, by whoever deploys first; nobody is stopped for it", async () => {
    await up({ web: WRITER, worker: OTHER }, KEPT);
    await put();
    const after = await up({ web: next(WRITER), worker: next(OTHER) }, KEPT);
    expect(after.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
    const made = await volumes().snapshots();
    expect(made.map(({ consistency, origin }) => `${consistency} ${origin}`)).toContain("frozen before-deploy");
    expect(made).toHaveLength(2);
    const web = after.find(({ service }) => service === "web");
    const order = web?.steps.map((step) => step.do) ?? [];
    expect(order.indexOf("snapshot")).toBeLessThan(order.indexOf("start"));
    expect(order.indexOf("start")).toBeLessThan(order.indexOf("drain"));
    await expect(house.daemon.control.rollback({ stack: "shop", service: "web" }, { to: null, data: true }, "ann")).rejects.toMatchObject({
      code: "INS2023",
    });
  });

  test("a freeze that fails: the deployment ends, and the old instance has served throughout", async () => {
    await up({ web: WRITER, worker: OTHER }, KEPT);
    failing.stand = 100;
    const [web] = await up({ web: next(WRITER), worker: OTHER }, KEPT);
    expect([web?.outcome, web?.reason]).toEqual(["rolled-back", expect.stringContaining("INS3016")]);
    expect(await house.serving()).toEqual([WEB_1]);
  });
});

test("an exec that the file declares is told from any other by the engine's id of it, and only in its instance", async () => {
  await up({ web: WRITER });
  const heard: { action: string; name: string; labels: Readonly<Record<string, string>> }[] = [];
  const ending = new AbortController();
  const listening = (async () => {
    for await (const event of house.engine.events(ending.signal)) if (event.action === "exec_start") heard.push(event);
  })();
  await take();
  await house.engine.execute(WEB_1, FREEZE.command, { timeoutMs: 1000, keptBytes: 10, begun: async () => undefined });
  await house.until(async () => heard.length === 3);
  ending.abort();
  await listening;
  await house.close();
  const store = await openStore(house.home);
  const declared = await store.declaredExecs();
  await store.close();
  await house.open();
  expect(heard.map((event) => isDeclaredExec(event, declared))).toEqual([true, true, false]);
  expect([...declared.values()].map(({ why, who, instance }) => [why, who, instance])).toEqual([
    ["freeze", "ann", WEB_1],
    ["thaw", "ann", WEB_1],
  ]);
  const [first] = heard;
  expect(isDeclaredExec({ action: "exec_start", name: "another", labels: first?.labels ?? {} }, declared)).toBe(false);
  expect(isDeclaredExec({ action: "exec_start", name: WEB_1, labels: {} }, declared)).toBe(false);
});
