import Docker from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import type { Blueprint } from "../../src/reconcile/ports.ts";
import { type EngineWorld, inhabit, POLL } from "../conformance/engine-world.ts";
import { service } from "../spec/reading.ts";
import { BASE_IMAGE, dockerWorld, SOCKET } from "./docker-world.ts";
import { imageStore, tarOf } from "./image-store.ts";

/** Keys of a stack file, followed from its text into a container: as the engine has them, and as they are seen from inside. */

const docker = new Docker({ socketPath: SOCKET, host: "" });
const store = imageStore();
let world: EngineWorld & ReturnType<typeof inhabit>;
beforeAll(async () => {
  const made = await dockerWorld("conf-keys", 212);
  world = { ...made, ...inhabit(made) };
  await world.network("a", 0);
});
afterAll(async () => {
  await world.close();
  await store.close();
});

const specOf = (keys: string, script: string) => {
  const { image: _, networks: __, ...spec } = service(keys, { tail: "volumes: {data: }\n" });
  return { ...spec, command: ["sh", "-c", script] };
};
/** Whatever the keys: what was made of a blueprint differs in nothing from it (`instar verify`). */
const isAsMade = async (blueprint: Blueprint) => {
  const { id } = await world.look(blueprint.name);
  const found = await world.engine.examine({ id, scratch: [], anew: true, made: async () => ({ blueprint, differences: [] }) });
  expect(found?.differences).toEqual([]);
};
/** What a script writes in a container of these keys, and what the engine says of that container. */
const run = async (slot: number, keys: string, script: string, more: object = {}) => {
  const { engine, started, look } = world;
  const made = await started({ service: "keys", slot, program: { does: "exits", status: 0 }, ...more, spec: specOf(keys, script) });
  await expect.poll(() => look(made.name), POLL).toMatchObject({ state: "exited" });
  await isAsMade(made);
  const inspected = await docker.getContainer(made.name).inspect();
  return { lines: await engine.tail(made.name, 200), host: inspected.HostConfig, config: inspected.Config, mounts: inspected.Mounts };
};
const create = async (slot: number, keys: string) => {
  const made = await world.blueprint({ service: "keys", slot, spec: specOf(keys, "true") });
  await world.engine.create(made);
  await isAsMade(made);
  return { name: made.name, host: (await docker.getContainer(made.name).inspect()).HostConfig };
};

test("limits", async () => {
  const keys = `ulimits: {nofile: 777, nproc: {soft: 100, hard: 200}}
shm_size: 8m
cpu_shares: 512
cpu_period: 50000
cpu_quota: 25000
cpuset: "0"
mem_limit: 64m
memswap_limit: 96m
mem_swappiness: 5
oom_score_adj: 123`;
  const script =
    "ulimit -n; grep 'Max processes' /proc/self/limits; df -k /dev/shm; cat /proc/self/oom_score_adj; grep Cpus_allowed_list /proc/self/status";
  const { lines, host } = await run(1, keys, script);
  expect(lines).toEqual(
    expect.arrayContaining([
      "777",
      expect.stringMatching(/Max processes +100 +200/),
      expect.stringMatching(/^shm +8192 /),
      "123",
      expect.stringMatching(/^Cpus_allowed_list:\s0$/),
    ]),
  );
  expect(host).toMatchObject({ CpuShares: 512, CpuPeriod: 50_000, CpuQuota: 25_000, MemorySwap: 96 * 2 ** 20, MemorySwappiness: 5 });
});

test("names, devices and groups", async () => {
  const keys = `extra_hosts: ["far.example:10.9.8.7"]
dns: 127.0.0.9
dns_search: [inner.example]
dns_opt: ["ndots:3"]
hostname: box
domainname: shop.example
devices: ["/dev/null:/dev/nowhere:r"]
device_cgroup_rules: ["c 1:3 mr"]
group_add: ["4242"]`;
  const script = "cat /etc/hosts /etc/resolv.conf; ls -l /dev/nowhere; id -G; cat /proc/sys/kernel/domainname";
  const { lines } = await run(2, keys, script);
  expect(lines).toEqual(
    expect.arrayContaining([
      "10.9.8.7\tfar.example",
      expect.stringContaining("box.shop.example"),
      "search inner.example",
      expect.stringMatching(/^options .*ndots:3/),
      expect.stringMatching(/^crw.* 1, +3 .*\/dev\/nowhere/),
      expect.stringMatching(/\b4242\b/),
      "shop.example",
    ]),
  );
});

