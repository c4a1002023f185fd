import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MountSpec, ServiceSpec } from "../../src/spec/types.ts";
import { type EngineWorld, inhabit, POLL } from "../conformance/engine-world.ts";
import { BASE_IMAGE, dockerWorld } from "./docker-world.ts";
import { imageStore } from "./image-store.ts";

const store = imageStore();
let world: EngineWorld & ReturnType<typeof inhabit>;
let folder: string;

beforeAll(async () => {
  const made = await dockerWorld("conf-details", 204);
  world = { ...made, ...inhabit(made) };
  await world.network("a", 0);
  await world.network("b", 1);
  folder = await mkdtemp(join(tmpdir(), "instar-binds-"));
});
afterAll(async () => {
  await world.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** What a script writes that runs as an instance, once it has ended. */
const output = async (slot: number, script: string, spec: Partial<ServiceSpec> = {}, more: object = {}): Promise<readonly string[]> => {
  const { engine, started, look } = world;
  const { name } = await started({
    service: "script",
    slot,
    program: { does: "exits", status: 0 },
    ...more,
    spec: { ...spec, command: ["sh", "-c", script] },
  });
  await expect.poll(() => look(name), POLL).toMatchObject({ state: "exited" });
  return engine.tail(name, 100);
};

test("an instance is as its spec says, seen from inside", async () => {
  const { engine, prefix } = world;
  await engine.ensureVolume(prefix, { name: `${prefix}_data`, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
  const script =
    "id -u; pwd; hostname; echo $COLOUR; touch /new; touch /data/file && echo volume; grep ' /scratch ' /proc/mounts; grep CapEff /proc/self/status; cat /proc/1/comm";
  const lines = await output(
    1,
    script,
    {
      user: "0:0",
      workingDir: "/srv",
      hostname: "inside",
      environment: { COLOUR: "red = green" },
      readOnly: true,
      capDrop: ["ALL"],
      init: true,
      mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }],
      tmpfs: [{ target: "/scratch", sizeBytes: 1 << 20, mode: 0o700 }],
    },
    { volumeNames: { data: `${prefix}_data` } },
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      "0",
      "/srv",
      "inside",
      "red = green",
      expect.stringMatching(/new.*Read-only file system/),
      "volume",
      expect.stringMatching(/tmpfs \/scratch tmpfs rw,.*size=1024k,mode=700/),
      expect.stringMatching(/CapEff:\s+0{16}/),
      "docker-init",
    ]),
  );
});

test("others find it by its alias, at its static address, on every network", async () => {
  const { engine, blueprint, networkName, block } = world;
  const at = (key: string, n: number, host: number, aliases: readonly string[]) => ({
    name: networkName(key),
    address: block(n).address(host),
    aliases,
  });
  const target = await blueprint({ service: "named", networks: [at("a", 0, 50, ["first-name"]), at("b", 1, 50, ["second-name"])] });
  await engine.create(target);
  await engine.start(target.name);
  const networks = [at("a", 0, 51, []), at("b", 1, 51, [])];
  const lines = await output(2, "nslookup first-name; nslookup second-name", {}, { networks });
  expect(lines.join("\n")).toContain(block(0).address(50));
  expect(lines.join("\n")).toContain(block(1).address(50));
});

test("a bind source that is not there is INS1015, unless it may be made", async () => {
  const { engine, blueprint, exists } = world;
  const bind = (name: string, createHostPath: boolean): MountSpec => ({
    kind: "bind",
    source: join(folder, name),
    target: "/bound",
    readOnly: false,
    createHostPath,
  });
  const missing = await blueprint({ service: "bind", slot: 3, spec: { mounts: [bind("missing", false)] } });
  await expect(engine.create(missing)).rejects.toMatchObject({ code: "INS1015", message: expect.stringContaining("missing") });
  expect(await exists("container", missing.name)).toBe(false);
  expect(await output(4, "echo made", { mounts: [bind("made", true)] })).toEqual(["made"]);
  expect((await stat(join(folder, "made"))).isDirectory()).toBe(true);
});

