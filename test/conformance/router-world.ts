import type { Router } from "../../src/reconcile/ports.ts";
import type { Backend, RouteTable, Server } from "../../src/route/types.ts";

/** A client's connection that stays on one server. */
export interface Tunnel {
  readonly server: string;
  /** Still whole? */
  open(): boolean;
  end(): void;
}

/** What only someone beside the port can do, and see. */
export interface RouterWorld {
  readonly router: Router;
  /** The n-th host port nobody uses. */
  port(n: number): number;
  /** The n-th application: it listens, and says its server's name. */
  application(n: number): Promise<Server>;
  /** Whom a new client of this port reaches; null: an error page, or nobody listens. */
  ask(port: number): Promise<string | null>;
  connect(port: number): Promise<Tunnel>;
  /** Another process listens on the port until the returned call. */
  occupy(port: number): Promise<() => Promise<void>>;
  /** The server goes into maintenance behind our back. */
  meddle(server: string): Promise<void>;
  /** Kill -9 of whatever routes; back by itself. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export const WEB = "be:shop:web:8080";
export const SHELL = "be:shop:shell:22";

/** One HTTP service, and one TCP service with the same instances, on two ports. */
export const table = (world: RouterWorld, servers: readonly Server[], more: Partial<RouteTable> = {}): RouteTable => ({
  listeners: [
    { port: world.port(0), hostIp: null, mode: "http", defaultBackend: WEB },
    { port: world.port(1), hostIp: null, mode: "tcp", defaultBackend: SHELL },
  ],
  domains: [],
  backends: [backend(servers), { ...backend(servers), name: SHELL, service: "shell", mode: "tcp" }],
  ...more,
});

export const backend = (servers: readonly Server[]): Backend => ({
  name: WEB,
  stack: "shop",
  service: "web",
  mode: "http",
  protocol: "h1",
  balance: "roundrobin",
  holdMs: 0,
  holdLimit: 0,
  serverTimeoutMs: 3_600_000,
  servers,
});
