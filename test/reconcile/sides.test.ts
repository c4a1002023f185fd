import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SIDES } from "../../src/spec/sides.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };
const BACKEND = "be:shop:web:8080";
const blueGreen = (more: Partial<NonNullable<ServiceSpec["sides"]>> = {}): Partial<ServiceSpec> => ({
  strategy: "blue-green",
  sides: { ...SIDES["blue-green"], ...more },
});

/** Revisions that get requests now, by the router. */
const revisions = (): string[] =>
  [...new Set(house.router.control.serving(BACKEND).map(({ name }) => /-r(\d+)-/.exec(name)?.[1] ?? "?"))].sort();
const running = (): string[] =>
  house.router.control
    .table()
    .backends.find(({ name }) => name === BACKEND)
    ?.servers.map(({ name, weight, state }) => `${name} ${weight} ${state}`)
    .sort() ?? [];

describe("blue-green", () => {
  it("waits beside the old one, without traffic, until it is promoted; the old set stays warm, and rollback is the switch back", async () => {
    const spec = blueGreen({ promote: "manual" });
    await house.upToTheEnd({ web: spec });
    const { deployments } = await house.up({ web: { ...spec, image: "shop/web:v2" } });
    const id = deployments[0]?.id ?? "";
    await house.until(async () => (await house.daemon.control.deployment(id)).course?.since != null);
    expect(running()).toEqual([
      "shop-web-r1-1-a1 100 ready",
      "shop-web-r1-2-a1 100 ready",
      "shop-web-r2-1-a1 0 ready",
      "shop-web-r2-2-a1 0 ready",
    ]);
    expect(revisions()).toEqual(["1"]);
    await house.daemon.control.sides.promote(id, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "succeeded", strategy: "blue-green", pauses: [] });
    expect(revisions()).toEqual(["2"]);
    expect(running()).toHaveLength(4);
    const back = await house.ended((await house.daemon.control.rollback(web, { to: null, data: false }, "me")).id);
    expect(back).toMatchObject({ outcome: "succeeded", from: 2, to: 1 });
    expect(back.steps.map((s) => s.do)).toEqual(["weigh"]);
    expect(revisions()).toEqual(["1"]);
    expect(running()).toHaveLength(4);
    expect(house.reports).toEqual([]);
  });
});

const canary = (more: Partial<NonNullable<ServiceSpec["sides"]>> = {}): Partial<ServiceSpec> => ({
  // A daemon that was started anew on a busy machine probes late.
  readyTimeoutMs: 20_000,
  strategy: "canary",
  sides: { ...SIDES.canary, ...more },
});
const inForce = (id: string, at: number) =>
  house.until(async () => {
    const { course } = await house.daemon.control.deployment(id);
    return course?.at === at && course.since !== null;
  });

