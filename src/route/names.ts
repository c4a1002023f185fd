import { InstarError } from "../errors.ts";

/**
 * The last gate before text reaches haproxy.cfg, a map file or the runtime socket. Everything here is
 * an allow-list: what is not listed raises INS1014. Newline, quote, space, `#`, `\`, `%` and `;` end a
 * directive or a command in at least one of the three (HAProxy configuration manual 2.2, management guide 9.3).
 */
const SECTION = /^be:[a-z0-9][a-z0-9_.-]{0,127}:[a-z0-9][a-z0-9_.-]{0,127}:[0-9]{1,5}$/;
const SERVER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,253}$/;
const OWNER = /^[a-z0-9][a-z0-9_.-]{0,127}$/;
const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const PATH = /^\/[A-Za-z0-9._~/@:=+,-]{0,511}$/;
const TOKEN = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}$/i;
const DIRECTORY = /^(?:\/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}){1,16}$/;

/** `be:<stack>:<service>:<port>`, the port being the container's. Raises INS1014. */
export function backendName(stack: string, service: string, port: number): string {
  return safeBackend(`be:${stack}:${service}:${safePort(port)}`);
}

export function safeBackend(name: string): string {
  return safe(SECTION, name, "backend");
}

export function safeServer(name: string): string {
  return safe(SERVER, name, "server");
}

/** A stack's or service's name, as it appears in the pages the router answers with. */
export function safeOwner(name: string): string {
  return safe(OWNER, name, "name");
}

/** Lower case; a leading `*.` is a wildcard. At most 253 characters. */
export function safeHost(host: string): string {
  if (host.length > 253) throw refused("host", host);
  return safe(HOST, host, "host");
}

/** A path prefix; the trailing slash goes, `/` alone is no path at all. */
export function safePath(path: string | null): string | null {
  if (path === null) return null;
  const trimmed = safe(PATH, path, "path").replace(/\/+$/, "");
  return trimmed === "" ? null : trimmed;
}

/** The name of a cookie, or of a header. */
export function safeToken(name: string): string {
  return safe(TOKEN, name, "name of a header or cookie");
}

export function safeAddress(address: string): string {
  if (!IPV4.test(address) && !isIpv6(address)) throw refused("address", address);
  return address.toLowerCase();
}

export function isIpv6(address: string): boolean {
  return IPV6.test(address) && (address.match(/::/g) ?? []).length <= 1 && !address.includes(":::");
}

export function safeDirectory(path: string): string {
  return safe(DIRECTORY, path, "directory");
}

export function safePort(port: number): number {
  return safeInteger(port, 1, 65_535, "port");
}

/** HAProxy's own range, 0-256. */
export function safeWeight(weight: number): number {
  return safeInteger(weight, 0, 256, "weight");
}

/** 2^31-1 ms is the longest timer HAProxy takes. */
export function safeMilliseconds(ms: number, what: string): number {
  return safeInteger(ms, 0, 2_147_483_647, what);
}

export function safeInteger(value: number, least: number, most: number, what: string): number {
  if (!Number.isInteger(value) || value < least || value > most) throw refused(what, String(value));
  return value;
}

function safe(shape: RegExp, text: string, what: string): string {
  // `$` also matches before a final newline in other engines, never in this one; the test says so.
  if (typeof text !== "string" || !shape.test(text)) throw refused(what, String(text));
  return text;
}

function refused(what: string, text: string): InstarError {
  return new InstarError("INS1014", `${what} ${JSON.stringify(text.slice(0, 80))} cannot be used in the router`);
}
