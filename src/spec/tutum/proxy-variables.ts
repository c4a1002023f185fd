import { isProbePath } from "../names.ts";
import type { Node } from "../node.ts";
import { isToken } from "../sides.ts";
import { madeMap, madeText } from "./made.ts";

/** Variables that the HAProxy images read (dockercloud/haproxy 1.6.7, README), and what stands for them here. */

/** What only a proxy reads. The rest of what it reads may be meant for the application too, and stays in its environment. */
export const PROXYS_OWN: ReadonlySet<string> = new Set(["VIRTUAL_HOST", "VIRTUAL_HOST_WEIGHT"]);

const TLS = "the router serves plain HTTP: terminate TLS in front of it";
const RAW = "the router's configuration is Instar's own, and takes no lines of HAProxy";
const AUTH = "the router asks for no password: let the application ask, or a proxy in front";
const OWN = "the router looks after itself";

/** Of the proxy service itself, by name or by what the name begins with. */
const ON_PROXY: Readonly<Record<string, string>> = {
  ADDITIONAL_BACKEND: "backends are services of the stack",
  ADDITIONAL_SERVICES: "backends are services of the stack",
  BALANCE: "each service says its own: x-instar: { balance: leastconn }",
  CA_CERT: TLS,
  CERT_FOLDER: TLS,
  DEFAULT_SSL_CERT: TLS,
  EXTRA_SSL_CERTS: TLS,
  EXTRA_: RAW,
  FORCE_DEFAULT_BACKEND: "what belongs to no domain gets 404 or 503 from the router",
  HAPROXY_: OWN,
  HEALTH_CHECK: "an instance is asked until it is ready: x-instar: { ready: { http: /healthz } }, else a TCP connection",
  HTTP_BASIC_AUTH: AUTH,
  MAXCONN: OWN,
  MODE: "a port says it: app_protocol: tcp in its long form",
  MONITOR_: "instar doctor tells whether the router answers",
  NBPROC: OWN,
  OPTION: RAW,
  POLLING_PERIOD: OWN,
  RELOAD_TIMEOUT: "reloads lose no connection; x-instar: { drain: 30s } says how long an old instance may finish",
  RSYSLOG_DESTINATION: OWN,
  SKIP_FORWARDED_PROTO: "X-Forwarded-Proto of a proxy in front is kept, any other is overwritten",
  SSL_: TLS,
  STATS_: "instar ps, instar services and the page show what the router does",
  TIMEOUT: "x-instar: { timeout: 1h } of a service says how long an instance may be silent in an answer",
};

/** Of a service that a proxy links to; they stay in its environment. */
const ON_BACKEND: Readonly<Record<string, string>> = {
  VIRTUAL_HOST_WEIGHT: "the longest host and path that fits wins",
  DEFAULT_SSL_CERT: TLS,
  SSL_CERT: TLS,
  FORCE_SSL: TLS,
  HSTS_MAX_AGE: TLS,
  HEALTH_CHECK: ON_PROXY["HEALTH_CHECK"] ?? "",
  GZIP_COMPRESSION_TYPE: "answers pass as they are: compress in the application, or in front",
  EXTRA_SETTINGS: RAW,
  EXTRA_ROUTE_SETTINGS: RAW,
  FAILOVER: "there are no spare services: each serves its own domains and ports",
  EXCLUDE_BASIC_AUTH: AUTH,
};

const REST = "no part of the router reads it";

/** Why a variable of a proxy is left out. */
export function ofProxy(variable: string): string {
  const exact = Object.hasOwn(ON_PROXY, variable) ? ON_PROXY[variable] : undefined;
  return exact ?? Object.entries(ON_PROXY).find(([beginning]) => variable.startsWith(beginning))?.[1] ?? REST;
}

/** Why what the proxy read from a backend's variable has no counterpart; null: the proxy did not read it. */
export const ofBackend = (variable: string): string | null => (Object.hasOwn(ON_BACKEND, variable) ? (ON_BACKEND[variable] ?? null) : null);

export interface Setting {
  /** Under the service; null: nothing says it. */
  readonly path: string | null;
  readonly value: Node;
  readonly note: string;
}

const none = (value: Node, note: string): Setting => ({ path: null, value, note });

/** Variables of a backend that have a counterpart. null: it is none of them, or not in the form the proxy knew. */
export const SETTINGS: Readonly<Record<string, (written: string, where: Node) => Setting | null>> = {
  BALANCE(written, where) {
    const word = written.trim().toLowerCase();
    if (word === "leastconn") return { path: "x-instar.balance", value: madeText(where, word), note: "it means the same" };
    if (word === "roundrobin") return none(where, "the router's own way");
    return /^(source|static-rr|first|uri|hdr|rdp-cookie|url_param)/.test(word)
      ? none(where, "roundrobin and leastconn are there; for the same client at the same instance: x-instar: { sticky: { cookie: SRV } }")
      : null;
  },
  COOKIE(written, where) {
    const name = /^(\S+)\s.*\b(insert|prefix|rewrite)\b/.exec(written.trim())?.[1] ?? "";
    if (!isToken(name)) return null;
    const value = madeMap(where, { cookie: madeText(where, name) });
    return { path: "x-instar.sticky", value, note: "the router sets the cookie, and a client comes back to its instance" };
  },
  HTTP_CHECK(written, where) {
    const path = /^(?:(?:GET|HEAD|OPTIONS)\s+)?(\/[^\s\\]*)/.exec(written.trim())?.[1] ?? "";
    if (!isProbePath(path)) return none(where, "write what is to be asked: x-instar: { ready: { http: /healthz } }");
    const value = madeMap(where, { http: madeText(where, path) });
    return { path: "x-instar.ready", value, note: "it is asked with GET, without further headers, until the instance is ready" };
  },
};
