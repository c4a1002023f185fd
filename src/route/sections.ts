import { InstarError } from "../errors.ts";
import { bindLines, carriesDomains, frontendName } from "./listeners.ts";
import { safeAddress, safeBackend, safeDirectory, safeInteger, safeMilliseconds, safeOwner, safePort } from "./names.ts";
import { chooserRules, pinRules } from "./pins.ts";
import { AGAIN_TLV, againLine, PATIENCE_TLV, serverLine, WAITED_TLV } from "./server.ts";
import type { Backend, Listener, RouterSettings } from "./types.ts";

/** Labels a wildcard may stand for: `a.b.c.d.e.f.g.h.example.com` matches `*.example.com`. */
const WILDCARD_DEPTH = 8;

/** Names of ours; a service's backend begins with `be:`, so nothing can collide. */
export const HAND_ON = "instar:handon";
export const SELF = "instar:self";

/** What may have been executed is not sent a second time. */
const TWICE = "{ method GET HEAD OPTIONS TRACE PUT DELETE }";
const NOT_TWICE = `http-request disable-l7-retry if !${TWICE}`;
/**
 * A connection for one request, closed after it, or a thousand POSTs a second would leave a thousand idle ones. Not where another
 * protocol is asked for, which has the connection to itself. A server that speaks HTTP/2 is told none of it.
 */
const FRESH = [
  `http-request set-var(txn.fresh) uuid() if !${TWICE}`,
  "http-request set-header connection close if { var(txn.fresh) -m found } !{ req.hdr(upgrade) -m found }",
] as const;

/**
 * Who terminates TLS in front, on this machine or near it, says what it was asked by; who comes from afar could say anything. With a
 * protocol of its own and no port, the port is that protocol's usual one, and not ours.
 */
const FORWARDED = [
  "acl near src 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10 ::1 fc00::/7 fe80::/10",
  "http-request set-header X-Forwarded-Port %[dst_port] if !near || !{ req.hdr(x-forwarded-port) -m found } !{ req.hdr(x-forwarded-proto) -m found }",
  "http-request set-header X-Forwarded-Proto http if !near || !{ req.hdr(x-forwarded-proto) -m found }",
  "http-request set-header X-Forwarded-Host %[req.hdr(host)] if !near || !{ req.hdr(x-forwarded-host) -m found }",
] as const;

/** `mark` names the skeleton a process has loaded: `show info` repeats it as the description. */
export function globalSection(settings: RouterSettings, mark: string): string {
  const dir = safeDirectory(settings.runDir);
  return section("global", [
    `description ${mark}`,
    `maxconn ${safeInteger(settings.maxconn, 10, 10_000_000, "maxconn")}`,
    "user haproxy",
    "group haproxy",
    // Otherwise a second HAProxy binds the same port and traffic splits silently.
    "noreuseport",
    `hard-stop-after ${safeMilliseconds(settings.hardStopAfterMs, "hard-stop-after")}ms`,
    `stats socket ${dir}/stats.sock mode 600 level admin expose-fd listeners`,
    "stats timeout 1m",
    "ssl-server-verify none",
    `lua-load ${dir}/hold.lua`,
  ]);
}

export function defaultsSections(): string {
  const both = [
    "timeout connect 250ms",
    // A check that is not answered takes the connect timeout, and not its whole interval.
    "timeout check 500ms",
    "timeout client 60s",
    "timeout server 1h",
    "timeout tunnel 24h",
    // At the only instance 250 ms apart: longer than a death can stay unknown (two checks 200 ms apart, 500 ms after the last).
    "retries 3",
    "option redispatch 1",
  ];
  return (
    section("defaults tcp", ["mode tcp", ...both]) +
    section("defaults http", [
      "mode http",
      ...both,
      // Some never answer a FIN.
      "timeout client-fin 2s",
      "timeout server-fin 2s",
      // A client's idle connection is closed after its next answer when the worker stops, never reset.
      "option idle-close-on-response",
      "timeout http-request 10s",
      "timeout http-keep-alive 60s",
      "http-reuse safe",
      "retry-on conn-failure empty-response",
    ])
  );
}

