import { posix } from "node:path";
import { textNode } from "./forms.ts";
import { type Entry, fail, type ListNode, type MapNode, type Node, plain } from "./node.ts";
import { MAX_PORTS, range, splitPort } from "./ports.ts";
import type { Notice } from "./types.ts";

/** What makes two items of a list one and the same (Compose Specification, "Merge", unique resources); null: the item is let be. */
type KeyOf = (item: Node) => string | null;

const word: KeyOf = (item) => (item.kind === "scalar" ? (item.text.split("=", 1)[0] ?? "") : null);
const whole: KeyOf = (item) => (item.kind === "scalar" ? item.text : null);

const under = (item: Node, key: string): string | null => {
  const value = item.kind === "map" ? item.entries.get(key)?.value : undefined;
  return value?.kind === "scalar" && value.value !== null ? value.text : null;
};

const clean = (path: string | null): string | null => (path === null ? null : posix.normalize(path).replace(/(.)\/$/, "$1"));

const mountTarget: KeyOf = (item) => {
  if (item.kind !== "scalar") return clean(under(item, "target"));
  const [source = "", target] = item.text.split(":");
  return clean(target ?? source);
};

const deviceTarget: KeyOf = (item) => {
  if (item.kind !== "scalar") return under(item, "target");
  const [source = "", target] = item.text.split(":");
  return target ?? source;
};

const fileTarget =
  (folder: string): KeyOf =>
  (item) =>
    item.kind === "scalar" ? `${folder}/${item.text}` : (under(item, "target") ?? `${folder}/${under(item, "source") ?? ""}`);

const envFile: KeyOf = (item) => (item.kind === "scalar" ? item.text : under(item, "path"));

const hostLine: KeyOf = (item) => (item.kind === "scalar" ? item.text : null);

const port: KeyOf = (item) => {
  if (item.kind !== "map") {
    const parts = item.kind === "scalar" ? splitPort(item.text) : null;
    return parts === null ? null : `${parts.host || "0.0.0.0"}:${parts.published}:${parts.target}/${parts.protocol}`;
  }
  const target = under(item, "target");
  if (target === null) return null;
  return `${under(item, "host_ip") ?? "0.0.0.0"}:${under(item, "published") ?? ""}:${target}/${under(item, "protocol") ?? "tcp"}`;
};

/** What the router takes for one and the same, whatever the weight. */
const domainName: KeyOf = (item) => {
  const written = item.kind === "scalar" ? item.text : under(item, "domain");
  if (written === null) return null;
  const slash = written.indexOf("/");
  return slash < 0 ? written.toLowerCase() : `${written.slice(0, slash).toLowerCase()}${written.slice(slash).replace(/\/$/, "")}`;
};

const SERVICE: Readonly<Record<string, KeyOf>> = {
  annotations: word,
  cap_add: word,
  cap_drop: word,
  configs: fileTarget(""),
  devices: deviceTarget,
  dns: word,
  dns_opt: word,
  dns_search: word,
  env_file: envFile,
  environment: word,
  expose: whole,
  extra_hosts: hostLine,
  labels: word,
  links: word,
  ports: port,
  profiles: word,
  secrets: fileTarget("/run/secrets"),
  sysctls: word,
  tmpfs: word,
  volumes: mountTarget,
};
const BUILD: Readonly<Record<string, KeyOf>> = { args: word, additional_contexts: word, extra_hosts: hostLine, labels: word, tags: word };

/** One item of each key per list: the last, in the place of the first. Within one file a notice says which one is lost. */
export function unique(root: MapNode, notices: Notice[]): MapNode {
  boundPorts(root);
  const service = (node: Node): Node =>
    lists(node, SERVICE, notices, {
      build: (build) => lists(build, BUILD, notices),
      deploy: (deploy) => lists(deploy, { labels: word }, notices),
      "x-instar": (own) => lists(own, { domains: domainName }, notices),
      networks: (networks) => each(networks, (one) => lists(one, { aliases: word, link_local_ips: word }, notices)),
    });
  return lists(root, {}, notices, { services: (services) => each(services, service) }) as MapNode;
}

