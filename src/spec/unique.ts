import { posix } from "node:path";
import { textNode } from "./forms.ts";
import { type Entry, type ListNode, type MapNode, type Node, plain } from "./node.ts";
import { MAX_PORTS, splitPort } from "./ports.ts";
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
  const service = (node: Node): Node =>
    lists(node, SERVICE, notices, {
      build: (build) => lists(build, BUILD, notices),
      deploy: (deploy) => lists(deploy, { labels: word }, notices),
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

/** Ranges as single ports, so that one of them can be replaced. */
function spreadOut(list: ListNode): ListNode {
  let left = MAX_PORTS;
  const items = list.items.flatMap((item): Node[] => {
    const parts = item.kind === "scalar" ? splitPort(item.text) : null;
    const [first = "", last] = parts?.target.split("-") ?? [];
    const [from = "", to] = parts?.published.split("-") ?? [];
    const size = Number(last) - Number(first);
    if (parts === null || last === undefined || !(size > 0) || (from !== "" && Number(to) - Number(from) !== size)) return [item];
    left -= size + 1;
    if (left < 0) return [item];
    const host = parts.host === "" ? "" : `${parts.host.includes(":") ? `[${parts.host}]` : parts.host}:`;
    return Array.from({ length: size + 1 }, (_, index) => {
      const published = from === "" ? (host === "" ? "" : ":") : `${Number(from) + index}:`;
      return textNode(item, `${host}${published}${Number(first) + index}/${parts.protocol}`);
    });
  });
  return items.length === list.items.length ? list : { ...list, items };
}
