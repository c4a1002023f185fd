import { isIpv6, safeAddress, safePort, safeServer, safeWeight } from "./names.ts";
import type { Backend, Protocol, Server } from "./types.ts";

/** In each HTTP backend: who has tried an instance in vain, and finds no other, goes to it, and through it to the hold again. */
export const AGAIN = "instar:again";
/** TLVs of the PROXY protocol's own range for applications (2.2.8): where a request goes again, how long it has waited, and may yet. */
export const AGAIN_TLV = "0xE0";
export const WAITED_TLV = "0xE1";
export const PATIENCE_TLV = "0xE2";

/**
 * The options of one server. `add server` takes nothing from `default-server` (management guide 9.3), so
 * the file says everything on the line too and both ways give the same server.
 * - `pool-purge-delay 1s`: idle connections go before the usual 5 s of applications closes them under a POST.
 * - `pool-conn-name`: what must not be sent twice is sent on a connection of its own, for which `txn.fresh` is a name that nobody else has
 *   (sections.ts, FRESH). On an idle one it would be lost when the instance had just died, or was about to close it. Not for HTTP/2,
 *   whose many requests share one, and which says which of them it has taken.
 * - `on-error mark-down`: who finds the address dead tells all others. Several that die at once are tried at once by HAProxy (round
 *   robin, more than one active server), so that the four tries of a request were gone within a millisecond. The next check that
 *   succeeds, 200 ms later, brings back what is well; meanwhile requests wait, which TCP cannot.
 */
export function serverOptions(backend: Backend, server: Server): string {
  const spoken = protocolOf(backend, server);
  const protocol = { h1: "", h2: " proto h2", https: " ssl verify none" }[spoken];
  const observed = backend.mode === "http" ? " observe layer4 error-limit 1 on-error mark-down" : "";
  const named = backend.mode === "http" && spoken !== "h2" ? " pool-conn-name var(txn.fresh)" : "";
  return `check inter 500ms fastinter 200ms downinter 200ms fall 2 rise 1${observed} pool-purge-delay 1s${named}${protocol}`;
}

/** How a server is spoken to. Only a reload changes it. */
export const protocolOf = (backend: Backend, server: Server): Protocol => server.protocol ?? backend.protocol;

/** A line of the file. `drain` has no keyword: weight 0 sends nothing new either. */
export function serverLine(backend: Backend, server: Server): string {
  const weight = server.state === "drain" ? 0 : safeWeight(server.weight);
  const maint = server.state === "maint" ? " disabled" : "";
  return `server ${safeServer(server.name)} ${endpoint(server)} ${serverOptions(backend, server)} weight ${weight}${maint}`;
}

/** `10.0.0.2:80`, `[fd00::2]:80`. */
export function endpoint(server: Server): string {
  const address = safeAddress(server.address);
  return `${isIpv6(address) ? `[${address}]` : address}:${safePort(server.port)}`;
}

/**
 * The line of AGAIN; `socket`: of the frontend that sends on. A backup: taken only when no other server is usable. It makes `nbsrv`
 * at least 1; its `maxconn` tells it from the others in `be_conn_free`, which is -1 while a server without one is usable
 * (configuration manual 7.3.2). The first turn waits for the second no longer than for an instance: half of that time is for being
 * held, so that what is sent on can still be answered, and nobody is told 504 whose request is executed later.
 */
export function againLine(socket: string, serverTimeoutMs: number): string {
  const tlvs = [
    `set-proxy-v2-tlv-fmt(${AGAIN_TLV}) %[var(txn.from)]`,
    `set-proxy-v2-tlv-fmt(${WAITED_TLV}) %[var(txn.waited)]`,
    `set-proxy-v2-tlv-fmt(${PATIENCE_TLV}) ${Math.floor(serverTimeoutMs / 2)}`,
  ];
  return `server ${AGAIN} unix@${socket} backup maxconn 10000000 pool-max-conn 0 send-proxy-v2 ${tlvs.join(" ")}`;
}