/** `backend`: its default one. */
export function frontendSection(listener: Listener, backend: Backend | undefined, settings: RouterSettings): string {
  const name = `frontend ${frontendName(listener)} from ${listener.mode}`;
  const binds = bindLines(listener, settings.ipv6);
  const fallback = listener.defaultBackend === null ? null : safeBackend(listener.defaultBackend);
  if (listener.mode === "tcp") {
    if (fallback === null || backend === undefined) throw new InstarError("INS1014", `the TCP port ${listener.port} has no service`);
    // Who has said all he has to say may wait for the answer as long as anybody.
    const timeout = safeMilliseconds(backend.serverTimeoutMs, "timeout");
    return section(name, [...binds, `timeout client-fin ${timeout}ms`, `default_backend ${fallback}`]);
  }
  return section(name, [
    ...binds,
    ...(carriesDomains(listener, settings) ? domainRules(settings) : []),
    ...(fallback === null ? [] : [`http-request set-var(txn.be) str(${fallback}) if !{ var(txn.be) -m found }`]),
    notFound(),
    ...routeRules(settings),
  ]);
}

/** Where a stopping worker sends what it cannot answer itself: bound by its successor. */
export function selfSection(listeners: readonly Listener[], settings: RouterSettings): string {
  return section(`frontend ${SELF} from http`, [
    `bind unix@${selfSocket(settings)} mode 666 accept-proxy`,
    // Not req.hdr: the list of a shared domain has commas.
    "http-request set-var(txn.be) req.fhdr(x-instar-backend)",
    "http-request set-var(txn.waited) req.hdr(x-instar-waited)",
    "http-request set-var(txn.again) var(txn.be) if { req.hdr(x-instar-again) -m str yes }",
    `http-request set-var(txn.again) fc_pp_tlv(${AGAIN_TLV}) if { fc_pp_tlv(${AGAIN_TLV}) -m found }`,
    "http-request set-var(txn.be) var(txn.again) if { var(txn.again) -m found }",
    `http-request set-var(txn.waited) fc_pp_tlv(${WAITED_TLV}) if { fc_pp_tlv(${WAITED_TLV}) -m found }`,
    `http-request set-var(txn.patience) fc_pp_tlv(${PATIENCE_TLV})`,
    "http-request del-header x-instar-backend",
    "http-request del-header x-instar-waited",
    "http-request del-header x-instar-again",
    ...listeners.flatMap((listener) => movedRules(listener, settings)),
    notFound(),
    ...routeRules(settings),
  ]);
}

/** Who comes from a stopping worker, on a connection from before, goes where his address leads now: it may be another service's since. */
function movedRules(listener: Listener, settings: RouterSettings): readonly string[] {
  if (listener.mode !== "http") return [];
  const here = `!{ var(txn.again) -m found } { dst_port ${safePort(listener.port)} }${addressed(listener.hostIp)}`;
  const fallback = listener.defaultBackend === null ? null : safeBackend(listener.defaultBackend);
  if (!carriesDomains(listener, settings)) return fallback === null ? [] : [`http-request set-var(txn.be) str(${fallback}) if ${here}`];
  return [
    `http-request unset-var(txn.be) if ${here}`,
    ...domainRules(settings, [here]),
    ...(fallback === null ? [] : [`http-request set-var(txn.be) str(${fallback}) if !{ var(txn.be) -m found } ${here}`]),
  ];
}

/** Listeners of one port have addresses that do not overlap; every address of a family is no address that a connection has. */
function addressed(hostIp: string | null): string {
  if (hostIp === null) return "";
  if (hostIp === "0.0.0.0") return " { dst 0.0.0.0/0 }";
  return hostIp === "::" ? " !{ dst 0.0.0.0/0 }" : ` { dst ${safeAddress(hostIp)} }`;
}

/** One connection for each request: what comes as the second on one may be given an idle connection of an instance, which may be dead. */
export function handOnSection(settings: RouterSettings): string {
  return section(`backend ${HAND_ON} from http`, [
    NOT_TWICE,
    "http-request set-header x-instar-backend %[var(txn.be)]",
    "http-request set-header x-instar-waited %[var(txn.waited)]",
    "http-request set-header x-instar-again no",
    "http-request set-header x-instar-again yes if { var(txn.again) -m found }",
    `http-error ${page(503, "the router is being replaced")}`,
    `server self unix@${selfSocket(settings)} pool-max-conn 0 send-proxy-v2`,
  ]);
}