function lists(
  node: Node,
  keys: Readonly<Record<string, KeyOf>>,
  notices: Notice[],
  deeper: Readonly<Record<string, (node: Node) => Node>> = {},
): Node {
  if (node.kind !== "map") return node;
  let changed: Map<string, Entry> | null = null;
  for (const [key, entry] of node.entries) {
    const keyOf = Object.hasOwn(keys, key) ? keys[key] : undefined;
    const inner = Object.hasOwn(deeper, key) ? deeper[key] : undefined;
    const value =
      keyOf !== undefined && entry.value.kind === "list" && entry.value.items.length > 1
        ? onePerKey(key === "ports" ? spreadOut(entry.value) : entry.value, keyOf, notices)
        : (inner?.(entry.value) ?? entry.value);
    if (value === entry.value) continue;
    changed ??= new Map(node.entries);
    changed.set(key, { ...entry, value });
  }
  return changed === null ? node : { ...node, entries: changed };
}

function each(node: Node, change: (value: Node) => Node): Node {
  if (node.kind !== "map") return node;
  const changed = [...node.entries].map(([key, entry]): [string, Entry] => [key, { ...entry, value: change(entry.value) }]);
  return { ...node, entries: new Map(changed) };
}

function onePerKey(list: ListNode, keyOf: KeyOf, notices: Notice[]): ListNode {
  const items = new Map<string, Node>();
  for (const [index, item] of list.items.entries()) {
    const key = keyOf(item) ?? `#${index}`;
    const before = items.get(key);
    if (before !== undefined && before.at.file === item.at.file && JSON.stringify(plain(before)) !== JSON.stringify(plain(item)))
      notices.push({
        code: "repeated",
        message: `${item.path}: takes the place of the one on line ${before.at.line}: both are ${JSON.stringify(key)}`,
        at: item.at,
      });
    items.set(key, item);
  }
  return items.size === list.items.length ? list : { ...list, items: [...items.values()] };
}

/** A range of a few letters can stand for 65,535 ports: they are counted before any is written out. */
function boundPorts(root: MapNode): void {
  const services = root.entries.get("services")?.value;
  let left = MAX_PORTS;
  for (const { value } of services?.kind === "map" ? services.entries.values() : []) {
    const ports = value.kind === "map" ? value.entries.get("ports")?.value : undefined;
    for (const item of ports?.kind === "list" ? ports.items : []) {
      left -= item.kind === "scalar" ? 1 + widthOf(splitPort(item.text)?.target ?? "") : 1;
      if (left < 0) fail("INS1012", item, `the file names more than ${MAX_PORTS} ports`, "publish fewer ports");
    }
  }
}

/** How many more ports than one a range stands for. */
function widthOf(written: string): number {
  const ports = range(written);
  return ports === null ? 0 : ports.last - ports.first;
}

/** Ranges as single ports, so that one of them can be replaced. */
function spreadOut(list: ListNode): ListNode {
  const items = list.items.flatMap((item): Node[] => {
    const parts = item.kind === "scalar" ? splitPort(item.text) : null;
    const size = parts === null ? 0 : widthOf(parts.target);
    const [targets, sources] = parts === null ? [null, null] : [range(parts.target), range(parts.published)];
    if (parts === null || targets === null || size === 0 || (parts.published !== "" && widthOf(parts.published) !== size)) return [item];
    const host = parts.host === "" ? "" : `${parts.host.includes(":") ? `[${parts.host}]` : parts.host}:`;
    return Array.from({ length: size + 1 }, (_, index) => {
      const published = sources === null ? (host === "" ? "" : ":") : `${sources.first + index}:`;
      return textNode(item, `${host}${published}${targets.first + index}/${parts.protocol}`);
    });
  });
  return items.length === list.items.length ? list : { ...list, items };
}
