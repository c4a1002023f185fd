import { InstarError } from "../errors.ts";
import { ingressPorts } from "../plan/choose.ts";
import { listenable, type Withheld } from "../route/listenable.ts";
import type { RouteTable, ServerState } from "../route/types.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { RoutedServer, Router } from "./ports.ts";
import { serviceName } from "./service-name.ts";
import { composeTable, type Elsewhere, ledElsewhere, type RoutedService, type WantedServer } from "./table.ts";

/** Another port may be taken while the table without the first is applied. */
const MOST_TRIES = 5;

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
  #told: readonly Withheld[] = [];
  readonly #changed: (words: string, isServed: boolean) => void;

  /** `changed`: a listener could not be had, or is there again. */
  constructor(router: Router, httpPort: number, changed: (words: string, isServed: boolean) => void = () => undefined) {
    this.#router = router;
    this.#httpPort = httpPort;
    this.#changed = changed;
  }

  /** Which services have ports; takes effect with the next `apply`. */
  setServices(services: readonly RoutedService[]): void {
    this.#services = services;
  }

  /** Takes over what the router itself reports, after a start of the daemon. */
  restore(server: WantedServer): void {
    if (!this.#servers.has(server.name)) this.#keep(server);
  }

  async put(server: WantedServer): Promise<void> {
    this.#keep(server);
    await this.apply();
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
    await this.put({ ...server, state: "drain" });
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

  /** What cannot be had for its port goes without its listener, and is tried again by `retry`; everything else is in force. */
  async apply(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { table, withheld } = this.#compose();
      try {
        await this.#router.apply(table);
        this.#applied = table;
        return this.#tell(withheld);
      } catch (cause) {
        if (tries === MOST_TRIES || !(cause instanceof InstarError) || cause.code !== "INS4001") throw cause;
        const foreign = await this.#router.foreignListeners(table.listeners.map(({ port }) => port));
        if (foreign.length === 0) throw cause;
        for (const { port, by } of foreign) this.#foreign.set(port, `it is taken by ${by}`);
      }
    }
  }

  /** Ports that others held, and hold no more, are taken. */
  async retry(): Promise<void> {
    if (this.#foreign.size === 0) return;
    const held = new Set((await this.#router.foreignListeners([...this.#foreign.keys()])).map(({ port }) => port));
    const free = [...this.#foreign.keys()].filter((port) => !held.has(port));
    for (const port of free) this.#foreign.delete(port);
    if (free.length > 0) await this.apply();
  }

  table(): RouteTable {
    return this.#compose().table;
  }

  #compose(): ReturnType<typeof listenable> {
    const whole = composeTable(this.#services, [...this.#servers.values()], this.#httpPort);
    return listenable(whole, { httpPort: this.#httpPort }, this.#foreign);
  }

  /**
   * Of what this revision claims and the one before it did not, what is not served, in words; null: nothing. What a project that is
   * being adopted holds becomes free when its turn comes.
   */
  unserved(revision: Revision, before: Revision | null): string | null {
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
    const isIt = (one: Revision): boolean => serviceName(one) === serviceName(revision) && one.number === revision.number;
    const service = this.#services.find(({ revisions }) => revisions.findIndex(isIt) === 0);
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
    for (const { words } of withheld) if (!before.some((one) => one.words === words)) this.#changed(words, false);
    const ports = new Set(withheld.map(({ port }) => port));
    for (const port of new Set(before.map((one) => one.port))) if (!ports.has(port)) this.#changed(`port ${port} is served again`, true);
  }
}

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