test("a bind source that goes between create and start is INS1015, and the start can be repeated", async () => {
  const { engine, blueprint, look } = world;
  const source = join(folder, "goes");
  await mkdir(source);
  const mounts: MountSpec[] = [{ kind: "bind", source, target: "/bound", readOnly: false, createHostPath: false }];
  const made = await blueprint({ service: "bind", slot: 5, spec: { mounts } });
  await engine.create(made);
  await rm(source, { recursive: true });
  await expect(engine.start(made.name)).rejects.toMatchObject({ code: "INS1015" });
  expect((await look(made.name)).state).not.toBe("running");
  await mkdir(source);
  await engine.start(made.name);
  expect((await look(made.name)).state).toBe("running");
});

test("health is the engine's own: starting, then what the check says, with its words", async () => {
  const { engine, started, look } = world;
  const check = { disable: false, intervalMs: 100, timeoutMs: 5000, retries: 1, startPeriodMs: 0, startIntervalMs: null };
  const well = await started({ service: "health", slot: 6, spec: { healthcheck: { ...check, test: ["CMD", "true"] } } });
  const ill = await started({
    service: "health",
    slot: 7,
    spec: { healthcheck: { ...check, test: ["CMD-SHELL", "echo too hot; exit 1"] } },
  });
  await expect.poll(() => look(well.name), POLL).toMatchObject({ health: "healthy", healthDetail: null });
  await expect.poll(() => look(ill.name), POLL).toMatchObject({ health: "unhealthy", healthDetail: "too hot" });
  // The end of a healthcheck's exec and the stop of its container disagree in dockerd while checks are under way.
  for (const { name } of [well, ill]) await engine.stop(name, { signal: null, graceMs: 5000 });
});

test("the stop signal of the spec is the one that is sent", async () => {
  const { engine, started, look } = world;
  const command = ["sh", "-c", "trap 'exit 9' INT; trap '' TERM; echo up; while :; do sleep 1000 & wait $!; done"];
  const { name } = await started({ service: "signal", slot: 8, spec: { stopSignal: "SIGINT", command } });
  await engine.stop(name, { signal: "SIGINT", graceMs: 60_000 });
  expect(await look(name)).toMatchObject({ state: "exited", exitCode: 9 });
});

test("a program that cannot be run is the engine's refusal in its words, and is not running", async () => {
  const { engine, blueprint, look } = world;
  const made = await blueprint({ service: "nothing", slot: 9, spec: { command: ["no-such-program"] } });
  await engine.create(made);
  await expect(engine.start(made.name)).rejects.toMatchObject({ code: "INS3005", message: expect.stringContaining("no-such-program") });
  expect((await look(made.name)).state).not.toBe("running");
});

test("logs of a driver that keeps nothing say so", async () => {
  const { engine, started, look } = world;
  const { name } = await started({
    service: "mute",
    slot: 10,
    program: { does: "exits", status: 0 },
    spec: { logging: { driver: "none", options: {} } },
  });
  await expect.poll(() => look(name), POLL).toMatchObject({ state: "exited" });
  expect(await engine.tail(name, 10)).toEqual([expect.stringContaining("logging driver none")]);
});

test("a long line is one line", async () => {
  const lines = await output(11, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo end");
  expect(lines.map((line) => line.length)).toEqual([40_000, 3]);
});

test("an image whose name is gone runs by its id", async () => {
  const { engine, blueprint, look } = world;
  await store.tag(BASE_IMAGE, "conf-details/named:1");
  const image = await engine.resolveImage("conf-details/named:1", "never");
  const made = await blueprint({ service: "nameless" });
  const gone = `conf-details/named@sha256:${"0".repeat(64)}`;
  await engine.create({ ...made, image: { ...image, runnable: gone } });
  expect((await look(made.name)).image).toBe(image.shown);
});
