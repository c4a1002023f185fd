import { beforeEach, describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { Blueprint, EngineEvent } from "../../src/reconcile/ports.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { createFakeEngine, type FakeEngine } from "./fake-engine.ts";
import { settle, type VirtualClock, virtualClock } from "./virtual-clock.ts";

const IMAGE = "app:1";
let clock: VirtualClock;
let engine: FakeEngine;
beforeEach(() => {
  clock = virtualClock();
  engine = createFakeEngine({ clock, installation: "sim" });
  engine.control.images.add(IMAGE);
});

const blueprint = async (slot: number, spec: Partial<ServiceSpec> = {}): Promise<Blueprint> => ({
  name: `web-${slot}`,
  stack: "shop",
  service: "web",
  revision: 1,
  slot,
  attempt: 1,
  generation: 1,
  instanceHash: "h",
  image: await engine.resolveImage(IMAGE, "never"),
  spec: serviceSpec(spec),
  networks: [{ name: "net", address: `10.211.0.${slot}`, aliases: [] }],
  volumeNames: {},
  slotVolumes: {},
});
const started = async (slot = 1, spec: Partial<ServiceSpec> = {}): Promise<string> => {
  const made = await blueprint(slot, spec);
  await engine.create(made);
  await engine.start(made.name);
  return made.name;
};
const stateOf = async (name: string) => (await engine.instance(name))?.state;
const watch = (): EngineEvent[] => {
  const seen: EngineEvent[] = [];
  void (async () => {
    for await (const event of engine.events(new AbortController().signal)) seen.push(event);
  })();
  return seen;
};

describe("time", () => {
  test("a slow start takes its time, and only then it runs", async () => {
    engine.control.behave(IMAGE, { startMs: 500 });
    const starting = started();
    await clock.advance(499);
    expect(await stateOf("web-1")).toBe("created");
    await clock.advance(1);
    await starting;
    expect(await engine.instance("web-1")).toMatchObject({ state: "running", startedAt: clock.now() });
  });

  test("it answers probes when it is ready, or never", async () => {
    engine.control.behave(IMAGE, { readyAfterMs: 300 });
    expect(engine.control.probe("10.211.0.1")).toBe("no route to host");
    const name = await started();
    expect(engine.control.probe("10.211.0.1")).toBe("HTTP 503");
    await clock.advance(300);
    expect(engine.control.probe("10.211.0.1")).toBeNull();
    engine.control.setReady(name, "HTTP 500");
    expect(engine.control.probe("10.211.0.1")).toBe("HTTP 500");
    engine.control.setReady(name, undefined);
    engine.control.behave(IMAGE, { readyAfterMs: null });
    await clock.advance(1e9);
    expect(engine.control.probe("10.211.0.1")).toBe("HTTP 503");
  });

  test("health turns when it should", async () => {
    engine.control.behave(IMAGE, { healthyAfterMs: 100 });
    const name = await started();
    expect((await engine.instance(name))?.health).toBe("starting");
    await clock.advance(100);
    expect((await engine.instance(name))?.health).toBe("healthy");
    engine.control.setHealth(name, "unhealthy");
    expect(await engine.instance(name)).toMatchObject({ health: "unhealthy", state: "running" });
  });

  test("a stop takes what the program takes, at most the grace", async () => {
    engine.control.behave(IMAGE, { stopMs: 2000, stopCode: 3 });
    const [one, two] = [await started(1), await started(2)];
    const stops = Promise.all([engine.stop(one, { signal: null, graceMs: 5000 }), engine.stop(two, { signal: null, graceMs: 1000 })]);
    await clock.advance(1000);
    expect([await stateOf(one), await stateOf(two)]).toEqual(["running", "exited"]);
    await clock.advance(1000);
    await stops;
    expect((await engine.instance(one))?.exitCode).toBe(3);
    expect((await engine.instance(two))?.exitCode).toBe(137);
  });

  test("restarts by policy back off", async () => {
    engine.control.behave(IMAGE, { endsAfterMs: 0, exitCode: 1 });
    const name = await started(1, { restart: { policy: "on-failure", maxAttempts: 2 } });
    await clock.advance(0);
    expect(await engine.instance(name)).toMatchObject({ state: "restarting", exitCode: 1, restartCount: 0 });
    await clock.advance(100);
    expect(await engine.instance(name)).toMatchObject({ state: "restarting", restartCount: 1 });
    await clock.advance(199);
    expect((await engine.instance(name))?.restartCount).toBe(1);
    await clock.advance(1);
    expect(await engine.instance(name)).toMatchObject({ state: "exited", restartCount: 2 });
    await clock.advance(1e6);
    expect(clock.nextAt()).toBeNull();
  });
});

describe("faults", () => {
  test("a crash shows its exit code, and is told", async () => {
    const seen = watch();
    const name = await started();
    engine.control.crash(name, 42);
    expect(await engine.instance(name)).toMatchObject({ state: "exited", exitCode: 42 });
    await settle();
    expect(seen.find((event) => event.action === "die")).toMatchObject({ name, exitCode: 42, labels: { "dev.instar.slot": "1" } });
  });

  test("events that were lost come after the resync, as dockerd remembers them", async () => {
    const seen = watch();
    await settle();
    engine.control.loseEvents(true);
    const name = await started();
    engine.control.crash(name);
    engine.control.loseEvents(false);
    await settle();
    expect(seen.map((event) => event.action)).toEqual(["resync", "slow", "resync", "create", "start", "connect", "die", "disconnect"]);
  });

  test("the next call fails as it is told, so often, and changes nothing", async () => {
    engine.control.failNext("create", new InstarError("INS3009", "full"), 2);
    const made = await blueprint(1);
    await expect(engine.create(made)).rejects.toMatchObject({ code: "INS3009" });
    await expect(engine.create(made)).rejects.toMatchObject({ code: "INS3009" });
    expect(await engine.instances()).toEqual([]);
    await engine.create(made);
    expect(engine.control.calls.filter(({ call }) => call === "create").map(({ name }) => name)).toEqual(["web-1", "web-1", "web-1"]);
  });

  test("a daemon that is down answers nothing, and its instances live on", async () => {
    const name = await started();
    engine.control.setDown(true);
    await expect(engine.instances()).rejects.toMatchObject({ code: "INS3001" });
    await expect(engine.stop(name, { signal: null, graceMs: 1 })).rejects.toMatchObject({ code: "INS3001" });
    engine.control.setDown(false);
    expect(await stateOf(name)).toBe("running");
  });

  test("a reboot ends everything and restarts what its policy says", async () => {
    const plain = await started(1);
    const kept = await started(2, { restart: { policy: "unless-stopped", maxAttempts: 0 } });
    const { bootId } = await engine.ping();
    await clock.advance(1000);
    engine.control.reboot();
    expect([await stateOf(plain), await stateOf(kept)]).toEqual(["exited", "running"]);
    expect((await engine.instance(kept))?.startedAt).toBe(clock.now());
    expect((await engine.ping()).bootId).not.toBe(bootId);
  });

  test("a container someone removed is gone, and its process with it", async () => {
    engine.control.behave(IMAGE, { endsAfterMs: 100 });
    const name = await started();
    engine.control.vanish(name);
    expect(await engine.instance(name)).toBeNull();
    await clock.advance(1000);
    expect(clock.nextAt()).toBeNull();
  });

  test("a port another process took is INS4001", async () => {
    engine.control.takePort(80);
    const ports = [{ published: 80, target: 80, protocol: "tcp", mode: "host", hostIp: null, appProtocol: null }] as const;
    await expect(started(1, { ports })).rejects.toMatchObject({ code: "INS4001" });
  });
});

describe("images", () => {
  const NAME = "registry.test/shop/web:1";

  test("a published one is pulled; a moved tag is seen only by `always`; the old one can be restored", async () => {
    const { images } = engine.control;
    images.publish(NAME, "first");
    const first = await engine.resolveImage(NAME, "missing");
    expect(first).toMatchObject({ runnable: `registry.test/shop/web@${first.shown}` });
    images.publish(NAME, "second");
    expect(await engine.resolveImage(NAME, "missing")).toEqual(first);
    const second = await engine.resolveImage(NAME, "always");
    expect(second.shown).not.toBe(first.shown);
    images.publish("registry.test/shop/web:old", "first");
    expect(await engine.hasImage(first)).toBe(false);
    await engine.restoreImage(first);
    expect(await engine.hasImage(first)).toBe(true);
  });

  test("without its registry nothing is pulled", async () => {
    engine.control.images.publish(NAME);
    engine.control.images.registryDown = true;
    await expect(engine.resolveImage(NAME, "missing")).rejects.toMatchObject({
      code: "INS3004",
      message: expect.stringContaining("reached"),
    });
  });
});
