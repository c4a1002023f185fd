import { isAddress, isHostname, show } from "./names.ts";
import { fail, type MapNode, type Node } from "./node.ts";
import { byText, list, optional, text, texts } from "./values.ts";

/** How an instance finds others by name. */
export interface HostKeys {
  /** `name:address`; the address may be `host-gateway`. */
  readonly extraHosts?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly domainname?: string;
}

export function readHosts(service: MapNode): { readonly [K in keyof HostKeys]?: HostKeys[K] | undefined } {
  const words = (node: Node): string[] => texts(node).map(({ value, node: item }) => plainWord(value, item));
  return {
    extraHosts: optional(service, "extra_hosts", readExtraHosts, []),
    dns: optional(service, "dns", (node) => texts(node).map(readServer), []),
    dnsOptions: optional(service, "dns_opt", words, []),
    dnsSearch: optional(service, "dns_search", words, []),
    domainname: optional(service, "domainname", (node) => plainWord(text(node), node), undefined),
  };
}

const plainWord = (value: string, node: Node): string =>
  /^[^\s\p{Cc}]{1,253}$/u.test(value) ? value : fail("INS1004", node, `${show(value)} cannot be used`, "write one word");

const readServer = ({ value, node }: { readonly value: string; readonly node: Node }): string =>
  isAddress(value) ? value : fail("INS1004", node, `${show(value)} is not an IP address`);

/**
 * `name:address`, `name=address`, `name=[::1]`, or a mapping of names to one or several addresses. Sorted by name, for only the
 * order among a name's own addresses means something.
 */
export function readExtraHosts(node: Node): string[] {
  const nameOf = (line: string): string => line.slice(0, line.indexOf(":"));
  return linesOf(node).sort((a, b) => byText(nameOf(a), nameOf(b)));
}

function linesOf(node: Node): string[] {
  if (node.kind !== "map") return list(node).items.map((item) => entry(...split(text(item)), item));
  return [...node.entries.values()].flatMap(({ key, value }) =>
    texts(value).map(({ value: address, node: item }) => entry(key, address, item)),
  );
}

function split(line: string): [string, string] {
  const cut = /[:=]/.exec(line)?.index ?? line.length;
  return [line.slice(0, cut).trim(), line.slice(cut + 1).trim()];
}

function entry(name: string, written: string, node: Node): string {
  const address = /^\[.*\]$/.test(written) ? written.slice(1, -1) : written;
  if (!isHostname(name) || !(isAddress(address) || address === "host-gateway"))
    return fail("INS1004", node, `${show(`${name}:${written}`)} names no host`, "write NAME:ADDRESS; the address may be host-gateway");
  return `${name}:${address}`;
}