export function backendSection(backend: Backend, settings: RouterSettings): string {
  const name = `backend ${safeBackend(backend.name)} from ${backend.mode}`;
  const owner = `${safeOwner(backend.stack)}/${safeOwner(backend.service)}`;
  const servers = [...backend.servers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const timeout = `${safeMilliseconds(backend.serverTimeoutMs, "timeout")}ms`;
  const shared = [`balance ${backend.balance}`, `timeout server ${timeout}`];
  const notReady = page(503, `no instance of the service ${owner} is ready`);
  const http = [
    // Once: who comes again through itself has it.
    "http-request add-header X-Forwarded-For %[src] if !{ var(txn.again) -m found }",
    ...FORWARDED,
    NOT_TWICE,
    ...FRESH,
    // A request that kills whom it is sent to kills one more, and no third.
    "http-request disable-l7-retry if { var(txn.again) -m found }",
    // What was held to the end, or asks for a revision that is not there, is not sent round.
    `http-request return ${notReady} if { var(txn.held) -m found }`,
    `http-request return ${notReady} if { var(txn.again) -m found } { var(txn.srv) -m found }`,
    `http-error ${page(502, `the service ${owner} closed the connection without an answer`)}`,
    `http-error ${notReady}`,
    `http-error ${page(504, `the service ${owner} did not answer in time`)}`,
    ...chooserRules(backend, settings),
  ];
  return section(name, [
    ...shared,
    ...(backend.mode === "http" ? http : [`timeout server-fin ${timeout}`]),
    ...servers.map((server) => serverLine(backend, server)),
    ...(backend.mode === "http" ? [againLine(selfSocket(settings), backend.serverTimeoutMs)] : []),
  ]);
}

/** The socket outlives a generation of the router: what one container holds, the next one answers. */
function selfSocket(settings: RouterSettings): string {
  return `${safeDirectory(settings.runDir).replace(/\/[^/]+$/, "")}/self.sock`;
}

/** Exact host with the longest path first, then wildcards from the nearest label outwards. `where`: further conditions of each rule. */
function domainRules(settings: RouterSettings, where: readonly string[] = []): readonly string[] {
  const lookup = `map_beg(${safeDirectory(settings.runDir)}/hosts.map)`;
  const when = (...conditions: readonly string[]): string => (conditions.length === 0 ? "" : ` if ${conditions.join(" ")}`);
  const rules = [
    `http-request set-var(txn.host) req.hdr(host),host_only,lower,rtrim(.)${when(...where)}`,
    `http-request set-var-fmt(txn.key) %[var(txn.host)]%[path]/${when(...where)}`,
    `http-request set-var(txn.be) var(txn.key),${lookup}${when(...where)}`,
  ];
  for (let label = 2; label <= WILDCARD_DEPTH + 1; label++) {
    const missing = when("!{ var(txn.be) -m found }", ...where);
    rules.push(
      `http-request set-var-fmt(txn.key) *.%[var(txn.host),field(${label},.,0)]%[path]/${missing}`,
      `http-request set-var(txn.be) var(txn.key),${lookup}${missing}`,
    );
  }
  return rules;
}

/** In a stopping worker everything goes on to the new one: only that one knows today's servers. */
function routeRules(settings: RouterSettings): readonly string[] {
  return [
    "http-request lua.share if !{ stopping } { var(txn.be) -m sub , }",
    "http-request set-var(txn.from) var(txn.be)",
    // A TLV carries 1,024 bytes at most: with a longer list only the service that was chosen is tried again.
    "http-request set-var(txn.from) var(txn.shares) if { var(txn.shares) -m len 1:1000 }",
    ...pinRules(settings),
    `http-request set-var(txn.hold) var(txn.be),map_str(${safeDirectory(settings.runDir)}/hold.map)`,
    // Who comes again to what holds nobody is answered or refused at once.
    "http-request set-var(txn.hold) str(0/0) if { var(txn.again) -m found } !{ var(txn.hold) -m found }",
    "http-request set-var(txn.handon) int(1) if { stopping }",
    "http-request lua.hold if !{ stopping } !{ var(txn.srv) -m found } { var(txn.hold) -m found } { var(txn.be),nbsrv le 1 }",
    `use_backend ${HAND_ON} if { var(txn.handon) -m found }`,
    "use_backend %[var(txn.be)]",
  ];
}

function notFound(): string {
  return `http-request return status 404 content-type text/plain string "404: Instar routes no service at this address.\\n" if !{ var(txn.be) -m found }`;
}

function page(status: 502 | 503 | 504, sentence: string): string {
  const again = status === 503 ? " hdr Retry-After 1" : "";
  return `status ${status} content-type text/plain string "${status}: Instar: ${sentence}.\\n"${again}`;
}

function section(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((line) => `  ${line}\n`).join("")}\n`;
}
