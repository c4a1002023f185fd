import { InstarError } from "../errors.ts";
import { skeleton } from "./difference.ts";
import { fingerprint } from "./fingerprint.ts";
import { HOLD_LUA } from "./hold.ts";
import { listenersOf } from "./listeners.ts";
import { holdEntries, hostEntries, type MapName, mapText } from "./maps.ts";
import { countEntries, pickEntries, previewEntries } from "./pins.ts";
import { backendSection, defaultsSections, frontendSection, globalSection, handOnSection, selfSection } from "./sections.ts";
import { SHARE_LUA } from "./share.ts";
import type { Backend, RouterSettings, RouteTable } from "./types.ts";

/** The files HAProxy loads: haproxy.cfg, `<map>.map` and hold.lua, all in the settings' `runDir`. */
export interface Compiled {
  readonly config: string;
  readonly maps: Readonly<Record<MapName, string>>;
  readonly lua: string;
}

/**
 * Equal tables give equal bytes, whatever the order of their rows. Raises INS1014 for text that could end
 * a directive, INS1009 for a port or domain claimed twice.
 */
export function compile(table: RouteTable, settings: RouterSettings): Compiled {
  const backends = [...table.backends].sort((a, b) => (a.name < b.name ? -1 : 1));
  check(table, backends, settings);
  return {
    config: globalSection(settings, markOf(table, settings)) + sectionsOf(table, backends, settings),
    maps: {
      hosts: mapText(hostEntries(table)),
      hold: mapText(holdEntries(table)),
      counts: mapText(countEntries(table)),
      picks: mapText(pickEntries(table)),
      previews: mapText(previewEntries(table)),
    },
    lua: LUA,
  };
}

const LUA = `${SHARE_LUA}\n${HOLD_LUA}`;

function sectionsOf(table: RouteTable, backends: readonly Backend[], settings: RouterSettings): string {
  const listeners = listenersOf(table, settings);
  const named = new Map(backends.map((backend) => [backend.name, backend]));
  return [
    defaultsSections(),
    ...listeners.map((listener) => frontendSection(listener, named.get(listener.defaultBackend ?? ""), settings)),
    selfSection(listeners, settings),
    ...backends.map((backend) => backendSection(backend, settings)),
    handOnSection(settings),
  ].join("");
}

/** Equal marks: the same listeners and backends under the same rules, so that only servers and maps can differ. */
export function markOf(table: RouteTable, settings: RouterSettings): string {
  return `instar-${RULES}-${fingerprint(`${JSON.stringify(Object.entries(settings).sort())}\n${skeleton(table, settings)}`)}`;
}

/**
 * The rules themselves, as they are written for one of each kind: a router that another version configured is reloaded once, and
 * nobody has to think of it who changes a line.
 */
const RULES = ((): string => {
  const settings: RouterSettings = { maxconn: 1_000, httpPort: 80, runDir: "/router", ipv6: true, hardStopAfterMs: 1_000 };
  const server = { address: "192.0.2.1", port: 80, weight: 1 };
  const servers = (["ready", "drain", "maint"] as const).map((state) => ({ ...server, name: state, state }));
  const of = { stack: "a", service: "b", balance: "roundrobin", holdMs: 1_000, holdLimit: 1, serverTimeoutMs: 1_000, servers } as const;
  const backends: Backend[] = (["h1", "h2", "https"] as const).map((protocol) => ({
    ...of,
    ...{ name: `be:a:${protocol}:80`, mode: "http", protocol, chooser: { header: "h", cookie: "c" }, sticky: "s" },
  }));
  backends.push({ ...of, name: "be:a:tcp:80", mode: "tcp", protocol: "h1" });
  const listeners = [
    { port: 80, hostIp: null, mode: "http", defaultBackend: "be:a:h1:80" },
    { port: 81, hostIp: null, mode: "tcp", defaultBackend: "be:a:tcp:80" },
  ] as const;
  const domains = [{ host: "example.com", path: null, backend: "be:a:h1:80" }];
  return fingerprint(globalSection(settings, "") + sectionsOf({ listeners, domains, backends }, backends, settings) + LUA);
})();

/** What the section texts cannot see by themselves: names twice, and references to nothing. */
function check(table: RouteTable, backends: readonly Backend[], settings: RouterSettings): void {
  const modes = new Map<string, Backend["mode"]>();
  for (const backend of backends) {
    if (modes.has(backend.name)) throw new InstarError("INS1014", `the backend ${backend.name} is there twice`);
    modes.set(backend.name, backend.mode);
    const names = new Set(backend.servers.map((server) => server.name));
    if (names.size !== backend.servers.length) throw new InstarError("INS1014", `${backend.name} has a server twice`);
  }
  for (const listener of listenersOf(table, settings)) expectMode(modes, listener.defaultBackend, listener.mode, `port ${listener.port}`);
  for (const { host, backend, parts = [] } of table.domains)
    for (const name of new Set([backend, ...parts.map((part) => part.backend)])) expectMode(modes, name, "http", host);
}

function expectMode(modes: ReadonlyMap<string, Backend["mode"]>, name: string | null, mode: Backend["mode"], from: string): void {
  if (name !== null && modes.get(name) !== mode) {
    throw new InstarError("INS1014", `${JSON.stringify(from)} leads to ${JSON.stringify(name)}, which is no backend in ${mode} mode`);
  }
}
