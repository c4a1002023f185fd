import { InstarError } from "../errors.ts";
import { isIpv6, safeAddress, safePort } from "./names.ts";
import type { Listener, RouterSettings, RouteTable } from "./types.ts";

/**
 * Every listener the table needs, sorted: its own, and the one for domains when no service publishes that port.
 * Raises INS1009 when two would bind the same address and port.
 */
export function listenersOf(table: RouteTable, settings: Pick<RouterSettings, "httpPort">): readonly Listener[] {
  const listeners = [...table.listeners];
  if (table.domains.length > 0 && !listeners.some((listener) => carriesDomains(listener, settings))) {
    listeners.push({ port: settings.httpPort, hostIp: null, mode: "http", defaultBackend: null });
  }
  listeners.sort((a, b) => a.port - b.port || compare(a.hostIp ?? "", b.hostIp ?? ""));
  for (const [index, listener] of listeners.entries()) {
    // Those of one port stand together.
    for (let next = index + 1; listeners[next]?.port === listener.port; next++) {
      const clash = listeners[next];
      if (clash !== undefined && overlap(clash.hostIp, listener.hostIp))
        throw new InstarError("INS1009", `port ${listener.port} is claimed twice, by ${owner(listener)} and by ${owner(clash)}`);
    }
  }
  return listeners;
}

export function carriesDomains(listener: Listener, settings: Pick<RouterSettings, "httpPort">): boolean {
  return listener.mode === "http" && listener.port === settings.httpPort;
}

/** A frontend's name: `fe:80`, `fe:80:127.0.0.1`. */
export function frontendName(listener: Listener): string {
  return `fe:${safePort(listener.port)}${listener.hostIp === null ? "" : `:${safeAddress(listener.hostIp)}`}`;
}

/**
 * The `bind` lines. Every address is two sockets: one of both families (`v4v6`) would tell applications an IPv4
 * client's address as `::ffff:192.0.2.1`.
 */
export function bindLines(listener: Listener, ipv6: boolean): readonly string[] {
  const port = safePort(listener.port);
  if (listener.hostIp === null) return [`bind 0.0.0.0:${port}`, ...(ipv6 ? [`bind :::${port} v6only`] : [])];
  const address = safeAddress(listener.hostIp);
  return [isIpv6(address) ? `bind [${address}]:${port} v6only` : `bind ${address}:${port}`];
}

/** Would the kernel refuse to bind both? Null is every address of both families. */
export function overlap(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  if (isIpv6(a) !== isIpv6(b)) return false;
  return [a, b].some((address) => address === "0.0.0.0" || address === "::");
}

function owner(listener: Listener): string {
  return listener.defaultBackend ?? "the domains";
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