describe("canary", () => {
  it("is scaled within its step, by a daemon that was started anew, and its step stays", async () => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: { ...spec, replicas: 4 } });
    const id = (await house.up({ web: { ...spec, replicas: 4, image: "shop/web:v2" } })).deployments[0]?.id ?? "";
    await inForce(id, 0);
    expect(running()).toHaveLength(6);
    await house.reopen();
    expect((await house.daemon.control.start(web, "me")).id).toBe(id);
    expect((await house.daemon.control.scale(web, 2, "me")).id).toBe(id);
    await house.until(async () => running().length === 3);
    await house.until(async () => running().join() === "shop-web-r1-1-a1 128 ready,shop-web-r1-2-a1 128 ready,shop-web-r2-1-a1 256 ready");
    await house.daemon.control.sides.promote(id, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "succeeded" });
    await house.until(async () => running().join() === "shop-web-r2-1-a1 100 ready,shop-web-r2-2-a1 100 ready");
  });

  it("is scaled within its step by the file's own number, where that wins over a verb's", async () => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: { ...spec, replicas: 2 } });
    const v2 = { ...spec, image: "shop/web:v2" };
    const id = (await house.up({ web: { ...v2, replicas: 2 } })).deployments[0]?.id ?? "";
    await inForce(id, 0);
    await house.daemon.control.scale(web, 4, "me");
    await house.until(async () => running().length === 6);
    const { deployments } = await house.up({ web: { ...v2, replicas: 2 } }, { forceFile: true });
    expect(deployments.map((one) => [one.id, one.course?.at, one.outcome])).toEqual([[id, 0, "running"]]);
    await house.until(async () => running().length === 3);
    expect(revisions()).toEqual(["1", "2"]);
  });

  it.each<[string, () => Promise<{ readonly id: string; readonly to: number | null }>]>([
    ["stopped", () => house.daemon.control.stop(web, "me")],
    ["scaled to none", () => house.daemon.control.scale(web, 0, "me")],
  ])("%s before anybody let it in, it comes back as what served before", async (_how, act) => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: spec });
    const id = (await house.up({ web: { ...spec, image: "shop/web:v2" } })).deployments[0]?.id ?? "";
    await inForce(id, 0);
    const off = await act();
    expect(off.to).toBe(1);
    await house.ended(off.id);
    expect(running().filter((one) => one.endsWith("ready"))).toEqual([]);
    await house.ended((await house.daemon.control.start(web, "me")).id);
    await house.ended((await house.daemon.control.scale(web, 1, "me")).id);
    expect(revisions()).toEqual(["1"]);
  });

  it("that was promoted is what the next version begins beside, although the old set has not left yet", async () => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: { ...spec, replicas: 1 } });
    const id = (await house.up({ web: { ...spec, replicas: 1, image: "shop/web:v2" } })).deployments[0]?.id ?? "";
    await inForce(id, 0);
    const { stop } = house.engine;
    let leave: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      leave = resolve;
    });
    house.engine.stop = async (name, how) => {
      if (name.includes("-r1-")) await held;
      return stop(name, how);
    };
    await house.daemon.control.sides.promote(id, "me");
    const { deployments } = await house.up({ web: { ...spec, replicas: 1, image: "shop/web:v3" } });
    expect(deployments[0]).toMatchObject({ from: 2, to: 3 });
    leave();
    await inForce(deployments[0]?.id ?? "", 0);
    expect(revisions()).toEqual(["2", "3"]);
  });

  it("goes on by its times, from 5 % to everything, and the old ones leave", async () => {
    const spec = canary({ steps: [500, 5_000], everyMs: 100 });
    await house.upToTheEnd({ web: spec });
    const [ended] = await house.upToTheEnd({ web: { ...spec, image: "shop/web:v2" } });
    expect(ended).toMatchObject({ outcome: "succeeded", strategy: "canary" });
    expect(ended?.steps.filter((s) => s.do === "weigh" || s.do === "stage").map((s) => s.because)).toEqual([
      "revision 2 gets 5 %",
      "step 1 of 2 (5 %) is in force",
      "step 1 of 2 (5 %) has lasted 0.1 s",
      "revision 2 gets 50 %",
      "step 2 of 2 (50 %) is in force",
      "step 2 of 2 (50 %) has lasted 0.1 s",
      "revision 2 gets 100 %",
    ]);
    expect(running()).toEqual(["shop-web-r2-1-a1 100 ready", "shop-web-r2-2-a1 100 ready"]);
  });

  it("a bad one is undone, and nobody was served by it", async () => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: spec });
    const [bad] = await house.upToTheEnd({ web: { ...spec, image: "shop/web:bad" } });
    expect(bad).toMatchObject({ outcome: "rolled-back" });
    expect(bad?.steps.some((s) => s.do === "weigh")).toBe(false);
    expect(running()).toEqual(["shop-web-r1-1-a1 100 ready", "shop-web-r1-2-a1 100 ready"]);
  });

  it("is aborted: the old revision alone, at its usual weights", async () => {
    const spec = canary({ steps: [5_000], everyMs: null });
    await house.upToTheEnd({ web: spec });
    const id = (await house.up({ web: { ...spec, image: "shop/web:v2" } })).deployments[0]?.id ?? "";
    await inForce(id, 0);
    await expect(house.daemon.control.recycle(web, "me")).rejects.toMatchObject({ code: "INS2060" });
    await house.daemon.control.abort(id, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "aborted" });
    expect(running()).toEqual(["shop-web-r1-1-a1 100 ready", "shop-web-r1-2-a1 100 ready"]);
    await expect(house.daemon.control.sides.promote(id, "me")).rejects.toMatchObject({ code: "INS2007" });
  });
});

