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
    config: [
      globalSection(settings, markOf(table, settings)),
      defaultsSections(),
      ...listenersOf(table, settings).map((listener) => frontendSection(listener, settings)),
      selfSection(settings),
      ...backends.map((backend) => backendSection(backend, settings)),
      handOnSection(settings),
    ].join(""),
    maps: {
      hosts: mapText(hostEntries(table)),
      hold: mapText(holdEntries(table)),
      counts: mapText(countEntries(table)),
      picks: mapText(pickEntries(table)),
      previews: mapText(previewEntries(table)),
    },
    lua: `${SHARE_LUA}\n${HOLD_LUA}`,
  };
}

/** Of the sections' own text: a router that an older version configured is reloaded once. */
const TEMPLATE = 3;

/** Equal marks: the same listeners and backends, so that only servers and maps can differ. */
export function markOf(table: RouteTable, settings: RouterSettings): string {
  return `instar-${TEMPLATE}-${fingerprint(`${JSON.stringify(Object.entries(settings).sort())}\n${skeleton(table, settings)}`)}`;
}

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
