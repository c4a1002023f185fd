import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Waits } from "../../src/reconcile/waits.ts";
import { deployment, MOMENT, serviceRow, WEB } from "../conformance/store-world.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { virtualClock } from "../sim/virtual-clock.ts";
import { House } from "./house.ts";

const HOUR = 3_600_000;
const web = { stack: "shop", service: "web" };

/** A busy machine is not what is tested. */
const PATIENT = { readyTimeoutMs: 30_000 };

let house: House;
beforeEach(async () => {
  house = await House.build();
  house.engine.control.behave("shop/web:v2", { readyAfterMs: 700 });
});
afterEach(async () => house.wipe());

/** A deployment with its first new instance on the way. */
async function underWay(): Promise<string> {
  await house.upToTheEnd({ web: PATIENT });
  const { id } = await house.daemon.control.deploy(web, "shop/web:v2", "me");
  await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "start"));
  return id;
}

const clockEvents = async (): Promise<readonly string[]> =>
  (await house.daemon.control.events({})).filter(({ kind }) => kind === "clock.set").map(({ message }) => message);

describe("somebody sets the machine's clock during a deployment", () => {
  for (const [words, by] of [
    ["3600 s ahead", HOUR],
    ["3600 s back", -HOUR],
  ] as const)
    it(`${words}: it ends as it would have, and it is told`, async () => {
      const id = await underWay();
      house.clockSetBy = by;
      const ended = await house.ended(id);
      expect([ended.outcome, ended.reason]).toEqual(["succeeded", null]);
      const told = await house.until(async () => ((await clockEvents()).length > 0 ? clockEvents() : null));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(new RegExp(`^the machine's clock was set (3600|3599[.]9\\d*|3600[.]0\\d*) s ${words.split(" ")[2]}`));
      // And the next one begins by the new time.
      const next = await house.ended((await house.daemon.control.deploy(web, "shop/web:v3", "me")).id);
      expect(next.outcome).toBe("succeeded");
      expect(Math.abs(next.startedAt - (Date.now() + by))).toBeLessThan(60_000);
    });

  for (const [words, callMs] of [
    ["ahead while sessions are drained", 0],
    ["the same while the engine is being asked, which takes its time", 400],
  ] as const)
    it(`${words}: they have their time`, async () => {
      house.engine.control.behave("shop/web:v2", { readyAfterMs: 0 });
      await house.upToTheEnd({ web: { ...PATIENT, replicas: 1, drainMs: 2500 } });
      house.router.control.connect(8080);
      const { id } = await house.daemon.control.deploy(web, "shop/web:v2", "me");
      await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "drain"));
      const began = performance.now();
      house.engine.control.callMs = callMs;
      house.clockSetBy = HOUR;
      await house.until(async () => (await house.daemon.control.deployment(id)).steps.some((step) => step.do === "cut"));
      expect(performance.now() - began).toBeGreaterThanOrEqual(2400);
    });
});

describe("no daemon lives for an hour in the middle of a deployment", () => {
  it("and it goes on: nobody could have taken a step", async () => {
    const id = await underWay();
    await house.close();
    house.clockSetBy = HOUR;
    await house.open();
    const ended = await house.ended(id);
    expect([ended.outcome, ended.reason]).toEqual(["succeeded", null]);
  });
});

describe("a set that is kept warm", () => {
  const row = serviceRow({ warm: { revision: 1, generation: 0, until: MOMENT + 600_000, forMs: 600_000 } });
  const waitsOf = async (stepped: number) => {
    const store = createFakeStore("here");
    await store.putService(row);
    const steps = { stepped: () => stepped, follow: () => undefined };
    const waits = new Waits({ store, clock: virtualClock(MOMENT), steps, readiness: { shift: () => undefined } });
    await waits.open();
    return { waits, until: async () => (await store.service(WEB))?.warm?.until };
  };

  it("is kept for as long when somebody sets the clock, ahead or back", async () => {
    for (const by of [HOUR, -HOUR]) {
      const { waits, until } = await waitsOf(by);
      expect(await until()).toBe(MOMENT + 600_000);
      await waits.follow();
      expect(await until()).toBe(MOMENT + 600_000 + by);
    }
  });
});

describe("what else waits by the clock", () => {
  const atOpen = async (at: number) => {
    const store = createFakeStore("here");
    const confirm = { state: "waiting", reason: "", since: at, askedAt: at, tries: 1 } as const;
    const { id } = await store.addDeployment(deployment({ confirm }));
    await store.putService(serviceRow({ deployment: id }));
    await store.addCrash({ ...WEB, revision: 1, slot: 1, attempt: 1, at, instance: "shop-web-r1-1-a1", exitCode: 1, reason: "it ended" });
    const fact = { ...WEB, id: "aa", name: "shop-web-r1-1-a1", drainingSince: null, evidenceOf: null, startedAt: null };
    await store.putFact({ ...fact, quarantine: { until: at, because: "somebody looks into it" } });
    const instants = async () => ({
      crash: (await store.crashes(WEB, 0)).map((one) => one.at),
      confirm: (await store.deployment(id))?.confirm,
      quarantine: (await store.facts(WEB)).get("aa")?.quarantine?.until,
    });
    return { store, instants };
  };

  it.each([HOUR, -HOUR])("moves with it: %s ms", async (by) => {
    const { store, instants } = await atOpen(MOMENT);
    const steps = { stepped: () => by, follow: () => undefined };
    const waits = new Waits({ store, clock: virtualClock(MOMENT), steps, readiness: { shift: () => undefined } });
    await waits.open();
    await waits.follow();
    const at = MOMENT + by;
    expect(await instants()).toMatchObject({ crash: [at], confirm: { since: at, askedAt: at }, quarantine: at });
  });

  it("did not begin in the future; what ends there ends there", async () => {
    const { store, instants } = await atOpen(MOMENT + HOUR);
    await new Waits({ store, clock: virtualClock(MOMENT), steps: null, readiness: { shift: () => undefined } }).open();
    expect(await instants()).toMatchObject({ crash: [MOMENT], confirm: { since: MOMENT, askedAt: MOMENT }, quarantine: MOMENT + HOUR });
  });
});
