import type { Node } from "../node.ts";
import { httpPort } from "./backend-port.ts";
import type { Draft } from "./draft.ts";
import { variablesOf } from "./environment.ts";
import { madeScalar, madeText } from "./made.ts";
import { itemsOf } from "./old-service.ts";
import { readPort } from "./ports.ts";
import { inTcp, type OldProxy } from "./proxies.ts";
import { ofBackend, PROXYS_OWN, SETTINGS } from "./proxy-variables.ts";
import type { OldService } from "./types.ts";
import { hasVariable, textOf } from "./values.ts";

/** What the proxy read from the variables of a service it served, but its hosts and ports. The variables stay. */
export function writeSettings(draft: Draft, service: OldService, proxy: OldProxy): void {
  const { name } = service;
  for (const [variable, { node, name: written, value }] of variablesOf(service)) {
    const key = `environment.${written}`;
    if (inTcp(proxy)) {
      if (PROXYS_OWN.has(variable)) draft.note(node, name, key, null, "the proxy was in TCP mode, where it read no hosts");
      continue;
    }
    const known = value !== null && !hasVariable(value) && Object.hasOwn(SETTINGS, variable) ? SETTINGS[variable]?.(value, node) : null;
    const note = known?.note ?? ofBackend(variable);
    if (note === null) continue;
    if (known !== null && known !== undefined && known.path !== null) draft.set(name, known.path, known.value);
    draft.note(node, name, key, known?.path ?? (PROXYS_OWN.has(variable) ? null : "environment"), note);
  }
  const balance = proxy.variables.get("BALANCE");
  if (
    !inTcp(proxy) &&
    balance?.value?.trim() === "leastconn" &&
    draft.get(name, "x-instar.balance") === null &&
    !variablesOf(service).has("BALANCE")
  )
    draft.set(name, "x-instar.balance", madeText(balance.node, "leastconn"));
}

/** Cookies are read in HTTP: a service with a port that may be TCP cannot have them (INS1044 at `up`). */
export function writeStickies(draft: Draft, services: Iterable<OldService>): void {
  for (const service of services) {
    const sticky = draft.get(service.name, "x-instar.sticky");
    if (sticky === null) continue;
    const domainPort = draft.get(service.name, "x-instar.port");
    const other = itemsOf(draft.get(service.name, "ports")).find(
      (item) => !isHttp(item, domainPort === null ? null : Number(textOf(domainPort))),
    );
    if (other === undefined) continue;
    draft.remove(service.name, "x-instar.sticky");
    draft.note(
      sticky,
      service.name,
      "environment.COOKIE",
      "environment",
      "the service has a port in TCP too, where no cookie is read: give that port to a service of its own",
    );
  }
}

/** A path is asked at a port (INS1004 at `up` without any): where the new file has none, at the one that the proxy sent to. */
export function writeProbePorts(draft: Draft, services: Iterable<OldService>): void {
  for (const service of services) {
    const { name } = service;
    const path = draft.get(name, "x-instar.ready.http");
    const known =
      draft.get(name, "x-instar.port") !== null ||
      itemsOf(draft.get(name, "expose")).length > 0 ||
      itemsOf(draft.get(name, "ports")).some((item) => item.kind === "map" || readPort(item)?.protocol === "tcp");
    if (path === null || known) continue;
    const { port, note } = httpPort(service);
    draft.set(name, "x-instar.ready.port", madeScalar(path, port));
    if (note !== null) draft.note(path, name, "environment.HTTP_CHECK", "x-instar.ready.port", note);
  }
}

function isHttp(item: Node, domainPort: number | null): boolean {
  if (item.kind === "map")
    return item.entries.get("app_protocol")?.value.kind === "scalar" && textOf(item.entries.get("app_protocol")?.value ?? item) === "http";
  const port = readPort(item);
  return port !== null && (port.protocol === "udp" || port.target === 80 || port.target === 8080 || port.target === domainPort);
}
