import { describe, expect, it } from "vitest";
import { composeTable } from "../../src/reconcile/table.ts";
import { compile } from "../../src/route/compile.ts";
import type { RouteTable } from "../../src/route/types.ts";
import type { PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { SETTINGS } from "../route/tables.ts";
import { revision, routed, served } from "./routed.ts";

const port = (published: number | null, target: number, appProtocol: PortSpec["appProtocol"] = null): PortSpec => ({
  ...{ published, target, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol },
});
const DOMAIN = { domains: [{ host: "shop.example", path: null }], domainPort: 8080 };
const PREVIEW: Partial<ServiceSpec> = {
  strategy: "blue-green",
  sides: { warmMs: 0, promote: "manual", preview: "next.example", steps: [], everyMs: null, size: null, header: null, cookie: null },
};

/** What the router is told while the first of these takes over from the second, each with an instance. */
const during = (wanted: Partial<ServiceSpec>, before: Partial<ServiceSpec>, sameInstances = false): RouteTable => {
  const two = revision("web", 2, serviceSpec(wanted), sameInstances ? "1" : "2");
  const one = revision("web", 1, serviceSpec(before), "1");
  const servers = sameInstances ? [served(one)] : [served(two), served(one)];
  return composeTable([routed([two, one], { holds: 1 })], servers, 80);
};
const named = ({ backends }: RouteTable, name: string) => backends.find((backend) => backend.name === name);

describe("every table that two revisions make can be compiled", () => {
  it("HTTP with a domain gives way to TCP on the same container port: the domain goes first", () => {
    const table = during({ ports: [port(80, 8080, "tcp")] }, { ports: [port(80, 8080)], ...DOMAIN });
    expect(table.domains).toEqual([]);
    expect(named(table, "be:shop:web:8080")?.mode).toBe("tcp");
    expect(() => compile(table, SETTINGS)).not.toThrow();
  });

  it("and the other way round: the domain is there at once", () => {
    const table = during({ ports: [port(81, 8080)], ...DOMAIN }, { ports: [port(81, 8080, "tcp")] });
    expect(table.domains).toMatchObject([{ host: "shop.example", backend: "be:shop:web:8080" }]);
    expect(() => compile(table, SETTINGS)).not.toThrow();
  });

  it.each<[string, Partial<ServiceSpec>]>([
    ["at a port of its own", { ports: [port(80, 8080)], domainPort: 9000 }],
    ["at a port that is only exposed", { ports: [], expose: [9000] }],
  ])("a preview without a domain leads to its port: %s", (_what, given) => {
    const table = during({ ...given, ...PREVIEW }, { ports: [port(80, 8080)], domainPort: 9000 });
    expect(table.domains).toMatchObject([{ host: "next.example", backend: "be:shop:web:9000" }]);
    expect(named(table, "be:shop:web:9000")).toMatchObject({ mode: "http", servers: [{ port: 9000 }, { port: 9000 }] });
    expect(() => compile(table, SETTINGS)).not.toThrow();
  });
});

describe("an instance is spoken to as its own revision says, whatever the new one says", () => {
  const spoken = (table: RouteTable): object => {
    const { protocol, servers } = named(table, "be:shop:web:8080") ?? { protocol: null, servers: [] };
    return Object.fromEntries(servers.map((server) => [server.name, server.protocol ?? protocol]));
  };
  const [OLD, NEW] = ["shop-web-r1-1-a1", "shop-web-r2-1-a1"];

  it.each<[PortSpec["appProtocol"], PortSpec["appProtocol"], string, string]>([
    [null, "h2c", "h1", "h2"],
    ["http", "grpc", "h1", "h2"],
    ["grpc", "http", "h2", "h1"],
    ["https", "http", "https", "h1"],
    ["http", "https", "h1", "https"],
    ["tcp", "h2c", "h1", "h2"],
  ])("%s → %s", (before, wanted, old, fresh) => {
    const table = during({ ports: [port(80, 8080, wanted)] }, { ports: [port(80, 8080, before)] });
    expect(spoken(table)).toEqual({ [OLD]: old, [NEW]: fresh });
  });

  it("at the port it has behind the same host port, too", () => {
    const table = during({ ports: [port(80, 8080, "h2c")] }, { ports: [port(80, 3000, "https")] });
    expect(spoken(table)).toEqual({ [OLD]: "https", [NEW]: "h2" });
  });

  it("once it is alone with its revision nothing is said of it", () => {
    const { servers = [] } =
      named(during({ ports: [port(80, 8080, "h2c")] }, { ports: [port(80, 8080, "h2c")] }), "be:shop:web:8080") ?? {};
    expect(servers.map((server) => "protocol" in server)).toEqual([false, false]);
  });

  it("in TCP nothing is spoken for it", () => {
    expect(spoken(during({ ports: [port(80, 8080, "tcp")] }, { ports: [port(80, 8080, "grpc")] }))).toEqual({ [OLD]: "h1", [NEW]: "h1" });
  });

  it("instances that stay are spoken to as the file says now: routes are no part of them", () => {
    expect(spoken(during({ ports: [port(80, 8080, "h2c")] }, { ports: [port(80, 8080)] }, true))).toEqual({ [OLD]: "h2" });
  });
});
