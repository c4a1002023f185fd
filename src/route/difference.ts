import { carriesDomains, listenersOf } from "./listeners.ts";
import { type MapName, mapEntries } from "./maps.ts";
import { safeAddress, safeBackend, safeDirectory, safePort, safeServer, safeWeight } from "./names.ts";
import { endpoint, protocolOf, serverOptions } from "./server.ts";
import type { Backend, DomainRoute, RouterSettings, RouteTable, Server } from "./types.ts";

/**
 * One command of the runtime socket. `every`: old workers too, where an unknown server is success;
 * `current`: the worker that takes new connections.
 */
export interface Command {
  readonly text: string;
  readonly workers: "current" | "every";
  /** What it is about, for counting and for the record: `be:…/server` or a map key. */
  readonly about: string;
  /** `remove` may have to be tried again while a connection is attached. */
  readonly kind: "add" | "change" | "remove" | "map";
}

export interface Difference {
  /** A reload is needed for the rest: a listener or a backend came, went or changed, or a server's protocol did. */
  readonly structural: boolean;
  /** Towards `reachable`, in an order that never leaves a backend without the server it just got. */
  readonly commands: readonly Command[];
  /** What the running workers hold after `commands`; equal to the goal unless `structural`. */
  readonly reachable: RouteTable;
}

/** Maps and servers move at run time, listeners, backends and protocols by reload. Raises INS1009, INS1014. */
export function difference(from: RouteTable, to: RouteTable, settings: RouterSettings): Difference {
  const reachable = reachableFrom(from, to, settings);
  const before = new Map(from.backends.map((backend) => [backend.name, backend.servers]));
  const changes = reachable.backends.map((backend) => serverCommands(before.get(backend.name) ?? [], backend));
  const weighing = changes.flatMap((change) => change.weighing);
  return {
    structural: skeleton(from, settings) !== skeleton(to, settings) || speaksOtherwise(reachable, to),
    commands: [
      ...changes.flatMap((change) => change.adding),
      ...weighCommands(weighing),
      ...mapCommands("hold", from, reachable, settings),
      ...mapCommands("hosts", from, reachable, settings),
      ...pinCommands(from, reachable, settings),
      ...changes.flatMap((change) => change.removing),
    ],
    reachable,
  };
}

/** Everything that only a reload can change, as text to compare. */
export function skeleton(table: RouteTable, settings: RouterSettings): string {
  const backends = table.backends.map(({ name, stack, service, mode, protocol, balance, serverTimeoutMs, chooser, sticky }) =>
    JSON.stringify([name, stack, service, mode, protocol, balance, serverTimeoutMs, chooser, sticky]),
  );
  const listeners = listenersOf(table, settings).map(({ port, hostIp, mode, defaultBackend }) =>
    JSON.stringify([port, hostIp, mode, defaultBackend]),
  );
  return [...listeners, ...backends.sort()].join("\n");
}

/** The goal as far as it goes without a reload: present backends with the goal's servers, and domains that lead to them. */
function reachableFrom(from: RouteTable, to: RouteTable, settings: RouterSettings): RouteTable {
  const goals = new Map(to.backends.map((backend) => [backend.name, backend]));
  const backends = from.backends.map((backend) => {
    const goal = goals.get(backend.name);
    if (goal === undefined || goal.protocol !== backend.protocol || goal.mode !== backend.mode) return backend;
    const before = new Map(backend.servers.map((server) => [server.name, server]));
    const servers = goal.servers.map((server) => spokenToAs(before.get(server.name) ?? server, server));
    return { ...backend, servers, holdMs: goal.holdMs, holdLimit: goal.holdLimit };
  });
  const pins = to.pins === undefined ? {} : { pins: to.pins };
  return { listeners: from.listeners, domains: reachableDomains(from, to, settings), backends, ...pins };
}

/** A server that is there goes on being spoken to as it is. */
function spokenToAs({ protocol }: Server, { protocol: _, ...server }: Server): Server {
  return protocol === undefined ? server : { ...server, protocol };
}

function speaksOtherwise(from: RouteTable, to: RouteTable): boolean {
  const goals = new Map(to.backends.map((backend) => [backend.name, backend]));
  return from.backends.some((backend) => {
    const goal = goals.get(backend.name);
    const spoken = new Map(backend.servers.map((server) => [server.name, protocolOf(backend, server)]));
    return goal?.servers.some((server) => spoken.has(server.name) && spoken.get(server.name) !== protocolOf(goal, server)) === true;
  });
}

function reachableDomains(from: RouteTable, to: RouteTable, settings: RouterSettings): readonly DomainRoute[] {
  const served = (table: RouteTable): boolean => listenersOf(table, settings).some((listener) => carriesDomains(listener, settings));
  if (served(from) !== served(to)) return from.domains;
  const known = new Set(from.backends.filter((backend) => backend.mode === "http").map((backend) => backend.name));
  return to.domains.flatMap((domain) => {
    if ((domain.parts ?? [domain]).every(({ backend }) => known.has(backend))) return [domain];
    // Its backend comes with the reload; until then the one before it goes on answering.
    return from.domains.filter((old) => old.host === domain.host && old.path === domain.path);
  });
}