describe("a canary that nobody has let in", () => {
  const spec = { ...canary({ steps: [5_000], everyMs: null }), drainMs: 60_000 };
  let id = "";
  beforeEach(async () => {
    await house.upToTheEnd({ web: spec });
    id = (await house.daemon.control.deploy(web, "shop/web:v2", "me", "canary")).id;
    await inForce(id, 0);
  });

  it("is not what comes back after scale to none: that is the one from before, as its file says", async () => {
    expect(await house.ended((await house.daemon.control.scale(web, 0, "me")).id)).toMatchObject({ outcome: "succeeded", to: 1 });
    await house.ended((await house.daemon.control.scale(web, 2, "me")).id);
    expect(revisions()).toEqual(["1"]);
    expect(await house.up({ web: spec })).toMatchObject({ deployments: [{ outcome: "unchanged" }], kept: [] });
  });

  it("is not what comes back after stop and start", async () => {
    expect(await house.ended((await house.daemon.control.stop(web, "me")).id)).toMatchObject({ outcome: "succeeded", to: 1 });
    await house.ended((await house.daemon.control.start(web, "me")).id);
    expect(revisions()).toEqual(["1"]);
    expect(await house.up({ web: spec })).toMatchObject({ deployments: [{ outcome: "unchanged" }], kept: [] });
  });

  it("keeps its step while a split is asked for: INS2060", async () => {
    await expect(house.daemon.control.sides.split(web, [{ revision: 1, percent: 100 }], "me")).rejects.toMatchObject({ code: "INS2060" });
    expect(await house.daemon.control.deployment(id)).toMatchObject({ outcome: "running", course: { at: 0 } });
  });

  it("is promoted once, however often it is asked for", async () => {
    await Promise.all([1, 2].map(() => house.daemon.control.sides.promote(id, "me")));
    const { steps } = await house.ended(id);
    expect(steps.filter((step) => step.do === "promote")).toHaveLength(1);
    const events = await house.daemon.control.events({ limit: 1000 });
    expect(events.filter(({ kind }) => kind === "deployment.promoted")).toHaveLength(1);
  });

  it("is not promoted any more once it goes back: INS2058", async () => {
    // Requests of its own keep it there for as long as they may last.
    for (let n = 0; n < 3; n++) house.router.control.connect(8080);
    await house.daemon.control.abort(id, "me");
    await expect(house.daemon.control.sides.promote(id, "me")).rejects.toMatchObject({ code: "INS2058" });
    expect(await house.daemon.control.deployment(id)).toMatchObject({ outcome: "running", endedAt: null, course: { at: 0 } });
  });
});

it("promote wants a deployment that has steps: INS2005, INS2058", async () => {
  await expect(house.daemon.control.sides.promote("D9", "me")).rejects.toMatchObject({ code: "INS2005" });
  house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
  await house.upToTheEnd({ web: {} });
  const id = (await house.up({ web: { image: "shop/web:v2", readyTimeoutMs: 60_000 } })).deployments[0]?.id ?? "";
  await expect(house.daemon.control.sides.promote(id, "me")).rejects.toMatchObject({ code: "INS2058" });
  expect(await house.daemon.control.deployment(id)).toMatchObject({ outcome: "running", endedAt: null });
});

describe("split", () => {
  it("serves two revisions by weight, through scale and a new daemon, until one has everything", async () => {
    await house.upToTheEnd({ web: {} });
    await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    const split = async (shares: readonly { revision: number; percent: number }[]) =>
      house.ended((await house.daemon.control.sides.split(web, shares, "me")).id);
    expect(
      await split([
        { revision: 1, percent: 10 },
        { revision: 2, percent: 90 },
      ]),
    ).toMatchObject({ outcome: "succeeded", cause: { kind: "split" } });
    expect(revisions()).toEqual(["1", "2"]);
    await house.reopen();
    await house.ended((await house.daemon.control.scale(web, 3, "me")).id);
    expect(running()).toHaveLength(4);
    expect(revisions()).toEqual(["1", "2"]);
    expect((await house.up({ web: { image: "shop/web:v2" } })).deployments[0]?.outcome).toBe("unchanged");
    await expect(house.daemon.control.sides.split(web, [{ revision: 1, percent: 10 }], "me")).rejects.toMatchObject({ code: "INS2059" });
    expect(await split([{ revision: 1, percent: 100 }])).toMatchObject({ outcome: "succeeded" });
    expect(revisions()).toEqual(["1"]);
    expect(running()).toHaveLength(3);
  });
});

