import { isIpv6, safeAddress, safePort, safeServer, safeWeight } from "./names.ts";
import type { Backend, Server } from "./types.ts";

/**
 * The options of one server. `add server` takes nothing from `default-server` (management guide 9.3), so
 * the file says everything on the line too and both ways give the same server.
 * `pool-purge-delay 1s`: idle connections go before the usual 5 s of applications closes them under a POST.
 */
export function serverOptions(backend: Backend): string {
  const protocol = { h1: "", h2: " proto h2", https: " ssl verify none" }[backend.protocol];
  return `check inter 500ms fastinter 200ms downinter 200ms fall 2 rise 1 pool-purge-delay 1s${protocol}`;
}

/** A line of the file. `drain` has no keyword: weight 0 sends nothing new either. */
export function serverLine(backend: Backend, server: Server): string {
  const weight = server.state === "drain" ? 0 : safeWeight(server.weight);
  const maint = server.state === "maint" ? " disabled" : "";
  return `server ${safeServer(server.name)} ${endpoint(server)} ${serverOptions(backend)} weight ${weight}${maint}`;
}

/** `10.0.0.2:80`, `[fd00::2]:80`. */
export function endpoint(server: Server): string {
  const address = safeAddress(server.address);
  return `${isIpv6(address) ? `[${address}]` : address}:${safePort(server.port)}`;
}
