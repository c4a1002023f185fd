import type { ServerState } from "../route/types.ts";
import type { ServiceKey } from "./control.ts";
import type { RoutedServer, Router } from "./ports.ts";
import { serviceName } from "./service-name.ts";
import { composeTable, type RoutedService, type WantedServer } from "./table.ts";

/** What the loop wants of the router: the services' ports and, by name, the instances behind them. */
export class Routing {
  readonly #router: Router;
  readonly #httpPort: number;
  readonly #servers = new Map<string, WantedServer>();
  /** Names by service: a pass asks for those of one. */
  readonly #ofService = new Map<string, Set<string>>();
  #services: readonly RoutedService[] = [];

  constructor(router: Router, httpPort: number) {
    this.#router = router;
    this.#httpPort = httpPort;
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

  async apply(): Promise<void> {
    await this.#router.apply(composeTable(this.#services, [...this.#servers.values()], this.#httpPort));
  }

  table(): ReturnType<typeof composeTable> {
    return composeTable(this.#services, [...this.#servers.values()], this.#httpPort);
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
