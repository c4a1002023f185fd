import { boundsOf, choose, holdOf, ingressPorts, portMode } from "../plan/choose.ts";
import { backendName } from "../route/names.ts";
import type { Backend, Listener, RouteTable, Server, ServerState } from "../route/types.ts";
import type { DomainSpec, Revision, ServiceSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { type DomainClaim, domainsOf } from "./domains.ts";
import { type Beside, pinsOf } from "./pins.ts";
import { serviceName } from "./service-name.ts";

/** A routed instance as the loop wants it. */
export interface WantedServer {
  readonly name: string;
  readonly stack: string;
  readonly service: string;
  readonly address: string;
  readonly state: ServerState;
  readonly weight: number;
  readonly revision: number;
  readonly instanceHash: string;
  /** Its own revision's: it says which container ports it has. */
  readonly spec: ServiceSpec;
}

/** A service whose ports and domains the router carries. */
export interface RoutedService {
  /** What is wanted first; during a deployment also the one before it, whose ports stay until the end. */
  readonly revisions: readonly Revision[];
  /** The number of the one whose ports and domains are its own by now; the rest it has where nobody else holds it. null: of none. */
  readonly holds: number | null;
  /** Both have the same instances, which have not answered on the new ports yet: what both claim stays with the one before. */
  readonly standing?: boolean;
  /** What it gave away has changed hands: the backend of the one before stays for what is in flight, and nothing leads there. */
  readonly over?: boolean;
  readonly replicas: number;
  readonly sharedVolumes: ReadonlySet<string>;
  /** `target/protocol` → host port for ports the file gave none. */
  readonly given: ReadonlyMap<string, number>;
  /** Requests may name a revision; absent where only one stands. */
  readonly beside?: Beside;
  /** Host ports that others hold for now: without a listener until they are free. */
  readonly withheld: ReadonlySet<number>;
}

interface Route {
  readonly published: number | null;
  readonly hostIp: string | null;
  readonly target: number;
  readonly revision: Revision;
  readonly backend: Backend;
}

const HOLD_LIMIT = 1000;

/** A listener or a domain that a service wants, and whether it is its own already. */
interface Wish<T> {
  readonly held: boolean;
  readonly of: T;
}

/** The wanted services and servers as one table. What two services want is who holds it, else the first one's. Pure. */
export function composeTable(services: readonly RoutedService[], servers: readonly WantedServer[], httpPort: number): RouteTable {
  const backends = new Map<string, Backend>();
  const byService = Map.groupBy(servers, serviceName);
  for (const service of services) {
    const own = byService.get(`${service.revisions[0]?.stack}/${service.revisions[0]?.service}`) ?? [];
    for (const { backend, ...route } of service.revisions.flatMap((revision) => routesOf(revision, service)))
      if (!backends.has(backend.name))
        backends.set(backend.name, { ...backend, servers: own.flatMap((s) => serverOf(s, route, backend, service.revisions)) });
  }
  const wishes = services.map((service) => wishesOf(service, backends));
  const listeners = new Map<string, Listener>();
  for (const listener of inTurn(wishes.flatMap((one) => one.listeners)))
    if (!listeners.has(portKey(listener))) listeners.set(portKey(listener), listener);
  const claims = inTurn(wishes.flatMap((one) => one.domains));
  const ofDomains: Listener = { port: httpPort, hostIp: null, mode: "http", defaultBackend: null };
  if (claims.length > 0 && !listeners.has(portKey(ofDomains)) && !services.some(({ withheld }) => withheld.has(httpPort)))
    listeners.set(portKey(ofDomains), ofDomains);
  const pins = pinsOf(services, servers, [...backends.values()]);
  const domains = domainsOf(claims, backends, pins);
  const table = { listeners: [...listeners.values()], domains, backends: [...backends.values()] };
  return pins === null ? table : { ...table, pins };
}

const portKey = ({ hostIp, port }: Pick<Listener, "hostIp" | "port">): string => `${hostIp ?? ""}:${port}`;
export const domainKey = ({ host, path }: Pick<DomainSpec, "host" | "path">): string => `${host}${path ?? ""}`;

const inTurn = <T>(wishes: readonly Wish<T>[]): T[] =>
  [true, false].flatMap((held) => wishes.filter((one) => one.held === held).map(({ of }) => of));

/** One each, by the revision that is wanted first; while its instances have yet to answer there, by the one before it. */
function wishesOf(
  service: RoutedService,
  backends: ReadonlyMap<string, Backend>,
): { readonly listeners: readonly Wish<Listener>[]; readonly domains: readonly Wish<DomainClaim>[] } {
  const { revisions, holds, standing, withheld } = service;
  const own = (service.over === true ? revisions.slice(0, 1) : revisions).map((revision) => ({
    revision,
    ports: listenersOf(revision, service, backends),
  }));
  const held = new Set(
    own
      .filter(({ revision }) => revision.number === holds)
      .flatMap(({ revision, ports }) => [...ports.map(portKey), ...claimedDomains(revision.spec).map(domainKey)]),
  );
  const listeners = new Map<string, Wish<Listener>>();
  const domains = new Map<string, Wish<DomainClaim>>();
  for (const { revision, ports } of standing === true ? own.toReversed() : own) {
    for (const of of ports) {
      const key = portKey(of);
      if (!withheld.has(of.port) && !listeners.has(key)) listeners.set(key, { held: held.has(key), of });
    }
    // The revision that is wanted first says how much it wants of the domain.
    const port = domainPort(revision.spec);
    if (port === null) continue;
    const backend = backendName(revision.stack, revision.service, port);
    // What is TCP by now carries no domain of the one before it.
    if (revision !== revisions[0] && backends.get(backend)?.mode === "tcp") continue;
    for (const { host, path, weight = null } of claimedDomains(revision.spec)) {
      const key = domainKey({ host, path });
      const of = { host, path, weight, service, backend };
      if (!domains.has(key)) domains.set(key, { held: held.has(key), of });
    }
  }
  return { listeners: [...listeners.values()], domains: [...domains.values()] };
}

const listenersOf = (revision: Revision, service: RoutedService, backends: ReadonlyMap<string, Backend>): Listener[] =>
  routesOf(revision, service).flatMap(({ backend, hostIp, published }) => {
    const { name, mode } = backends.get(backend.name) ?? backend;
    return published === null ? [] : [{ port: published, hostIp, mode, defaultBackend: name }];
  });

/** Its domains, and the one that leads to its newest revision before that is let in. */
function claimedDomains({ domains, sides }: ServiceSpec): readonly DomainSpec[] {
  const { preview = null } = sides ?? {};
  return preview === null ? domains : [...domains, { host: preview, path: null }];
}

/** A port or a domain that leads to another service. */
export interface Elsewhere {
  readonly owner: ServiceKey;
  readonly words: string;
}

/** The first of what a revision of this service claims that the table leads elsewhere; null: nothing. Pure. */
export function ledElsewhere(revision: Revision, service: RoutedService, { listeners, domains, backends }: RouteTable): Elsewhere | null {
  const leads = (what: string, to: readonly (string | null)[]): Elsewhere[] => {
    const owners = backends.filter(({ name }) => to.includes(name));
    const [owner] = owners;
    if (owner === undefined || owners.some((one) => serviceName(one) === serviceName(revision))) return [];
    return [{ owner: { stack: owner.stack, service: owner.service }, words: `${what} leads to ${serviceName(owner)}` }];
  };
  const ports = listenersOf(revision, service, new Map()).flatMap((own) =>
    listeners.filter((one) => portKey(one) === portKey(own)).flatMap((one) => leads(`port ${own.port}`, [one.defaultBackend])),
  );
  const named = claimedDomains(revision.spec).flatMap((own) =>
    domains
      .filter((one) => domainKey(one) === domainKey(own))
      .flatMap((one) => leads(domainKey(own), [one.backend, ...(one.parts ?? []).map(({ backend }) => backend)])),
  );
  return [...ports, ...named][0] ?? null;
}

/** Container ports that the router sends to. */
export const targetsOf = (spec: ServiceSpec): readonly number[] => {
  const domain = claimedDomains(spec).length > 0 ? domainPort(spec) : null;
  return [...new Set([...ingressPorts(spec).map(({ target }) => target), ...(domain === null ? [] : [domain])])];
};

/** A domain goes to `x-instar.port`, else the only container port. */
export const domainPort = (spec: ServiceSpec): number | null => spec.domainPort ?? ingressPorts(spec)[0]?.target ?? spec.expose[0] ?? null;

export const publishedPort = (
  port: { published: number | null; target: number; protocol: string },
  given: ReadonlyMap<string, number>,
): number | null => port.published ?? given.get(`${port.target}/${port.protocol}`) ?? null;

function routesOf(revision: Revision, service: RoutedService): Route[] {
  const { spec } = revision;
  const routes: Route[] = ingressPorts(spec).map((port) => ({
    published: publishedPort(port, service.given),
    hostIp: port.hostIp,
    target: port.target,
    revision,
    backend: backendOf(revision, service, port),
  }));
  const target = claimedDomains(spec).length > 0 ? domainPort(spec) : null;
  if (target !== null && !routes.some((r) => r.target === target))
    routes.push({
      published: null,
      hostIp: null,
      target,
      revision,
      backend: backendOf(revision, service, { target, appProtocol: "http" }),
    });
  return routes;
}

function backendOf(revision: Revision, service: RoutedService, port: Parameters<typeof portMode>[1]): Backend {
  const { spec } = revision;
  const { mode, protocol } = portMode(spec, port);
  const bounds = boundsOf(spec, choose(spec, service.replicas, revision.volumeNames, service.sharedVolumes), "forward");
  return {
    name: backendName(revision.stack, revision.service, port.target),
    stack: revision.stack,
    service: revision.service,
    mode,
    protocol,
    balance: spec.balance,
    holdMs: mode === "http" && service.replicas > 0 ? holdOf(spec, bounds) : 0,
    holdLimit: HOLD_LIMIT,
    serverTimeoutMs: spec.timeoutMs,
    ...(mode === "http" ? requestRules(spec) : {}),
    servers: [],
  };
}

function requestRules({ sides, sticky }: ServiceSpec): Pick<Backend, "chooser" | "sticky"> {
  const named = sides !== undefined && (sides.header !== null || sides.cookie !== null);
  return {
    ...(named ? { chooser: { header: sides.header, cookie: sides.cookie } } : {}),
    ...(sticky === undefined ? {} : { sticky: sticky.cookie }),
  };
}

/**
 * Where an instance listens for this route. One that has what the route's revision asks for, at the route's own port, whatever the
 * revision it was made under routed to: routes are no part of an instance. Any other: at the same container port, else at the port it
 * has for the same host port, or for domains; and in the protocol of its own revision, whatever the newer one speaks.
 */
function serverOf(
  server: WantedServer,
  route: Omit<Route, "backend">,
  { mode, protocol }: Backend,
  revisions: readonly Revision[],
): Server[] {
  const { name, address, weight, state } = server;
  if (server.instanceHash === route.revision.instanceHash) return [{ name, address, port: route.target, weight, state }];
  const spec = revisions.find(({ instanceHash }) => instanceHash === server.instanceHash)?.spec ?? server.spec;
  const port = portFor(spec, route);
  if (port === null) return [];
  const spoken = spokenAt(spec, port);
  return [{ name, address, port, weight, state, ...(mode === "tcp" || spoken === protocol ? {} : { protocol: spoken }) }];
}

/** What an instance made of this speaks at a container port. */
const spokenAt = (spec: ServiceSpec, target: number): Backend["protocol"] =>
  portMode(spec, ingressPorts(spec).find((port) => port.target === target) ?? { target, appProtocol: "http" }).protocol;

function portFor(spec: ServiceSpec, route: Omit<Route, "backend">): number | null {
  const ports = ingressPorts(spec);
  if (ports.some((p) => p.target === route.target) || domainPort(spec) === route.target) return route.target;
  const behind = ports.find((p) => p.published !== null && p.published === route.published)?.target ?? null;
  return behind ?? (isOfDomains(route) && spec.domains.length > 0 ? domainPort(spec) : null);
}

const isOfDomains = ({ revision: { spec }, target }: Omit<Route, "backend">): boolean =>
  spec.domains.length > 0 && domainPort(spec) === target;
