/** What the router should do, as plain data. Compiled to haproxy.cfg text and to runtime commands. */
export interface RouteTable {
  readonly listeners: readonly Listener[];
  readonly domains: readonly DomainRoute[];
  readonly backends: readonly Backend[];
  /** How requests name a revision; absent where none may. */
  readonly pins?: Pins;
}

/** See pins.ts for the keys. */
export interface Pins {
  readonly counts: Readonly<Record<string, number>>;
  readonly picks: Readonly<Record<string, string>>;
  readonly previews: Readonly<Record<string, string>>;
}

/** A host port bound by the router. */
export interface Listener {
  readonly port: number;
  /** null: every address, IPv4 and IPv6. */
  readonly hostIp: string | null;
  readonly mode: "http" | "tcp";
  /** Backend for what no domain claims; null answers 404 in HTTP mode. TCP always has one. */
  readonly defaultBackend: string | null;
}

/** Claimed on every HTTP listener that carries domains (80 unless configured). */
export interface DomainRoute {
  readonly host: string;
  readonly path: string | null;
  /** With `parts` the first of theirs. */
  readonly backend: string;
  /** Two or more, sorted by backend, where services share the domain; absent where one has it alone. */
  readonly parts?: readonly DomainPart[];
}

/** What a worker has to know of a service to choose it for a request. */
export interface DomainPart {
  readonly backend: string;
  /** 1 to 10,000, in proportion to the others'. */
  readonly weight: number;
  /** Requests wait for it while nothing on the domain is ready. */
  readonly holds: boolean;
  /** Its sticky cookie; the value is the name of an instance. */
  readonly sticky: string | null;
  /** Revisions a request may ask it for. */
  readonly revisions: readonly number[];
}

/** `be:<stack>:<service>:<port>`; all revisions' servers are in it. */
export interface Backend {
  readonly name: string;
  readonly stack: string;
  readonly service: string;
  readonly mode: "http" | "tcp";
  /** What its servers speak that do not say otherwise; `h2` for h2c and grpc. */
  readonly protocol: Protocol;
  readonly balance: "roundrobin" | "leastconn";
  /** Requests wait this long while no server is ready; 0 answers 503 at once. HTTP only. */
  readonly holdMs: number;
  /** At most this many wait at once. */
  readonly holdLimit: number;
  readonly serverTimeoutMs: number;
  /** A header or cookie whose value, `always` or `never`, chooses the side. */
  readonly chooser?: { readonly header: string | null; readonly cookie: string | null };
  /** The cookie that brings a client back to its instance. */
  readonly sticky?: string;
  readonly servers: readonly Server[];
}

export type Protocol = "h1" | "h2" | "https";

export interface Server {
  /** The instance's name. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** 0-256. */
  readonly weight: number;
  readonly state: ServerState;
  /** Where it is not its backend's, as an older revision's may be. */
  readonly protocol?: Protocol;
}

export type ServerState = "ready" | "drain" | "maint";

/** How a listener is to be run besides the table: constant for one router process. */
export interface RouterSettings {
  readonly maxconn: number;
  /** Where domains are served; default 80. */
  readonly httpPort: number;
  /** Directory inside the container for sockets and maps. */
  readonly runDir: string;
  readonly ipv6: boolean;
  readonly hardStopAfterMs: number;
}
