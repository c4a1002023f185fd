import { BlockList, isIP } from "node:net";
import { claimsOf } from "./clash.ts";
import { show } from "./names.ts";
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

interface PortParts {
  /** Empty when none is given. */
  readonly host: string;
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

/** `127.0.0.1:8000-8002:80-82/tcp` in its parts, unchecked; null when it has too many of them. */
export function splitPort(written: string): PortParts | null {
  const [ports = "", protocol = "tcp", ...more] = written.split("/");
  const bracket = /^\[([0-9A-Fa-f:.]+)\]:(.*)$/.exec(ports);
  const parts = (bracket?.[2] ?? ports).split(":");
  const target = parts.pop() ?? "";
  const published = parts.pop() ?? "";
  if (more.length > 0 || (bracket !== null && parts.length > 0)) return null;
  return { host: bracket?.[1] ?? parts.join(":"), published, target, protocol: protocol.toLowerCase() };
}

function short(scene: Scene, node: Node): PortSpec[] {
  const parts = splitPort(text(node)) ?? malformed(node);
  const targets = range(parts.target) ?? malformed(node);
  const sources = parts.published === "" ? null : (range(parts.published) ?? malformed(node));
  const protocol = protocolOf(node, parts.protocol);
  spend(scene, node, targets);
  return spread(targets, sources === null ? null : fitting(scene, node, sources, targets), {
    protocol,
    mode: protocol === "udp" ? "host" : "ingress",
    hostIp: address(node, parts.host),
    appProtocol: null,
  });
}

/** As many host ports as container ports. Of a range for one port Compose takes whichever is free; the router takes the first. */
function fitting(scene: Scene, node: Node, sources: Range, targets: Range): Range {
  if (sources.last - sources.first === targets.last - targets.first) return sources;
  if (targets.first !== targets.last) return unequal(node);
  notice(scene, "port-range", node, `all instances stand behind one port: ${sources.first} of the range is used`);
  return { first: sources.first, last: sources.first };
}

function long(scene: Scene, node: MapNode): PortSpec[] {
  const target = optional(node, "target", (value) => integer(value, 1, 65535), null);
  if (target === null) return fail("INS1004", node, "needs the key target", "write the container's port under target:");
  const protocol = protocolOf(node, optional(node, "protocol", text, "tcp"));
  const mode = optional(node, "mode", (value) => oneOf(value, ["ingress", "host"]), "ingress");
  const written = optional(node, "published", text, "");
  const single = { first: target, last: target };
  const published = written === "" || written === "0" ? null : fitting(scene, node, range(written) ?? malformed(node), single);
  const hostIp = optional(node, "host_ip", (value) => address(value, text(value)), null);
  const appProtocol = optional(node, "app_protocol", (value) => appProtocolOf(scene, value), null);
  return spread(single, published, { protocol, mode: protocol === "udp" ? "host" : mode, hostIp, appProtocol });
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
  fail("INS1004", node, "the ranges are not of the same length", "publish as many ports as there are container ports, or one");

function protocolOf(node: Node, word: string): "tcp" | "udp" {
  const protocol = word.toLowerCase();
  if (protocol === "tcp" || protocol === "udp") return protocol;
  return fail(protocol === "sctp" ? "INS1006" : "INS1004", node, `the protocol ${show(word)} cannot be routed`, "use tcp or udp");
}

function address(node: Node, written: string): string | null {
  if (written === "") return null;
  const bare = written.replace(/^\[(.*)\]$/, "$1");
  if (isHostIp(bare)) return bare.toLowerCase();
  return isIP(bare) === 0 || bare.includes("%")
    ? fail("INS1014", node, `${show(written)} is not an IP address`)
    : fail(
        "INS1014",
        node,
        `no listener can have ${show(written)}`,
        "write an IPv4 address as such, 10.0.0.1, and an IPv6 one without dots",
      );
}

/** `::ffff:10.0.0.1` names a connection's peer; a listener of either family is refused it. */
const MAPPED = new BlockList();
MAPPED.addSubnet("::ffff:0:0", 96, "ipv6");

/** An address that a listener of the router can have. */
export const isHostIp = (address: string): boolean =>
  isIP(address) === 4 || (isIP(address) === 6 && !/[.%]/.test(address) && !MAPPED.check(address, "ipv6"));

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
