import { describe, expect, test } from "vitest";
import { containerBody } from "../../src/engine/docker/body.ts";
import type { Blueprint } from "../../src/reconcile/ports.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const blueprint = (given: Partial<ServiceSpec>, more: Partial<Blueprint> = {}): Blueprint => ({
  name: "shop-web-r7-1-a1",
  stack: "shop",
  service: "web",
  revision: 7,
  slot: 1,
  attempt: 1,
  generation: 2,
  instanceHash: "abc",
  image: { reference: "shop/web:1", digests: ["sha256:1"], runnable: "shop/web@sha256:1", shown: "sha256:1" },
  spec: serviceSpec(given),
  networks: [
    { name: "shop_default", address: "10.211.0.2", aliases: ["web"] },
    { name: "shop_back", address: null, aliases: [] },
  ],
  volumeNames: { data: "shop_data" },
  slotVolumes: { "/cache": "shop_web_1_cache_abc" },
  ...more,
});
const body = (given: Partial<ServiceSpec>, more: Partial<Blueprint> = {}, api = "1.41") =>
  containerBody(blueprint(given, more), "inst", api, "image:x");
const host = (given: Partial<ServiceSpec>, more: Partial<Blueprint> = {}) => body(given, more).HostConfig;

describe("the body of a container create", () => {
  test("what it was made from is one more label, and nothing else of it changes", () => {
    const { Labels, ...rest } = body({}, { origin: "text" });
    const { Labels: plain, ...same } = body({}, { origin: null });
    expect([rest, Labels]).toEqual([same, { ...plain, "dev.instar.origin": "text" }]);
  });

  test("a plain service, whole", () => {
    expect(body({})).toEqual({
      Image: "image:x",
      Env: [],
      Labels: {
        "dev.instar.installation": "inst",
        "dev.instar.stack": "shop",
        "dev.instar.service": "web",
        "dev.instar.revision": "7",
        "dev.instar.slot": "1",
        "dev.instar.attempt": "1",
        "dev.instar.generation": "2",
        "dev.instar.instance": "abc",
        "dev.instar.networks": "shop_default,shop_back",
      },
      StopTimeout: 10,
      ExposedPorts: {},
      NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: ["web"], IPAMConfig: { IPv4Address: "10.211.0.2" } } } },
      HostConfig: {
        NetworkMode: "shop_default",
        Mounts: [],
        Binds: [],
        Tmpfs: {},
        ReadonlyRootfs: false,
        CapAdd: [],
        CapDrop: [],
        Init: false,
        RestartPolicy: { Name: "no" },
        LogConfig: { Type: "local", Config: { "max-size": "10m", "max-file": "3" } },
        NanoCpus: 0,
        Memory: 0,
        MemoryReservation: 0,
        PortBindings: {},
      },
    });
  });

  test("what is said reaches it", () => {
    const given = {
      command: ["run"],
      entrypoint: ["sh", "-c"],
      environment: { A: "1", B: "x=y" },
      user: "1000:1000",
      workingDir: "/srv",
      hostname: "web",
      stopSignal: "SIGINT",
      stopGraceMs: 1500,
      labels: { colour: "red", "dev.instar.stack": "forged" },
    };
    expect(body(given)).toMatchObject({
      Cmd: ["run"],
      Entrypoint: ["sh", "-c"],
      Env: ["A=1", "B=x=y"],
      User: "1000:1000",
      WorkingDir: "/srv",
      Hostname: "web",
      StopSignal: "SIGINT",
      StopTimeout: 2,
      Labels: { colour: "red", "dev.instar.stack": "shop" },
    });
  });

  test("an emptied entrypoint is sent as empty, an unset one not at all", () => {
    expect(body({ entrypoint: [] }).Entrypoint).toEqual([]);
    expect(body({})).not.toHaveProperty("Entrypoint");
    expect(body({})).not.toHaveProperty("Cmd");
  });

  test("limits, capabilities, init, read-only, restart", () => {
    const resources = { nanoCpus: 5e8, memoryBytes: 64, memoryReservationBytes: 32, pids: 50 };
    const restart = { policy: "on-failure", maxAttempts: 3 } as const;
    expect(host({ resources, restart, capAdd: ["NET_ADMIN"], capDrop: ["ALL"], init: true, readOnly: true })).toMatchObject({
      NanoCpus: 5e8,
      Memory: 64,
      MemoryReservation: 32,
      PidsLimit: 50,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      CapAdd: ["NET_ADMIN"],
      CapDrop: ["ALL"],
      Init: true,
      ReadonlyRootfs: true,
    });
    expect(host({})).not.toHaveProperty("PidsLimit");
    expect(host({ restart: { policy: "unless-stopped", maxAttempts: 3 } })?.RestartPolicy).toEqual({ Name: "unless-stopped" });
  });

  test("always is made unless-stopped: an engine that starts lets what was stopped be", () => {
    expect(host({ restart: { policy: "always", maxAttempts: 0 } })?.RestartPolicy).toEqual({ Name: "unless-stopped" });
  });

  test("volumes by their engine names, those of the slot too; binds by whether their source may be made", () => {
    const mount = { target: "/t", readOnly: false, createHostPath: false };
    const seen = host({
      mounts: [
        { ...mount, kind: "volume", source: "data" },
        { ...mount, kind: "volume", source: null, target: "/cache" },
        { ...mount, kind: "bind", source: "/etc/x", readOnly: true },
        { ...mount, kind: "bind", source: "/made", createHostPath: true },
        { ...mount, kind: "bind", source: "/made", createHostPath: true, readOnly: true, target: "/r" },
      ],
      tmpfs: [
        { target: "/plain", sizeBytes: null, mode: null },
        { target: "/small", sizeBytes: 1024, mode: 0o1777 },
        { target: "/own", sizeBytes: null, mode: null, options: ["exec", "uid=5"] },
      ],
    });
    expect(seen?.Mounts).toEqual([
      { Type: "volume", Source: "shop_data", Target: "/t", ReadOnly: false },
      { Type: "volume", Source: "shop_web_1_cache_abc", Target: "/cache", ReadOnly: false },
      { Type: "bind", Source: "/etc/x", Target: "/t", ReadOnly: true },
    ]);
    expect(seen?.Binds).toEqual(["/made:/t", "/made:/r:ro"]);
    const special = host({
      mounts: [
        { ...mount, kind: "volume", source: "data", noCopy: true, subpath: "in" },
        { ...mount, kind: "bind", source: "/b", propagation: "rslave" },
        { ...mount, kind: "bind", source: "/c", createHostPath: true, readOnly: true, propagation: "shared" },
      ],
    });
    expect(special?.Mounts).toEqual([
      { Type: "volume", Source: "shop_data", Target: "/t", ReadOnly: false, VolumeOptions: { NoCopy: true, Subpath: "in" } },
      { Type: "bind", Source: "/b", Target: "/t", ReadOnly: false, BindOptions: { Propagation: "rslave" } },
    ]);
    expect(special?.Binds).toEqual(["/c:/t:ro,shared"]);
    expect(seen?.Tmpfs).toEqual({ "/plain": "", "/small": "size=1024,mode=1777", "/own": "exec,uid=5" });
  });

  test("a path of the slot without a volume is never left to the engine", () => {
    const mount = { kind: "volume", source: null, target: "/lost", readOnly: false, createHostPath: false } as const;
    expect(() => host({ mounts: [mount] })).toThrow("no volume was chosen for /lost");
  });

  test("host-mode and UDP ports are the engine's, the others only exposed", () => {
    const port = { target: 80, hostIp: null, appProtocol: null } as const;
    const given = body({
      expose: [9000],
      ports: [
        { ...port, published: 8080, protocol: "tcp", mode: "ingress" },
        { ...port, published: 8081, protocol: "tcp", mode: "host", hostIp: "127.0.0.1" },
        { ...port, published: 8082, protocol: "tcp", mode: "host" },
        { ...port, published: 53, target: 53, protocol: "udp", mode: "ingress" },
        { ...port, published: null, target: 54, protocol: "udp", mode: "host" },
      ],
    });
    expect(given.ExposedPorts).toEqual({ "9000/tcp": {}, "80/tcp": {}, "53/udp": {}, "54/udp": {} });
    expect(given.HostConfig?.PortBindings).toEqual({
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "8081" },
        { HostIp: "", HostPort: "8082" },
      ],
      "53/udp": [{ HostIp: "", HostPort: "53" }],
      "54/udp": [{ HostIp: "", HostPort: "" }],
    });
  });

  test("healthchecks in nanoseconds; a start interval only where the engine knows it", () => {
    const healthcheck = {
      disable: false,
      test: ["CMD", "x"],
      intervalMs: 1000,
      timeoutMs: 500,
      retries: 3,
      startPeriodMs: 250,
      startIntervalMs: 100,
    };
    const plain = { Test: ["CMD", "x"], Interval: 1e9, Timeout: 5e8, Retries: 3, StartPeriod: 2.5e8 };
    expect(body({ healthcheck }).Healthcheck).toEqual(plain);
    expect(body({ healthcheck }, {}, "1.44").Healthcheck).toEqual({ ...plain, StartInterval: 1e8 });
    expect(body({ healthcheck: { ...healthcheck, disable: true } }).Healthcheck).toEqual({ Test: ["NONE"] });
    expect(body({})).not.toHaveProperty("Healthcheck");
  });

  test("network modes, and an address that is not ours to give", () => {
    expect(host({ networkMode: "host" }, { networks: [] })?.NetworkMode).toBe("host");
    expect(host({}, { networks: [] })?.NetworkMode).toBe("none");
    const given = body({}, { networks: [{ name: "ext", address: null, aliases: [] }] });
    expect(given.NetworkingConfig?.EndpointsConfig).toEqual({ ext: { Aliases: [] } });
  });

  test("the rarer keys stand beside the others", () => {
    expect(body({ container: { tty: true, shmSizeBytes: 5 } })).toMatchObject({ Tty: true, HostConfig: { ShmSize: 5, Init: false } });
    const joined = body({}, { networks: [{ name: "n", address: null, aliases: [], driverOpts: { a: "b" } }] });
    expect(joined.NetworkingConfig?.EndpointsConfig).toEqual({ n: { Aliases: [], DriverOpts: { a: "b" } } });
  });

  test("logging as it is said", () => {
    const logging = { driver: "json-file", options: { "max-size": "1m" } };
    expect(host({ logging })?.LogConfig).toEqual({ Type: "json-file", Config: { "max-size": "1m" } });
  });
});
