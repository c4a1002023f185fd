import { InstarError } from "../errors.ts";
import { missingAddresses } from "../lib/local-address.ts";
import { ingressPorts } from "../plan/choose.ts";
import { compile } from "../route/compile.ts";
import { listenable, type Withheld } from "../route/listenable.ts";
import type { RouterSettings, RouteTable, ServerState } from "../route/types.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import { type Fitting, fittingOf, isUnfit } from "./fitting.ts";
import type { RoutedServer, Router } from "./ports.ts";
import { serviceName } from "./service-name.ts";
import { composeTable, type Elsewhere, ledElsewhere, type RoutedService, type WantedServer } from "./table.ts";

/** Another port may be taken while the table without the first is applied. */
const MOST_TRIES = 5;

/** Whatever a router's own are: what a table says is refused under all of them. */
const ANY_SETTINGS: Omit<RouterSettings, "httpPort"> = { maxconn: 1_000, runDir: "/router", ipv6: true, hardStopAfterMs: 1_000 };

const ALL_FIT: Fitting = { services: [], unfit: new Map() };

type Kind = "router.withheld" | "router.listening" | "router.crowded";

/** What the loop wants of the router: the services' ports and, by name, the instances behind them. */
export class Routing {
  readonly #router: Router;
  readonly #httpPort: number;
  readonly #servers = new Map<string, WantedServer>();
  /** Names by service: a pass asks for those of one. */
  readonly #ofService = new Map<string, Set<string>>();
  #services: readonly RoutedService[] = [];
  /** What the router has. */
  #applied: RouteTable = { listeners: [], domains: [], backends: [] };

  /** Ports that a process listens on which is not ours, and who. */
  readonly #foreign = new Map<number, string>();
  /** Addresses of listeners that this machine does not have. */
  #missing: ReadonlySet<string> = new Set();
  /** Which of the services one table can have. */
  #fitting: Fitting = ALL_FIT;
  #told: readonly Withheld[] = [];
  #toldUnfit: Fitting["unfit"] = new Map();
  /** The last `apply` failed: what is wanted is not in force. */
  #isBehind = false;
  readonly #changed: (kind: Kind, words: string) => void;
  readonly #missingOf: typeof missingAddresses;

  /**
   * `changed`: a listener or a service could not be had, or is there again; sessions were ended. `missingOf`: which of some addresses
   * this machine does not have now.
   */
  constructor(
    router: Router,
    httpPort: number,
    changed: (kind: Kind, words: string) => void = () => undefined,
    missingOf = missingAddresses,
  ) {
    this.#router = router;
    this.#httpPort = httpPort;
    this.#changed = changed;
    this.#missingOf = missingOf;
    router.listen?.((words) => changed("router.crowded", words));
  }

  /** Which services have ports; takes effect with the next `apply`. What did not fit may fit now. */
  setServices(services: readonly RoutedService[]): void {
    this.#services = services;
    this.#fitting = { services, unfit: new Map() };
  }

  /** Takes over what the router itself reports, after a start of the daemon. */
  restore(server: WantedServer): void {
    if (!this.#servers.has(server.name)) this.#keep(server);
  }

  /** Raises why no table can have its service. */
  async put(server: WantedServer): Promise<void> {
    this.#keep(server);
    await this.apply();
    const { services, unfit } = this.#fitting;
    const cause = unfit.get(serviceName(server));
    if (cause !== undefined && !services.some((one) => isOf(one, serviceName(server)))) throw cause;
  }

  async drop(name: string): Promise<void> {
    const server = this.#servers.get(name);
    if (server !== undefined) {
      this.#servers.delete(name);
      this.#ofService.get(serviceName(server))?.delete(name);
    }
    await this.apply();
  }

  #keep(server: WantedServer): void {
    this.#servers.set(server.name, server);
    const names = this.#ofService.get(serviceName(server));
    if (names === undefined) this.#ofService.set(serviceName(server), new Set([server.name]));
    else names.add(server.name);
  }