describe("under a split, up", () => {
  const V2 = { image: "shop/web:v2" };
  /** Revision 1 with `percent`, 2 with the rest. Its deployment's id. */
  const halves = async (percent: number): Promise<string> => {
    await house.upToTheEnd({ web: {} });
    await house.upToTheEnd({ web: V2 });
    const shares = [
      { revision: 1, percent },
      { revision: 2, percent: 100 - percent },
    ];
    return (await house.ended((await house.daemon.control.sides.split(web, shares, "me")).id)).id;
  };

  it.each([90, 10])("of the file that one of the two was made of leaves %i percent as it is, and says so", async (percent) => {
    const by = await halves(percent);
    expect((await house.plan({ web: V2 })).services).toMatchObject([{ action: "none", kept: [`weights from deployment ${by}`] }]);
    const told = await house.up({ web: V2 });
    expect(told).toMatchObject({ deployments: [{ outcome: "unchanged" }], kept: [`web: weights from deployment ${by}`] });
    expect(revisions()).toEqual(["1", "2"]);
  });

  it.each([90, 10])("of another file ends it: %i percent or not, the new revision has everything", async (percent) => {
    await halves(percent);
    const [third] = await house.upToTheEnd({ web: { image: "shop/web:v3" } });
    expect(third).toMatchObject({ outcome: "succeeded", to: 3 });
    expect(revisions()).toEqual(["3"]);
    expect(running()).toHaveLength(2);
  });

  it.each([90, 10])("that is to win ends it, %i percent or not", async (percent) => {
    await halves(percent);
    await house.upToTheEnd({ web: V2 }, { forceFile: true });
    expect(revisions()).toEqual(["2"]);
    expect(running()).toHaveLength(2);
  });

  it("of another file that fails goes back to the split", async () => {
    await halves(10);
    const [bad] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
    expect(bad).toMatchObject({ outcome: "rolled-back" });
    await house.until(async () => (revisions().join() === "1,2" ? true : null));
  });
});

describe("a split is refused", () => {
  const split = (shares: readonly (readonly [number, number])[]) =>
    house.daemon.control.sides.split(
      web,
      shares.map(([revision, percent]) => ({ revision, percent })),
      "me",
    );

  it("over more than twice as many revisions as instances are wanted", async () => {
    await house.upToTheEnd({ web: { replicas: 2 } });
    await expect(split([1, 2, 3, 4, 5].map((revision) => [revision, 20]))).rejects.toMatchObject({
      ...{ code: "INS2059", message: expect.stringContaining("5 revisions") },
    });
  });

  it("over two that are made of the same: no request could tell them apart", async () => {
    await house.upToTheEnd({ web: {} });
    await house.upToTheEnd({ web: { drainMs: 300 } });
    await expect(
      split([
        [1, 50],
        [2, 50],
      ]),
    ).rejects.toMatchObject({ code: "INS2059", message: expect.stringContaining("revisions 1 and 2") });
  });
});

it("what cannot stand beside itself is refused by its name", async () => {
  await expect(house.up({ web: { ...canary(), ports: [] } })).rejects.toMatchObject({ code: "INS1042" });
  const written = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false } as const;
  await expect(house.up({ web: { ...canary(), replicas: 1, mounts: [written] } })).rejects.toMatchObject({
    code: "INS1042",
    message: "canary of shop/web cannot be: /data is written by one instance at a time",
  });
  await expect(house.up({ web: { ...canary(), balance: "leastconn" } })).rejects.toMatchObject({ code: "INS1043" });
  const tcp = [
    { published: 8080, target: 8080, protocol: "tcp" as const, mode: "ingress" as const, hostIp: null, appProtocol: "tcp" as const },
  ];
  await expect(house.up({ web: { sticky: { cookie: "SRV" }, ports: tcp } })).rejects.toMatchObject({ code: "INS1044" });
  expect((await house.plan({ web: { sticky: { cookie: "SRV" } } })).services).toMatchObject([{ service: "web", action: "create" }]);
});
