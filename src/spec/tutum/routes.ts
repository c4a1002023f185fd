import { show } from "../names.ts";
import type { Node } from "../node.ts";
import { httpPort, portNumbers } from "./backend-port.ts";
import { writeProbePorts, writeSettings, writeStickies } from "./backend-settings.ts";
import { type Domains, gatherDomains, writeDomains } from "./domains.ts";
import type { Draft } from "./draft.ts";
import { variablesOf } from "./environment.ts";
import { madeMap, madeScalar, madeText } from "./made.ts";
import { itemsOf } from "./old-service.ts";
import { claimed, type OldPort, readPort } from "./ports.ts";
import { inTcp, type OldProxy } from "./proxies.ts";
import { ofProxy } from "./proxy-variables.ts";
import type { Surroundings } from "./surroundings.ts";
import type { OldService } from "./types.ts";
import { textOf } from "./values.ts";

/** Whom a proxy served. */
interface Served {
  readonly services: readonly OldService[];
  /** Those of them that have domains now. The others it did not serve then: VIRTUAL_HOST was for all or none. */
  readonly named: ReadonlySet<OldService>;
}

/** The proxies are left out, and what they served becomes domains and ports of the services they linked to. */
export function writeRoutes(draft: Draft, around: Surroundings): void {
  const seen = new Set<OldService>();
  const domains: Domains = new Map();
  const named = new Set<OldService>();
  const proxies = [...around.proxies.values()];
  for (const proxy of proxies)
    for (const service of servicesOf(proxy, around)) {
      if (seen.has(service)) continue;
      seen.add(service);
      writeSettings(draft, service, proxy);
      if (!inTcp(proxy) && gatherDomains(draft, service, domains)) named.add(service);
    }
  for (const proxy of proxies) {
    const services = servicesOf(proxy, around);
    const served = { services, named: new Set(services.filter((service) => named.has(service) && !inTcp(proxy))) };
    leaveOut(draft, proxy, served);
    for (const item of itemsOf(proxy.service.keys.get("ports")?.value)) placePort(draft, proxy, item, served);
  }
  writeDomains(draft, domains);
  writeStickies(draft, seen);
  writeProbePorts(draft, seen);
}

const servicesOf = ({ backends }: OldProxy, { stack, onHost }: Surroundings): OldService[] =>
  backends.flatMap((name) => (onHost.has(name) ? [] : (stack.get(name) ?? [])));

/** Every key of the proxy is accounted for; where its ports go is said by `placePort`. */
function leaveOut(draft: Draft, { service, variables }: OldProxy, served: Served): void {
  const { name } = service;
  for (const { name: variable, node } of variables.values())
    draft.note(node, name, `environment.${variable}`, null, ofProxy(variable.toUpperCase()));
  for (const key of service.keys.values()) {
    if (key.key === "links") leaveLinks(draft, service, served);
    else if (key.key === "image") draft.note(key, name, key.written, null, "the router is Instar's own, and takes this service's place");
    else if (
      !["ports", "environment"].includes(key.key) ||
      itemsOf(key.value).length === 0 ||
      (key.key === "environment" && variables.size === 0)
    )
      draft.note(key, name, key.written, null, "it goes with the service");
  }
}

function leaveLinks(draft: Draft, { name, keys }: OldService, { services, named }: Served): void {
  const links = keys.get("links");
  if (links === undefined) return;
  const [first, ...others] = services;
  for (const item of itemsOf(links.value)) {
    const target = textOf(item).split(":")[0] ?? "";
    if (!services.some((service) => service.name === target))
      draft.note(item, name, links.written, null, `${show(textOf(item))}: it is no service of this file that the router could send to`);
  }
  const silent = (named.size === 0 ? others : services.filter((service) => !named.has(service))).map((service) => service.name).join(", ");
  const note = (text: string) => draft.note(links, name, links.written, null, text);
  if (first === undefined) note("it served no service of this file");
  else if (named.size > 0)
    note(`what it served has domains of its own now${silent === "" ? "" : `; it sent nothing to ${silent}, without VIRTUAL_HOST`}`);
  else if (silent === "") note(`what it served publishes its ports now: ${first.name}`);
  else
    note(
      `${first.name} publishes its ports now; ${silent} answered there in turn with it: give each a domain, x-instar: { domains: [shop.example] }`,
    );
}

function placePort(draft: Draft, proxy: OldProxy, item: Node, { services, named }: Served): void {
  const out = (text: string) => draft.note(item, proxy.service.name, "ports", null, `${show(textOf(item))}: ${text}`);
  const port = readPort(item);
  const [first] = services;
  if (port === null) return out("give it to the service that answers at it");
  if (port.protocol === "udp") return out("the proxy answered at TCP ports only");
  const tcp = services.find((service) => portNumbers(variablesOf(service).get("TCP_PORTS")).includes(port.target));
  if (tcp !== undefined && !(named.has(tcp) && httpPort(tcp).port === port.target))
    return publish(draft, proxy, { item, port, service: tcp, target: port.target, protocol: "tcp", why: null });
  if (port.target === (portNumbers(proxy.variables.get("STATS_PORT"))[0] ?? 1936))
    return out("instar ps, instar services and the page show what the router does");
  if (!inTcp(proxy)) {
    if (port.target === 443) return out("the router serves plain HTTP: terminate TLS in front of it");
    if (port.target !== 80) return out("the proxy listened on 80, 443 and TCP_PORTS only");
    if (named.size > 0) return out("domains are served on port 80 of every address, or on the daemon's INSTAR_HTTP_PORT");
  }
  if (first === undefined) return out("nothing of this file is served");
  const { port: target, note: why } = httpPort(first);
  publish(draft, proxy, { item, port, service: first, target, protocol: inTcp(proxy) ? "tcp" : "http", why });
}

interface Publishing {
  readonly item: Node;
  readonly port: OldPort;
  readonly service: OldService;
  readonly target: number;
  readonly protocol: "http" | "tcp";
  readonly why: string | null;
}

function publish(draft: Draft, proxy: OldProxy, { item, port, service, target, protocol, why }: Publishing): void {
  const { name } = service;
  const note = (became: string | null, text: string) =>
    draft.note(item, proxy.service.name, "ports", became, `${show(textOf(item))}: ${text}`);
  const other = claimed(draft, name, port);
  if (other !== null) return note(null, `${other.service} has the host port ${other.key} already`);
  const long = madeMap(item, {
    target: madeScalar(item, target),
    ...(port.published === "" ? {} : { published: madeText(item, port.published) }),
    ...(port.hostIp === null ? {} : { host_ip: madeText(item, port.hostIp) }),
    app_protocol: madeText(item, protocol),
  });
  const isPlain = target === 80 && protocol === "http" && port.published !== "" && port.hostIp === null;
  draft.add(name, "ports", isPlain ? madeText(item, `${port.published}:80`) : long);
  note(`${name}.ports`, `the service publishes it, from its port ${target}${why === null ? "" : `; ${why}`}`);
}