  async drain(name: string): Promise<void> {
    const server = this.#servers.get(name);
    if (server === undefined) return;
    this.#keep({ ...server, state: "drain" });
    await this.apply();
  }

  /** Out of rotation at once, by the short way; the table follows. */
  async died(name: string): Promise<void> {
    const server = this.#servers.get(name);
    if (server === undefined || server.state === "drain") return;
    // Again where it has been said already: who asks waits until the router has heard it.
    this.#servers.set(name, { ...server, state: "maint" });
    await this.#router.maint(name);
  }

  /** All of them at once: one command of the router. */
  async weigh(weights: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, weight] of Object.entries(weights)) {
      const server = this.#servers.get(name);
      if (server !== undefined) this.#servers.set(name, { ...server, weight });
    }
    await this.apply();
  }

  wants(name: string): ServerState | null {
    return this.#servers.get(name)?.state ?? null;
  }

  /** Names of a service's servers that have no instance any more. */
  strangers(key: ServiceKey, instances: ReadonlySet<string>): string[] {
    return [...(this.#ofService.get(serviceName(key)) ?? [])].filter((name) => !instances.has(name));
  }

  addresses(): Set<string> {
    return new Set([...this.#servers.values()].map((s) => s.address));
  }

  /**
   * What cannot be had for its port or its address goes without its listener, and is tried again by `retry`; a service that no table can
   * have goes without a place in it. Everything else is in force.
   */
  async apply(): Promise<void> {
    try {
      await this.#apply();
      this.#isBehind = false;
    } catch (cause) {
      this.#isBehind = true;
      throw cause;
    }
  }

  async #apply(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { table, withheld } = this.#compose();
      try {
        await this.#router.apply(table);
        this.#applied = table;
        return this.#tell(withheld);
      } catch (cause) {
        if (tries === MOST_TRIES || !(await this.#isHelped(cause, table))) throw cause;
      }
    }
  }

  /** Whether what is in the way was found, and is left out from now on. */
  async #isHelped(cause: unknown, { listeners }: RouteTable): Promise<boolean> {
    if (isUnfit(cause)) {
      const settings = { ...ANY_SETTINGS, httpPort: this.#httpPort };
      this.#fitting = fittingOf(this.#services, (some) => void compile(this.#compose(some).table, settings));
      return true;
    }
    if (!(cause instanceof InstarError) || cause.code !== "INS4001") return false;
    const foreign = await this.#router.foreignListeners(listeners.map(({ port }) => port));
    const missing = await this.#missingOf(listeners.flatMap(({ hostIp }) => hostIp ?? []));
    for (const { port, by } of foreign) this.#foreign.set(port, `it is taken by ${by}`);
    this.#missing = new Set([...this.#missing, ...missing]);
    return foreign.length + missing.size > 0;
  }

  /**
   * The router lets go of what nobody wants, which it has because it could not be told (crowded story 21556), or was started again with an
   * older file (12420). Raises what keeps it from doing so: until then it may send to a name or an address that is given anew.
   * @param servers names of what it sends to
   */
  async letGo(servers: readonly string[]): Promise<void> {
    if (servers.every((name) => this.#servers.has(name))) return;
    if (this.#isBehind) return this.settled();
    await this.#router.repair();
  }

  /** In force, and what a restart of the router would load, too: what is named in neither is given to others. */
  async settled(): Promise<void> {
    await this.apply();
    await this.#router.persisted();
  }

  /** Ports that others held, and hold no more, are taken; so are addresses that are there by now. What failed is tried again. */
  async retry(): Promise<void> {
    const held = this.#foreign.size === 0 ? [] : await this.#router.foreignListeners([...this.#foreign.keys()]);
    const free = [...this.#foreign.keys()].filter((port) => !held.some((one) => one.port === port));
    for (const port of free) this.#foreign.delete(port);
    const before = this.#missing;
    this.#missing = await this.#missingOf(before);
    if (free.length > 0 || this.#missing.size < before.size || this.#isBehind) await this.apply();
  }

  table(): RouteTable {
    return this.#compose().table;
  }

  #compose(services = this.#fitting.services): ReturnType<typeof listenable> {
    const whole = composeTable(services, [...this.#servers.values()], this.#httpPort);
    return listenable(whole, { httpPort: this.#httpPort }, this.#foreign, this.#missing);
  }

  /**
   * Of what this revision claims and the one before it did not, what is not served, in words; null: nothing. What a project that is
   * being adopted holds becomes free when its turn comes.
   */
  unserved(revision: Revision, before: Revision | null): string | null {
    const unfit = this.#fitting.unfit.get(serviceName(revision));
    if (unfit !== undefined) return `it cannot be served as it should be: ${unfit.message}`;
    const known = new Set([...(before === null ? [] : this.#claimed(before)), ...this.#services.flatMap(({ withheld }) => [...withheld])]);
    const added = new Set(this.#claimed(revision).filter((port) => !known.has(port)));
    return this.#told.find(({ port }) => added.has(port))?.words ?? null;
  }

  /**
   * Of what this revision claims, what the router leads to another service; null: nothing. "unknown": the router has not been told of
   * it, or does not carry it.
   */
  elsewhere(revision: Revision): Elsewhere | "unknown" | null {
    if (this.#claimed(revision).length === 0) return null;
    const service = this.#services.find((one) => isOf(one, serviceName(revision)) && one.revisions[0]?.number === revision.number);
    return service === undefined ? "unknown" : ledElsewhere(revision, service, this.#applied);
  }

  #claimed({ spec }: Revision): number[] {
    const published = ingressPorts(spec).flatMap((port) => (port.published === null ? [] : [port.published]));
    return spec.domains.length > 0 ? [...published, this.#httpPort] : published;
  }

  /** Once each. */
  #tell(withheld: readonly Withheld[]): void {
    const before = this.#told;
    this.#told = withheld;
    for (const { words } of withheld) if (!before.some((one) => one.words === words)) this.#changed("router.withheld", words);
    const ports = new Set(withheld.map(({ port }) => port));
    for (const port of new Set(before.map((one) => one.port)))
      if (!ports.has(port)) this.#changed("router.listening", `port ${port} is served again`);
    const [unfit, unfitBefore] = [this.#fitting.unfit, this.#toldUnfit];
    this.#toldUnfit = unfit;
    for (const [name, { code, message }] of unfit)
      if (unfitBefore.get(name)?.message !== message)
        this.#changed("router.withheld", `${name} cannot be served as it should be: ${code} ${message}`);
    for (const name of unfitBefore.keys())
      if (!unfit.has(name) && this.#services.some((one) => isOf(one, name)))
        this.#changed("router.listening", `${name} is served as it should be again`);
  }
}

const isOf = ({ revisions: [wanted] }: RoutedService, name: string): boolean => wanted !== undefined && serviceName(wanted) === name;

/** Of an instance whose backends differ in it: equal to no weight that is wanted. */
const MIXED = -1;

/** One instance over all its backends: ready only where every one is; sessions are summed. null: in none. */
export function routeOf(name: string, routed: readonly RoutedServer[]): { state: ServerState; sessions: number; weight: number } | null {
  const own = routed.filter((r) => r.name === name);
  if (own.length === 0) return null;
  const state: ServerState = own.some((r) => r.state === "drain") ? "drain" : own.some((r) => r.state === "maint") ? "maint" : "ready";
  const weights = new Set(own.map((r) => r.weight));
  const [weight = MIXED] = weights.size === 1 ? weights : [];
  return { state, sessions: own.reduce((sum, r) => sum + r.sessions, 0), weight };
}
