import { beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { systemClock } from "../../src/reconcile/clock.ts";
import { Routing } from "../../src/reconcile/routing.ts";
import type { RoutedService } from "../../src/reconcile/table.ts";
import type { PortSpec, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { createFakeRouter, type FakeRouter } from "../sim/fake-router.ts";
import { revision, routed, served } from "./routed.ts";

const VPN = "10.8.0.1";
const port = (published: number, more: Partial<PortSpec> = {}): PortSpec => ({
  ...{ published, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http", ...more },
});
/** Files like this are refused; a row of the store may have got there before. */
const domainsInTcp = (published: number): Partial<ServiceSpec> => ({
  ...{ ports: [port(published, { appProtocol: "tcp" })], domains: [{ host: `d${published}.example`, path: null }], domainPort: 8080 },
});
const one = (name: string, given: Partial<ServiceSpec>, number = 1) => revision(name, number, serviceSpec(given));

let router: FakeRouter;
let routing: Routing;
let told: string[];
let missing: Set<string>;
const listening = (): string[] =>
  router.control.table().listeners.map(({ hostIp, port: at }) => (hostIp === null ? `${at}` : `${hostIp}:${at}`));
const applyAll = async (...services: readonly RoutedService[]): Promise<void> => {
  routing.setServices(services);
  await routing.apply();
};

beforeEach(async () => {
  router = createFakeRouter({ clock: systemClock });
  await router.ensure();
  told = [];
  missing = new Set();
  const missingOf = async (asked: Iterable<string>) => new Set([...asked].filter((address) => missing.has(address)));
  routing = new Routing(router, 80, (kind, words) => void told.push(`${kind}: ${words}`), missingOf);
});

describe("a service that no table can have", () => {
  const CAUSE = `INS1014 "d8081.example" leads to "be:shop:bad:8080", which is no backend in http mode`;

  it("takes nobody with it: it is left out and told of once, until it is mended", async () => {
    const [bad, web] = [one("bad", domainsInTcp(8081)), one("web", { ports: [port(8080)] })];
    await applyAll(routed([bad]), routed([web]));
    await routing.put(served(web));
    expect(listening()).toEqual(["8080"]);
    expect(router.control.serving("be:shop:web:8080")).toHaveLength(1);
    await expect(routing.put(served(bad))).rejects.toMatchObject({ code: "INS1014" });
    await routing.drain("shop-bad-r1-1-a1");
    expect(told).toEqual([`router.withheld: shop/bad cannot be served as it should be: ${CAUSE}`]);
    await applyAll(routed([one("bad", { ports: [port(8081)] }, 2)]), routed([web]));
    expect(listening()).toEqual(["8081", "8080"]);
    expect(told.slice(1)).toEqual(["router.listening: shop/bad is served as it should be again"]);
  });

  it("one that goes is not said to be served", async () => {
    await applyAll(routed([one("bad", domainsInTcp(8081))]));
    await applyAll();
    expect(told).toHaveLength(1);
  });

  it("goes on as the revision before it, and its deployment is told why", async () => {
    const [wanted, before] = [one("bad", domainsInTcp(8081), 2), one("bad", { ports: [port(8081)] })];
    await applyAll(routed([wanted, before], { holds: 1 }), routed([one("web", { ports: [port(8080)] })]));
    await routing.put(served(before));
    expect(listening()).toEqual(["8081", "8080"]);
    expect(router.control.serving("be:shop:bad:8080")).toHaveLength(1);
    expect(routing.unserved(wanted, before)).toBe(`it cannot be served as it should be: ${CAUSE.replace("INS1014 ", "")}`);
    expect(routing.unserved(one("web", {}), null)).toBeNull();
  });

  it("is found among many, and so are two that cannot be together", async () => {
    const web = (nth: number): RoutedService => routed([one(`web${nth}`, { ports: [port(9000 + nth)] })]);
    const at = (name: string, path: string): RoutedService =>
      routed([one(name, { expose: [80], domains: [{ host: "a.b", path }], domainPort: 80 })]);
    const many = Array.from({ length: 20 }, (_, nth) => web(nth));
    await applyAll(
      ...many,
      routed([one("bad", domainsInTcp(8081))]),
      at("first", "/x"),
      ...many.map((_, nth) => web(nth + 20)),
      at("second", "/x/"),
    );
    expect(told.map((words) => /shop\/\w+/.exec(words)?.[0])).toEqual(["shop/bad", "shop/second"]);
    expect(router.control.table().backends.filter(({ servers }) => servers.length === 0)).toHaveLength(41);
  });
});

describe("a listener on an address that the machine does not have", () => {
  beforeEach(() => {
    // As HAProxy: it refuses the whole of it.
    const { apply } = router;
    router.apply = async (table) => {
      const gone = table.listeners.find(({ hostIp }) => hostIp !== null && missing.has(hostIp));
      if (gone !== undefined) throw new InstarError("INS4001", "cannot bind socket (Cannot assign requested address)");
      await apply(table);
    };
  });
  const both = [routed([one("vpn", { ports: [port(8080, { hostIp: VPN })] })]), routed([one("web", { ports: [port(8081)] })])];

  it("is left out, told of once and tried again; everything else goes on", async () => {
    missing.add(VPN);
    await applyAll(...both);
    await applyAll(...both);
    await routing.retry();
    expect(listening()).toEqual(["8081"]);
    expect(told).toEqual([`router.withheld: port 8080 is not served for shop/vpn: this machine does not have the address ${VPN}`]);
    missing.clear();
    await routing.retry();
    expect(listening()).toEqual([`${VPN}:8080`, "8081"]);
    expect(told.slice(1)).toEqual(["router.listening: port 8080 is served again"]);
  });

  it("is one of two things in the way", async () => {
    missing.add(VPN);
    router.control.takePort(8081, "nginx");
    await applyAll(...both);
    expect(listening()).toEqual([]);
    expect(told).toHaveLength(2);
    router.control.takePort(8081, null);
    await routing.retry();
    expect(listening()).toEqual(["8081"]);
  });

  it("what nobody can explain is still an error", async () => {
    router.apply = async () => Promise.reject(new InstarError("INS4001", "cannot bind socket"));
    await expect(applyAll(...both)).rejects.toMatchObject({ code: "INS4001" });
  });
});

it("what failed is tried again, once", async () => {
  router.control.failNext("apply", new InstarError("INS4003", "no"));
  await expect(applyAll(routed([one("web", { ports: [port(8080)] })]))).rejects.toMatchObject({ code: "INS4003" });
  await routing.retry();
  expect(listening()).toEqual(["8080"]);
  const applied = (): number => router.control.calls.filter(({ call }) => call === "apply").length;
  const before = applied();
  await routing.retry();
  expect(applied()).toBe(before);
});

it("what the router has and nobody wants it lets go of: by its table where that could not be applied, else by a repair", async () => {
  const calls = (): string[] => router.control.calls.map(({ call }) => call).filter((call) => call !== "ensure");
  const web = one("web", { ports: [port(8080)] });
  await applyAll(routed([web]));
  await routing.put(served(web));
  const { name } = served(web);
  expect(calls()).toEqual(["apply", "apply"]);
  await routing.letGo([name]);
  expect(calls()).toEqual(["apply", "apply"]);
  await routing.letGo([name, "gone"]);
  expect(calls().slice(2)).toEqual(["repair"]);
  router.control.failNext("apply", new InstarError("INS4003", "no"), 2);
  await expect(routing.apply()).rejects.toMatchObject({ code: "INS4003" });
  await routing.letGo([name]);
  await expect(routing.letGo(["gone"])).rejects.toMatchObject({ code: "INS4003" });
  await routing.letGo(["gone"]);
  await routing.letGo(["gone"]);
  expect(calls().slice(3)).toEqual(["apply", "apply", "apply", "persisted", "repair"]);
});

it("what the router ends by itself is told", () => {
  const telling = Object.assign(createFakeRouter({ clock: systemClock }), {
    listen: (tell: (words: string) => void) => tell("3 sessions were cut"),
  });
  void new Routing(telling, 80, (kind, words) => void told.push(`${kind}: ${words}`));
  expect(told).toEqual(["router.crowded: 3 sessions were cut"]);
});
