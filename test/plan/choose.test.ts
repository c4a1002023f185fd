import { describe, expect, it } from "vitest";
import { boundsOf, type Check, choose, portMode } from "../../src/plan/choose.ts";
import type { HealthcheckSpec, PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const port = (target: number, more: Partial<PortSpec> = {}): PortSpec => ({
  ...{ published: target, target, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: null },
  ...more,
});
const chosen = (given: Partial<ServiceSpec>, replicas = 2) => choose(serviceSpec(given), replicas, {}, new Set());
const CHECK: HealthcheckSpec = {
  ...{ disable: false, test: ["CMD", "true"], intervalMs: 1_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0, startIntervalMs: null },
};

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
