import { claimsOf } from "./clash.ts";
import { isAddress, show } from "./names.ts";
import { fail, type MapNode, type Node } from "./node.ts";
import { notice, type Scene } from "./scene.ts";
import type { PortSpec } from "./types.ts";
import { byText, integer, list, oneOf, optional, text } from "./values.ts";

const APP_PROTOCOLS = ["http", "h2c", "grpc", "https", "tcp"] as const;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** `ports:` in its short and long forms (Compose Specification, services, ports); ranges become one entry per port. */
export function readPorts(scene: Scene, service: string, node: Node): PortSpec[] {
  const found: PortSpec[] = [];
  for (const item of list(node).items) {
    for (const port of item.kind === "map" ? long(scene, item) : short(scene, item)) {
      for (const claim of claimsOf(service, { ports: [port], domains: [] })) scene.claims.push({ ...claim, at: item.at });
      found.push(port);
    }
  }
  return found.sort(
    (a, b) =>
      (a.published ?? 0) - (b.published ?? 0) ||
      a.target - b.target ||
      byText(a.protocol, b.protocol) ||
      byText(a.hostIp ?? "", b.hostIp ?? ""),
  );
}

function short(scene: Scene, node: Node): PortSpec[] {
  const written = text(node);
  const [ports = "", protocolWord = "tcp", ...more] = written.split("/");
  if (more.length > 0) return malformed(node);
  const bracket = /^\[([0-9A-Fa-f:.]+)\]:(.*)$/.exec(ports);
  const parts = (bracket?.[2] ?? ports).split(":");
  const target = parts.pop() ?? "";
  const published = parts.pop() ?? "";
  const host = bracket?.[1] ?? (parts.length > 0 ? parts.join(":") : null);
  if (bracket !== null && parts.length > 0) return malformed(node);
  const targets = range(target) ?? malformed(node);
  const sources = published === "" ? null : (range(published) ?? malformed(node));
  const protocol = protocolOf(node, protocolWord);
  if (sources !== null && sources.last - sources.first !== targets.last - targets.first) return unequal(node);
  spend(scene, node, targets);
  return spread(targets, sources, {
    protocol,
    mode: protocol === "udp" ? "host" : "ingress",
    hostIp: address(node, host),
    appProtocol: null,
  });
}

function long(scene: Scene, node: MapNode): PortSpec[] {
  const target = optional(node, "target", (value) => integer(value, 1, 65535), null);
  if (target === null) return fail("INS1004", node, "needs the key target", "write the container's port under target:");
  const protocol = protocolOf(node, optional(node, "protocol", text, "tcp"));
  const mode = optional(node, "mode", (value) => oneOf(value, ["ingress", "host"]), "ingress");
  const written = optional(node, "published", text, "");
  const published = written === "" || written === "0" ? null : (range(written) ?? malformed(node));
  if (published !== null && published.first !== published.last) return unequal(node);
  const hostIp = address(node, optional(node, "host_ip", text, null));
  const appProtocol = optional(node, "app_protocol", (value) => appProtocolOf(scene, value), null);
  return spread({ first: target, last: target }, published, { protocol, mode: protocol === "udp" ? "host" : mode, hostIp, appProtocol });
}

function spread(targets: Range, published: Range | null, rest: Omit<PortSpec, "published" | "target">): PortSpec[] {
  return Array.from({ length: targets.last - targets.first + 1 }, (_, index) => ({
    published: published === null ? null : published.first + index,
    target: targets.first + index,
    ...rest,
  }));
}

export const MAX_PORTS = 20_000;

function spend(scene: Scene, node: Node, ports: Range): void {
  scene.portsLeft -= ports.last - ports.first + 1;
  if (scene.portsLeft < 0) fail("INS1012", node, `the file names more than ${MAX_PORTS} ports`, "publish fewer ports");
}

/** `8080` or `8080-8090`; null when it is neither. */
export function range(written: string): Range | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && last <= 65535 && first <= last ? { first, last } : null;
}

const malformed = (node: Node): never =>
  fail(
    "INS1004",
    node,
    "this is not a port",
    'write "8080:80", "127.0.0.1:8080:80", "8000-8002:80-82", "80" or "53:53/udp", with ports from 1 to 65535',
  );

const unequal = (node: Node): never =>
  fail(
    "INS1006",
    node,
    "a range of host ports for one container port is not supported: instances stand behind one port",
    "publish one port, or as many as there are container ports",
  );

function protocolOf(node: Node, word: string): "tcp" | "udp" {
  const protocol = word.toLowerCase();
  if (protocol === "tcp" || protocol === "udp") return protocol;
  return fail(protocol === "sctp" ? "INS1006" : "INS1004", node, `the protocol ${show(word)} cannot be routed`, "use tcp or udp");
}

function address(node: Node, written: string | null): string | null {
  if (written === null || written === "") return null;
  const bare = written.replace(/^\[(.*)\]$/, "$1");
  if (!isAddress(bare) || bare.includes("%")) return fail("INS1014", node, `${show(written)} is not an IP address`);
  return bare.toLowerCase();
}

function appProtocolOf(scene: Scene, node: Node): PortSpec["appProtocol"] {
  const word = text(node).toLowerCase();
  const known = APP_PROTOCOLS.find((protocol) => protocol === word);
  if (known !== undefined) return known;
  notice(scene, "app-protocol", node, `${show(word)} is routed as plain tcp; the protocols known are ${APP_PROTOCOLS.join(", ")}`);
  return "tcp";
}

/** `expose:` takes ports and ranges; the protocol may be given and is tcp for the router. */
export function readExpose(scene: Scene, node: Node): number[] {
  const found = new Set<number>();
  for (const item of list(node).items) {
    const ports =
      range(text(item).replace(/\/(tcp|udp)$/, "")) ?? fail("INS1004", item, "this is not a port", 'write "8080" or "8080-8090"');
    spend(scene, item, ports);
    for (let port = ports.first; port <= ports.last; port++) found.add(port);
  }
  return [...found].sort((a, b) => a - b);
}
