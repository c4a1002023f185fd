import type { Backend, DomainPart, Listener, RouterSettings, RouteTable, Server } from "../../src/route/types.ts";

/** Tables the tests of this folder share. */
export const SETTINGS: RouterSettings = { maxconn: 9_500, httpPort: 80, runDir: "/router/g1", ipv6: true, hardStopAfterMs: 86_400_000 };
export const EMPTY: RouteTable = { listeners: [], domains: [], backends: [] };

export const server = (name: string, more: Partial<Server> = {}): Server => ({
  name,
  address: "10.209.0.10",
  port: 8080,
  weight: 100,
  state: "ready",
  ...more,
});

export const backend = (name: string, servers: readonly Server[] = [], more: Partial<Backend> = {}): Backend => ({
  name,
  stack: "shop",
  service: name.split(":")[2] ?? "web",
  mode: "http",
  protocol: "h1",
  balance: "roundrobin",
  holdMs: 0,
  holdLimit: 0,
  serverTimeoutMs: 3_600_000,
  servers,
  ...more,
});

export const listener = (port: number, defaultBackend: string | null, more: Partial<Listener> = {}): Listener => ({
  port,
  hostIp: null,
  mode: "http",
  defaultBackend,
  ...more,
});

export const WEB = "be:shop:web:8080";
export const DB = "be:shop:db:5432";

/** Two services that publish a port each. */
export const shop = (servers: readonly Server[] = [server("web-1"), server("web-2")], more: Partial<RouteTable> = {}): RouteTable => ({
  listeners: [listener(8080, WEB), listener(5432, DB, { mode: "tcp" })],
  domains: [],
  backends: [backend(WEB, servers), backend(DB, [server("db-1", { port: 5432 })], { mode: "tcp" })],
  ...more,
});

/** A service's part of a domain that several share. */
export const part = (name: string, weight: number, more: Partial<DomainPart> = {}): DomainPart => ({
  backend: name,
  weight,
  holds: false,
  sticky: null,
  revisions: [],
  ...more,
});
const WEB_PART = part(WEB, 90, { holds: true, sticky: "SRV", revisions: [1, 2] });

/** One of everything the compiler knows. */
export const everything: RouteTable = {
  listeners: [
    listener(8080, WEB),
    listener(5432, DB, { mode: "tcp" }),
    listener(9000, WEB, { hostIp: "127.0.0.1" }),
    listener(9000, DB, { hostIp: "::1", mode: "tcp" }),
    listener(9443, null),
  ],
  domains: [
    { host: "shop.test", path: null, backend: WEB },
    { host: "shop.test", path: "/api/", backend: "be:shop:grpc:50051" },
    { host: "*.shop.test", path: null, backend: "be:shop:secure:443" },
    { host: "both.test", path: "/x", backend: "be:shop:grpc:50051", parts: [part("be:shop:grpc:50051", 10), WEB_PART] },
  ],
  backends: [
    backend(
      WEB,
      [
        server("shop-web-r2-1-a1", { address: "10.209.0.12" }),
        server("shop-web-r1-1-a1", { state: "drain" }),
        server("shop-web-r1-2-a1", { address: "10.209.0.11", state: "maint", weight: 7 }),
      ],
      { holdMs: 35_000, holdLimit: 1_000, chooser: { header: "X-Canary", cookie: "canary" }, sticky: "SRV" },
    ),
    backend(DB, [server("shop-db-r1-1-a1", { address: "fd00::5", port: 5432 })], { mode: "tcp", balance: "leastconn" }),
    backend(
      "be:shop:grpc:50051",
      [server("shop-grpc-r2-1-a1", { port: 50_051 }), server("shop-grpc-r1-1-a1", { port: 50_051, protocol: "https" })],
      { protocol: "h2" },
    ),
    backend("be:shop:secure:443", [server("shop-secure-r1-1-a1", { port: 443 })], { protocol: "https", serverTimeoutMs: 30_000 }),
  ],
  pins: {
    counts: { [WEB]: 1, [`${WEB}/2`]: 1, [`${WEB}!always`]: 1, [`${WEB}~r2`]: 1 },
    picks: {
      [`${WEB}/2/0`]: "shop-web-r2-1-a1",
      [`${WEB}!always/0`]: "shop-web-r2-1-a1",
      [`${WEB}~r2/0`]: "shop-web-r2-1-a1",
      [`${WEB}~shop-web-r2-1-a1`]: "shop-web-r2-1-a1",
    },
    previews: { "preview.shop.test": "2" },
  },
};
