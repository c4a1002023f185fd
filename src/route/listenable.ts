import { carriesDomains, overlap } from "./listeners.ts";
import type { Listener, RouterSettings, RouteTable } from "./types.ts";

/** A listener that is left out, and why. */
export interface Withheld {
  readonly port: number;
  /** `port 9090 is not served for shop/web: it is taken by nginx` */
  readonly words: string;
}

/**
 * The table with the listeners that can be had: not those on a port that another process holds, or on an address that the machine does
 * not have, nor those that would meet an earlier one. Otherwise one that cannot be had would take all others with it. Domains need a
 * listener that carries them.
 * @param foreign port → who holds it
 * @param missing addresses that the machine does not have
 */
export function listenable(
  table: RouteTable,
  settings: Pick<RouterSettings, "httpPort">,
  foreign: ReadonlyMap<number, string>,
  missing: ReadonlySet<string>,
): { readonly table: RouteTable; readonly withheld: readonly Withheld[] } {
  const listeners: Listener[] = [];
  const withheld: Withheld[] = [];
  for (const listener of table.listeners) {
    const by = foreign.get(listener.port) ?? whatIsMissing(listener, missing);
    const earlier = listeners.find((one) => one.port === listener.port && overlap(one.hostIp, listener.hostIp));
    if (by === undefined && earlier === undefined) listeners.push(listener);
    else withheld.push(withhold(listener.port, whose(listener), by ?? `it is bound for ${whose(earlier ?? listener)} already`));
  }
  const isCarried = table.domains.length === 0 || listeners.some((listener) => carriesDomains(listener, settings));
  const by = foreign.get(settings.httpPort);
  if (!isCarried && !withheld.some(({ port }) => port === settings.httpPort))
    withheld.push(withhold(settings.httpPort, DOMAINS, by ?? "it is bound otherwise already, or about to be free"));
  return { table: isCarried ? { ...table, listeners } : { ...table, listeners, domains: [] }, withheld };
}

const whatIsMissing = ({ hostIp }: Listener, missing: ReadonlySet<string>): string | undefined =>
  hostIp !== null && missing.has(hostIp) ? `this machine does not have the address ${hostIp}` : undefined;

const DOMAINS = "the domains";

const withhold = (port: number, service: string, because: string): Withheld => ({
  port,
  words: `port ${port} is not served for ${service}: ${because}`,
});

const whose = ({ defaultBackend }: Listener): string =>
  defaultBackend === null ? DOMAINS : defaultBackend.split(":").slice(1, 3).join("/");
