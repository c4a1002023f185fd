import { afterEach, beforeEach, expect, it } from "vitest";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import type { MountSpec } from "../../src/spec/types.ts";
import type { FakeContainer } from "../sim/fake-container.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

/** Every look is slower than the engine's restart: what has ended is found running again, in its second life or a later one. */
function lookLate(): void {
  const { engine } = house;
  const look = engine.instances;
  engine.instances = async (...how) => {
    const inBetween = (one: FakeContainer): boolean =>
      one.state === "restarting" || (one.lives === 1 && one.alive && one.blueprint.image.reference === "shop/web:bad");
    await house.until(async () => !engine.control.containers().some(inBetween));
    return look(...how);
  };
}

it("a version that ends, and is always running again when it is looked at, fails with the exit code and the words of its own end", async () => {
  await house.upToTheEnd({ web: {} });
  lookLate();
  const [ended] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
  expect(ended).toMatchObject({ outcome: "rolled-back", evidence: { exitCode: 3 } });
  expect(ended?.reason).toMatch(/ended by itself with exit code 3/);
  expect(ended?.evidence?.log).toContain("out of ideas");
  expect(await house.serving()).toEqual(["shop-web-r1-1-a1", "shop-web-r1-2-a1"]);
});

it("without its event nobody knows how it ended: the exit code of its stop is not told for it", async () => {
  await house.upToTheEnd({ web: {} });
  const { engine } = house;
  engine.control.behave("shop/web:bad", { endsAfterMs: 50, exitCode: 3, stopCode: 143, readyAfterMs: null });
  lookLate();
  engine.control.loseEvents(true);
  const [ended] = await house.upToTheEnd({ web: { image: "shop/web:bad" } });
  expect(ended?.outcome).toBe("rolled-back");
  expect(ended?.evidence).toMatchObject({ exitCode: null, reason: expect.stringContaining("exit code unknown") });
});

it("the only writer that is killed has its successor at once, although the engine starts it again in the moment of its stop", async () => {
  const { engine } = house;
  engine.control.behave("shop/web:v1", { stopMs: null });
  const mounts: readonly MountSpec[] = [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }];
  await house.upToTheEnd({ db: { replicas: 1, mounts, stopGraceMs: 600_000 } });
  const { stop } = engine;
  const atTheStop: string[] = [];
  engine.stop = async (name, how) => {
    await house.until(async () => engine.control.container(name).state !== "restarting");
    atTheStop.push(engine.control.container(name).state);
    return stop(name, how);
  };
  engine.control.container("shop-db-r1-1-a1").end(137);
  await house.until(async () => (await house.serving("db"))[0] === "shop-db-r1-1-a2");
  expect(atTheStop).toEqual(["running"]);
});

it("what is kept of a failed version stays stopped when the engine starts, whatever the file's restart: one writer is one", async () => {
  const mounts: readonly MountSpec[] = [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }];
  const db = { replicas: 1, mounts, restart: { policy: "always", maxAttempts: 0 } as const };
  await house.upToTheEnd({ db });
  const [failed] = await house.upToTheEnd({ db: { ...db, image: "shop/web:bad" } });
  expect(failed).toMatchObject({ outcome: "rolled-back", evidence: { instance: "shop-db-r2-1-a1" } });
  const writers = () => house.engine.control.containers().flatMap((one) => (one.alive ? [one.blueprint.name] : []));
  const before = writers();
  expect(before).toEqual([expect.stringMatching(/^shop-db-r1-1-/)]);
  house.engine.control.reboot();
  expect(writers()).toEqual(before);
  expect(house.engine.control.container("shop-db-r2-1-a1").state).toBe("exited");
});

/** To where the new version's first instances run and are not ready yet; the deployment's id. */
async function midway(): Promise<string> {
  const { control } = house.engine;
  control.behave("shop/web:v2", { readyAfterMs: 500 });
  await house.upToTheEnd({ web: {} });
  const { deployments } = await house.up({ web: { image: "shop/web:v2" } });
  const runs = (one: FakeContainer): boolean => one.blueprint.image.reference === "shop/web:v2" && one.state === "running";
  await house.until(async () => control.containers().some(runs));
  return deployments[0]?.id ?? "";
}

async function killedMidway(): Promise<DeploymentView> {
  const id = await midway();
  house.engine.control.reboot(true);
  expect(house.engine.control.containers().filter((one) => one.alive)).toEqual([]);
  return house.ended(id);
}

it("a version that a killed engine has taken down with everything has not failed: fresh instances of it follow", async () => {
  const ended = await killedMidway();
  expect(ended).toMatchObject({ outcome: "succeeded", evidence: null });
  expect(ended.steps.some(({ because }) => because === "it ended with the engine")).toBe(true);
  expect(await house.serving()).toHaveLength(2);
});

it("nor where the engine's stream has not told yet that it is another one", async () => {
  const { engine } = house;
  const { events, ping } = engine;
  const { bootId } = await ping();
  // It began well before the instances did.
  engine.ping = async () => {
    const seen = await ping();
    return seen.bootId === bootId && seen.startedAt !== null ? { ...seen, startedAt: seen.startedAt - 60_000 } : seen;
  };
  engine.events = (signal, since) =>
    (async function* () {
      for await (const event of events(signal, since)) if (event.kind !== "resync") yield event;
    })();
  await house.reopen();
  expect(await killedMidway()).toMatchObject({ outcome: "succeeded", evidence: null });
});

it("nor where it was killed while nobody watched, and is yet another one by now (crowded story 234)", async () => {
  const id = await midway();
  const { control } = house.engine;
  await house.close();
  control.reboot(true);
  const killedAt = Date.now();
  await house.until(async () => Date.now() > killedAt);
  control.reboot();
  await house.open();
  expect(await house.ended(id)).toMatchObject({ outcome: "succeeded", evidence: null });
});