function serverCommands(
  from: readonly Server[],
  backend: Backend,
): { readonly adding: readonly Command[]; readonly weighing: readonly Weighing[]; readonly removing: readonly Command[] } {
  const before = new Map(from.map((server) => [server.name, server]));
  const adding: Command[] = [];
  const removing: Command[] = [];
  const weighing: Weighing[] = [];
  for (const server of backend.servers) {
    const old = before.get(server.name);
    before.delete(server.name);
    if (old === undefined) adding.push(...added(backend, server));
    else if (server.state === "ready") {
      adding.push(...changed(backend, old, server));
      if (old.state === "ready" && old.weight !== server.weight)
        weighing.push({ about: serverPath(backend, server), from: old.weight, to: server.weight });
    } else removing.push(...changed(backend, old, server));
  }
  for (const server of before.values()) removing.push(...removed(backend, server));
  return { adding, weighing, removing };
}

interface Weighing {
  readonly about: string;
  readonly from: number;
  readonly to: number;
}

/** Commands on one line are obeyed one right after the other; a line has 16 kB at most (tune.bufsize). */
const AT_ONCE = 64;

/** All weights in one line, those that grow first: at no moment does everything weigh nothing. */
function weighCommands(weighing: readonly Weighing[]): readonly Command[] {
  const ordered = [...weighing].sort((a, b) => b.to - b.from - (a.to - a.from));
  const commands: Command[] = [];
  for (let at = 0; at < ordered.length; at += AT_ONCE) {
    const some = ordered.slice(at, at + AT_ONCE);
    const text = some.map(({ about, to }) => `set server ${about} weight ${safeWeight(to)}`).join("; ");
    commands.push({ text, workers: "current", about: some.map(({ about }) => about).join(" "), kind: "change" });
  }
  return commands;
}

/** The server counts as up at once, before its first check: it must have been proved ready elsewhere. */
function added(backend: Backend, server: Server): readonly Command[] {
  const about = serverPath(backend, server);
  const one = (text: string): Command => ({ text, workers: "current", about, kind: "add" });
  return [
    one(`add server ${about} ${endpoint(server)} ${serverOptions(backend, server)} weight ${safeWeight(server.weight)}`),
    one(`enable health ${about}`),
    ...(server.state === "ready" ? [one(`enable server ${about}`)] : []),
    ...(server.state === "drain" ? [one(`set server ${about} state drain`)] : []),
  ];
}

function changed(backend: Backend, old: Server, server: Server): readonly Command[] {
  const about = serverPath(backend, server);
  const commands: Command[] = [];
  const one = (text: string, workers: Command["workers"]): void => void commands.push({ text, workers, about, kind: "change" });
  if (endpoint(old) !== endpoint(server))
    one(`set server ${about} addr ${safeAddress(server.address)} port ${safePort(server.port)}`, "current");
  // The file writes a drained server as weight 0, so coming back always says the weight again.
  if (server.state === "ready" && old.state !== "ready") one(`set server ${about} weight ${safeWeight(server.weight)}`, "current");
  if (old.state !== server.state) one(`set server ${about} state ${server.state}`, server.state === "ready" ? "current" : "every");
  return commands;
}

function removed(backend: Backend, server: Server): readonly Command[] {
  const about = serverPath(backend, server);
  return [
    { text: `set server ${about} state maint`, workers: "every", about, kind: "change" },
    { text: `del server ${about}`, workers: "current", about, kind: "remove" },
  ];
}

function serverPath(backend: Backend, server: Server): string {
  return `${safeBackend(backend.name)}/${safeServer(server.name)}`;
}

/** No key ever names a server that is not there yet, or counts one that goes: fewer first, then names, then more. */
function pinCommands(from: RouteTable, to: RouteTable, settings: RouterSettings): readonly Command[] {
  const counts = mapCommands("counts", from, to, settings);
  const picks = mapCommands("picks", from, to, settings);
  const before = mapEntries("counts", from);
  const after = mapEntries("counts", to);
  const grows = ({ about }: Command): boolean => {
    const key = about.slice("counts ".length);
    return Number(after.get(key) ?? 0) > Number(before.get(key) ?? 0);
  };
  const goes = ({ text }: Command): boolean => text.startsWith("del ");
  return [
    ...counts.filter((command) => !grows(command)),
    ...picks.filter((command) => !goes(command)),
    ...counts.filter(grows),
    ...picks.filter(goes),
    ...mapCommands("previews", from, to, settings),
  ];
}

function mapCommands(name: MapName, from: RouteTable, to: RouteTable, settings: RouterSettings): readonly Command[] {
  const file = `${safeDirectory(settings.runDir)}/${name}.map`;
  const before = mapEntries(name, from);
  const after = mapEntries(name, to);
  const one = (text: string, key: string): Command => ({ text, workers: "current", about: `${name} ${key}`, kind: "map" });
  const commands: Command[] = [];
  for (const [key, value] of after) {
    const old = before.get(key);
    if (old === undefined) commands.push(one(`add map ${file} ${key} ${value}`, key));
    else if (old !== value) commands.push(one(`set map ${file} ${key} ${value}`, key));
  }
  for (const key of before.keys()) if (!after.has(key)) commands.push(one(`del map ${file} ${key}`, key));
  return commands;
}