test("the walls, and a terminal", async () => {
  const keys = `security_opt: ["no-new-privileges:true", "seccomp=unconfined"]
sysctls: {net.core.somaxconn: 321}
ipc: private
tty: true
stdin_open: true
cgroup_parent: /conf-keys
tmpfs: "/t:exec,uid=77,mode=700"
runtime: runc`;
  const script =
    "cat /proc/sys/net/core/somaxconn; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; test -t 1 && echo terminal; cat /proc/self/cgroup; stat -c %u:%a /t; grep ' /t ' /proc/mounts";
  const { lines, host, config } = await run(3, keys, script);
  expect(lines).toEqual(
    expect.arrayContaining(["321", "NoNewPrivs:\t1", "Seccomp:\t0", "terminal", expect.stringContaining("/conf-keys/"), "77:700"]),
  );
  expect(lines.at(-1)).not.toContain("noexec");
  expect([config.OpenStdin, host.IpcMode, host.Runtime]).toEqual([true, "private", "runc"]);
});

test("in the namespaces of the host", async () => {
  const keys = "pid: host\nuts: host\nipc: host\nuserns_mode: host\ncgroup: host\nmem_limit: 32m\noom_kill_disable: true";
  const { lines, host } = await run(4, keys, "ls -d /proc/[0-9]* 2>/dev/null | wc -l; hostname");
  expect(Number(lines[0])).toBeGreaterThan(10);
  expect(lines[1]).toBe((await docker.info()).Name);
  expect(host).toMatchObject({ PidMode: "host", UTSMode: "host", IpcMode: "host", UsernsMode: "host", OomKillDisable: true });
});

// Engines inside other containers refuse to start these.
test("what not every machine can be asked to do still reaches the engine", async () => {
  const keys = "privileged: true\nblkio_config: {weight: 300, device_read_iops: [{path: /dev/null, rate: 10}]}\ncpu_rt_period: 1ms";
  const { host } = await create(5, keys);
  expect(host).toMatchObject({ Privileged: true, BlkioDeviceReadIOps: [{ Path: "/dev/null", Rate: 10 }] });
});

test("a GPU where there is none is the engine's refusal, in its words", async () => {
  const { name, host } = await create(6, "gpus: all");
  expect(host.DeviceRequests).toMatchObject([{ Count: -1, Capabilities: [["gpu"]] }]);
  await expect(world.engine.start(name)).rejects.toMatchObject({ code: "INS3005", message: expect.stringContaining("gpu") });
});

test("mounts: nothing copied in, and how mounts spread", async () => {
  const { engine, prefix } = world;
  const name = `${prefix}_data`;
  await engine.ensureVolume(prefix, { name, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
  const keys = "volumes: ['data:/etc:nocopy', {type: bind, source: /tmp, target: /t, bind: {propagation: private}}]";
  const { lines, mounts } = await run(7, keys, "ls /etc", { volumeNames: { data: name } });
  expect(lines).not.toContain("passwd");
  expect(mounts.find(({ Destination }) => Destination === "/t")?.Propagation).toBe("private");
});

test("options of a network, which an existing one must have", async () => {
  const { engine, prefix, block } = world;
  const spec = { name: `${prefix}_mtu`, external: false, internal: false, labels: {} };
  const driverOpts = { "com.docker.network.driver.mtu": "1234" };
  await engine.ensureNetwork(prefix, { ...spec, driverOpts }, block(1));
  const networks = [{ name: spec.name, address: block(1).address(9), aliases: [] }];
  const { lines } = await run(8, "labels: {}", "cat /sys/class/net/eth0/mtu", { networks });
  expect(lines).toEqual(["1234"]);
  await engine.ensureNetwork(prefix, { ...spec, driverOpts }, block(1));
  const other = engine.ensureNetwork(prefix, { ...spec, driverOpts: { ...driverOpts, other: "1" } }, block(1));
  await expect(other).rejects.toMatchObject({ code: "INS3003", message: expect.stringContaining("other=1") });
});

test("options of a build", async () => {
  const tag = "conf-keys/built:1";
  store.adopt(tag);
  const engine = createDockerEngine({ socketPath: SOCKET, installation: "test-conf-keys" });
  const dockerfile = `FROM ${BASE_IMAGE}\nRUN cat /etc/hosts; df -k /dev/shm; ulimit -n; ls /sys/class/net\n`;
  const keys =
    "build: {network: none, extra_hosts: ['far.example:10.9.8.7'], shm_size: 4m, ulimits: {nofile: 99}, labels: {made: here}, no_cache: true}";
  const build = service(keys).build;
  const lines: string[] = [];
  if (build === null) throw new Error("no build");
  await engine.build(tarOf({ Dockerfile: dockerfile }), build, tag, (line) => lines.push(...line.split("\n")));
  expect(lines).toEqual(expect.arrayContaining(["10.9.8.7\tfar.example", expect.stringMatching(/^shm +4096 /), "99", "lo"]));
  expect(lines).not.toContain("eth0");
  expect((await docker.getImage(tag).inspect()).Config.Labels).toMatchObject({ made: "here" });
});
