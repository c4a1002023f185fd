import { describe, expect, it } from "vitest";
import { boundsOf, type Check, choose, holdOf, portMode, singleWriterPath } from "../../src/plan/choose.ts";
import type { HealthcheckSpec, MountSpec, PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const port = (target: number, more: Partial<PortSpec> = {}): PortSpec => ({
  ...{ published: target, target, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: null },
  ...more,
});
const chosen = (given: Partial<ServiceSpec>, replicas = 2) => choose(serviceSpec(given), replicas, {}, new Set());
const CHECK: HealthcheckSpec = {
  ...{ disable: false, test: ["CMD", "true"], intervalMs: 1_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0, startIntervalMs: null },
};

const mount = (given: Partial<MountSpec>): MountSpec => ({
  ...{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false },
  ...given,
});

describe("who writes has its volume alone (law 6)", () => {
  const ONE = "is written by one instance at a time";
  const names = { data: "shop_data" };
  const shared = new Set(["shop_data"]);
  it.each<[string, Partial<MountSpec>, number, ReadonlySet<string>, string, string]>([
    ["one instance on a volume", {}, 1, new Set(), "service", `/data ${ONE}`],
    ["one on a folder of the host", { kind: "bind", source: "/srv" }, 1, new Set(), "service", `/data ${ONE}`],
    ["one on an anonymous volume", { source: null }, 1, new Set(), "service", `/data ${ONE}`],
    ["several, each on its slot's", { source: null }, 2, new Set(), "slot", `/data belongs to its slot and ${ONE}`],
    ["several on one volume, which the file cannot say", {}, 2, new Set(), "none", "nothing in it is exclusive"],
    ["who only reads", { readOnly: true }, 1, new Set(), "none", "nothing in it is exclusive"],
    ["one on a volume that others share", {}, 1, shared, "none", "nothing in it is exclusive"],
    ["another volume is shared", {}, 1, new Set(["shop_other"]), "service", `/data ${ONE}`],
  ])("%s", (_what, given, replicas, sharedVolumes, exclusive, because) => {
    const spec = serviceSpec({ ports: [port(80)], mounts: [mount(given)] });
    const order = exclusive === "none" ? "start-first" : "stop-first";
    expect(choose(spec, replicas, names, sharedVolumes)).toMatchObject({ exclusive, because, order });
  });

  it("a volume without a name of its own on the engine is known by its key", () => {
    const spec = serviceSpec({ ports: [port(80)], mounts: [mount({})] });
    expect(choose(spec, 1, {}, new Set(["data"])).exclusive).toBe("none");
    expect(choose(spec, 1, names, new Set(["data"])).exclusive).toBe("service");
  });

  it("only what belongs to a slot has one writer however many there are", () => {
    const pathOf = (...mounts: MountSpec[]) => singleWriterPath(serviceSpec({ mounts }), names, shared);
    const own = mount({ source: null, target: "/own" });
    expect(pathOf()).toBeNull();
    expect(pathOf(own)).toBeNull();
    expect(pathOf(own, mount({ source: "other", target: "/other" }))).toBe("/other");
    expect(pathOf(mount({}))).toBeNull();
    expect(pathOf(mount({ source: "other", readOnly: true }))).toBeNull();
  });
});

describe("what nothing forces", () => {
  it.each<[string, Partial<ServiceSpec>, number, string, string]>([
    ["several without a port", {}, 2, "start-first", "nothing in it is exclusive"],
    ["one with a port", { ports: [port(80)] }, 1, "start-first", "nothing in it is exclusive"],
    ["one with a domain", { domains: [{ host: "a.test", path: null }] }, 1, "start-first", "nothing in it is exclusive"],
    ["one that nobody is routed to", {}, 1, "stop-first", "one replica without a routed port must not run twice"],
    ["none that anybody is routed to", {}, 0, "stop-first", "one replica without a routed port must not run twice"],
  ])("%s", (_what, given, replicas, order, because) => {
    expect(chosen(given, replicas)).toMatchObject({ order, because });
  });

  it.each(["start-first", "stop-first"] as const)("the file says: %s", (order) => {
    const rollout = { ...serviceSpec().rollout, order };
    for (const replicas of [1, 2])
      expect(chosen({ rollout }, replicas)).toMatchObject({ order, because: "the file says so", routed: false });
  });

  it("a port that the instance binds itself is none of the router's", () => {
    expect(chosen({ ports: [port(81, { mode: "host" })] }).routed).toBe(false);
    expect(chosen({ domains: [{ host: "a.test", path: null }] }).routed).toBe(true);
  });
});

describe("how long it drains, and what waits meanwhile", () => {
  const stopFirst = { mounts: [mount({})] };
  it.each<[string, Partial<ServiceSpec>, number]>([
    ["start-first", { ports: [port(80)] }, 30_000],
    ["stop-first over HTTP: nobody serves meanwhile", { ...stopFirst, ports: [port(80)] }, 5_000],
    ["stop-first over TCP: its connections have no end", { ...stopFirst, ports: [port(5432)] }, 0],
    ["stop-first over both", { ...stopFirst, ports: [port(80), port(5432)] }, 0],
    ["as the file says", { ...stopFirst, ports: [port(80)], drainMs: 700 }, 700],
    ["not at all, as the file says", { ports: [port(80)], drainMs: 0 }, 0],
  ])("%s", (_what, given, drainMs) => {
    const spec = serviceSpec(given);
    const bounds = boundsOf(spec, choose(spec, 1, {}, new Set()), "forward");
    expect(bounds.drainMs).toBe(drainMs);
    expect(holdOf(spec, bounds)).toBe(drainMs + 2 * (10_000 + 60_000) + 10_000);
    expect(holdOf({ ...spec, holdMs: 5 }, bounds)).toBe(5);
    expect(holdOf({ ...spec, stopGraceMs: 2 ** 31 }, bounds)).toBe(2 ** 31 - 1);
  });

  it("the way back has bounds of its own", () => {
    const rollback = { ...serviceSpec().rollback, parallelism: 3, delayMs: 7 };
    const spec = serviceSpec({ ports: [port(80)], rollback });
    const choice = choose(spec, 2, {}, new Set());
    expect(boundsOf(spec, choice, "back")).toMatchObject({ parallelism: 3, delayMs: 7 });
    expect(boundsOf(spec, choice, "forward")).toMatchObject({ parallelism: 1, delayMs: 0 });
  });
});

describe("what cannot run twice at once is stopped first", () => {
  it.each<[string, Partial<ServiceSpec>, string]>([
    ["a UDP port", { ports: [port(53, { protocol: "udp" })] }, "port 53/udp is bound by the instance itself"],
    ["a port of mode host", { ports: [port(80), port(81, { mode: "host" })] }, "port 81/tcp is bound by the instance itself"],
    ["the host's network", { networkMode: "host" }, "it uses the host's network"],
    ["the strategy recreate", { ports: [port(80)], strategy: "recreate" }, "the strategy is recreate"],
  ])("%s, whatever order the file asks for", (_what, given, because) => {
    expect(chosen(given)).toMatchObject({ order: "stop-first", because, exclusive: "none" });
    const asked = { ...serviceSpec().rollout, order: "start-first" } as const;
    expect(chosen({ ...given, rollout: asked })).toMatchObject({ order: "stop-first", because });
  });

  it("only what the router has a port of is routed", () => {
    expect(chosen({ ports: [port(53, { protocol: "udp" })] }).routed).toBe(false);
    expect(chosen({ networkMode: "host" }).routed).toBe(false);
    expect(chosen({ ports: [port(80)], strategy: "recreate" }).routed).toBe(true);
  });

  it("recreate stops all at once, however many the file lets be replaced at a time", () => {
    const spec = serviceSpec({ ports: [port(80)], strategy: "recreate", rollout: { ...serviceSpec().rollout, parallelism: 2 } });
    const choice = choose(spec, 3, {}, new Set());
    expect(boundsOf(spec, choice, "forward")).toMatchObject({ order: "stop-first", parallelism: 0 });
    expect(boundsOf(spec, choice, "back")).toMatchObject({ order: "stop-first", parallelism: 0 });
    expect(boundsOf({ ...spec, strategy: "rolling" }, choice, "forward").parallelism).toBe(2);
  });
});

it.each<[string, Partial<ServiceSpec>, Check]>([
  ["ready: healthcheck", { ready: { kind: "healthcheck" }, healthcheck: CHECK, ports: [port(80)] }, { kind: "healthcheck" }],
  ["ready: healthcheck, of the image", { ready: { kind: "healthcheck" }, ports: [port(80)] }, { kind: "healthcheck" }],
  ["a healthcheck and nothing else said", { healthcheck: CHECK, ports: [port(80)] }, { kind: "healthcheck" }],
  ["a healthcheck that is switched off", { healthcheck: { ...CHECK, disable: true }, ports: [port(80)] }, { kind: "tcp", port: 80 }],
  ["one that is switched off, and no port", { healthcheck: { ...CHECK, disable: true } }, { kind: "running" }],
  [
    "a check without a port to ask, of a revision from before that was refused",
    { ready: { kind: "http", path: "/up", port: null } },
    { kind: "running" },
  ],
  [
    "a path, at the port that is published",
    { ready: { kind: "http", path: "/up", port: null }, ports: [port(80)] },
    { kind: "http", path: "/up", port: 80 },
  ],
  [
    "a path, at the domain's port",
    { ready: { kind: "http", path: "/up", port: null }, domainPort: 81, ports: [port(80)] },
    { kind: "http", path: "/up", port: 81 },
  ],
  ["a port that is exposed", { expose: [90] }, { kind: "tcp", port: 90 }],
  ["a check of its own beside a healthcheck", { healthcheck: CHECK, ready: { kind: "tcp", port: 81 } }, { kind: "tcp", port: 81 }],
])("readiness by %s", (_what, given, ready) => {
  expect(chosen(given).ready).toEqual(ready);
});

it.each<[PortSpec["appProtocol"], string, string]>([
  ["http", "http", "h1"],
  ["https", "http", "https"],
  ["h2c", "http", "h2"],
  ["grpc", "http", "h2"],
  ["tcp", "tcp", "h1"],
])("app_protocol %s is spoken to as it says, on any port", (appProtocol, mode, protocol) => {
  for (const target of [80, 9_000])
    expect(portMode(serviceSpec(), { target, appProtocol })).toEqual({ mode, protocol, because: `app_protocol says ${appProtocol}` });
});

it.each<[string, Partial<ServiceSpec>, number, string, string]>([
  ["a usual web port", {}, 8080, "http", "8080 is a usual web port"],
  ["TLS, most likely", {}, 443, "tcp", "443 is no usual web port and no app_protocol is given"],
  ["the port of its domain", { domains: [{ host: "a.test", path: null }], domainPort: 9000 }, 9000, "http", "it has a domain"],
  [
    "another one than its domain's",
    { domains: [{ host: "a.test", path: null }], domainPort: 9000 },
    5432,
    "tcp",
    "5432 is no usual web port and no app_protocol is given",
  ],
  ["that port without a domain", { domainPort: 9000 }, 9000, "tcp", "9000 is no usual web port and no app_protocol is given"],
])("what nobody says is spoken is guessed: %s", (_what, given, target, mode, because) => {
  expect(portMode(serviceSpec(given), { target, appProtocol: null })).toEqual({ mode, protocol: "h1", because });
});
