import { describe, expect, it } from "vitest";
import { listenable } from "../../src/route/listenable.ts";
import { listenersOf } from "../../src/route/listeners.ts";
import type { Listener, RouteTable } from "../../src/route/types.ts";

const HTTP = { httpPort: 80 };
const listener = (port: number, hostIp: string | null = null, mode: "http" | "tcp" = "http", service = "web"): Listener => ({
  ...{ port, hostIp, mode, defaultBackend: `be:shop:${service}:8080` },
});
const NONE = new Set<string>();
const DOMAINS: Listener = { port: 80, hostIp: null, mode: "http", defaultBackend: null };
const table = (listeners: readonly Listener[], hosts: readonly string[] = []): RouteTable => ({
  ...{ listeners, backends: [] },
  domains: hosts.map((host) => ({ host, path: null, backend: "be:shop:blog:8080" })),
});

describe("the listeners that can be had", () => {
  it("all of them, where nobody holds a port", () => {
    const whole = table([listener(8080), DOMAINS], ["blog.example"]);
    expect(listenable(whole, HTTP, new Map([[9090, "it is taken by nginx"]]), NONE)).toEqual({ table: whole, withheld: [] });
  });

  it("not the one whose port is taken", () => {
    const { table: rest, withheld } = listenable(
      table([listener(8080), listener(9090)]),
      HTTP,
      new Map([[9090, "it is taken by nginx"]]),
      NONE,
    );
    expect(rest.listeners).toEqual([listener(8080)]);
    expect(withheld).toEqual([{ port: 9090, words: "port 9090 is not served for shop/web: it is taken by nginx" }]);
  });

  it("not the one whose address the machine does not have, which keeps nobody else from its port", () => {
    const whole = table([listener(8080, "10.8.0.1", "http", "vpn"), listener(8080), listener(8081, "127.0.0.1")]);
    const { table: rest, withheld } = listenable(whole, HTTP, new Map(), new Set(["10.8.0.1"]));
    expect(rest.listeners).toEqual([listener(8080), listener(8081, "127.0.0.1")]);
    expect(withheld).toEqual([
      { port: 8080, words: "port 8080 is not served for shop/vpn: this machine does not have the address 10.8.0.1" },
    ]);
  });

  it("the domains go with their port, which the compiled table would bind anyway", () => {
    const { table: rest, withheld } = listenable(
      table([listener(8080), DOMAINS], ["blog.example"]),
      HTTP,
      new Map([[80, "it is taken by nginx"]]),
      NONE,
    );
    expect(listenersOf(rest, HTTP)).toEqual([listener(8080)]);
    expect(withheld).toEqual([{ port: 80, words: "port 80 is not served for the domains: it is taken by nginx" }]);
  });

  it.each([
    ["one of them for an address of its own", [listener(80, "127.0.0.1"), DOMAINS], [listener(80, "127.0.0.1")]],
    ["the domains' port in TCP", [listener(80, null, "tcp")], [listener(80, null, "tcp")]],
  ])("two that would meet: the earlier one: %s", (_, listeners, left) => {
    const { table: rest, withheld } = listenable(table(listeners, ["blog.example"]), HTTP, new Map(), NONE);
    expect([listenersOf(rest, HTTP), withheld.map(({ port }) => port)]).toEqual([left, [80]]);
  });
});
