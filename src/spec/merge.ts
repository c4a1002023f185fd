import { type Entry, isNull, join, type ListNode, type MapNode, type Node, plain, type ScalarNode } from "./node.ts";

/** Compose's rules for several files (Compose Specification, "Merge"), on positioned values: what stays keeps the place it came from. */

type Form = "replace" | "pairs" | "names" | "networks" | "dependencies" | "build" | "logging" | "texts" | "mounts";

/** Keys whose values do not merge the plain way (mappings key by key, lists one after the other, the rest replaced). */
const FORMS: Readonly<Record<string, Form>> = {
  "services.*.annotations": "pairs",
  "services.*.build": "build",
  "services.*.build.args": "pairs",
  "services.*.build.labels": "pairs",
  "services.*.command": "replace",
  "services.*.depends_on": "dependencies",
  "services.*.deploy.labels": "pairs",
  "services.*.dns": "texts",
  "services.*.dns_search": "texts",
  "services.*.entrypoint": "replace",
  "services.*.env_file": "texts",
  "services.*.environment": "pairs",
  "services.*.healthcheck.test": "replace",
  "services.*.labels": "pairs",
  "services.*.logging": "logging",
  "services.*.networks": "networks",
  "services.*.sysctls": "pairs",
  "services.*.tmpfs": "texts",
  "services.*.volumes": "mounts",
  "services.*.x-instar.ready": "replace",
  "services.*.x-instar.strategy": "replace",
  "networks.*.labels": "pairs",
  "volumes.*.labels": "pairs",
};

/** Files in the order of `-f`: later ones win. `!reset` takes a key away, `!override` replaces instead of merging. */
export function mergeFiles(trees: readonly MapNode[]): MapNode {
  const [first, ...rest] = trees as readonly [MapNode, ...MapNode[]];
  return rest.reduce((base, over) => mergeMaps(base, over, ""), withoutResets(first));
}

/** A file as the schema may see it: the value of a `!reset` is nobody's business. */
export function withoutResets<T extends Node>(node: T): T {
  if (node.kind === "list") return { ...node, items: node.items.map(withoutResets) };
  if (node.kind !== "map") return node;
  const kept = [...node.entries].filter(([, { value }]) => value.tag !== "reset");
  return { ...node, entries: new Map(kept.map(([key, entry]): [string, Entry] => [key, { ...entry, value: withoutResets(entry.value) }])) };
}

function mergeMaps(base: MapNode, over: MapNode, path: string): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    if (entry.value.tag === "reset") {
      entries.delete(key);
      continue;
    }
    const before = entries.get(key);
    const here = inner(path, key);
    const value =
      before === undefined || entry.value.tag === "override" ? withoutResets(entry.value) : mergeValues(before.value, entry.value, here);
    entries.set(key, { ...entry, value });
  }
  return { ...over, entries };
}

/** Names of services, networks and volumes, and indexes, are `*` in `FORMS`. */
const inner = (path: string, key: string): string =>
  path === "services" || path === "networks" || path === "volumes" ? `${path}.*` : join(path, key);

function mergeValues(base: Node, over: Node, path: string): Node {
  if (isNull(over)) return base;
  const form = FORMS[path];
  switch (form) {
    case "replace":
      return over;
    case "pairs":
      return both(base, over, path, (node) => toMap(node, pairEntry));
    case "networks":
      return both(base, over, path, (node) => toMap(node, (item) => [item.text, nothing(item)]));
    case "dependencies":
      return both(base, over, path, (node) => toMap(node, (item) => [item.text, single(item, "condition", "service_started")]));
    case "build":
      return both(base, over, path, (node) =>
        node.kind === "scalar" && typeof node.value === "string" ? single(node, "context", node.text) : node,
      );
    case "logging":
      return driverOf(base) === driverOf(over) || driverOf(over) === null ? both(base, over, path, (node) => node) : over;
    case "texts":
      return append(toList(base), toList(over), identity);
    case "mounts":
      return base.kind === "list" && over.kind === "list" ? append(base, over, mountTarget) : over;
    default:
      if (base.kind === "list" && over.kind === "list") return append(base, over, identity);
      return both(base, over, path, (node) => node);
  }
}

function both(base: Node, over: Node, path: string, form: (node: Node) => Node): Node {
  const [a, b] = [form(base), form(over)];
  return a.kind === "map" && b.kind === "map" ? mergeMaps(a, b, path) : over;
}

/** One list after the other; an item with the key of an earlier one takes its place. */
function append(base: ListNode, over: ListNode, key: (node: Node) => string): ListNode {
  const items = new Map(base.items.map((item) => [key(item), item]));
  for (const item of over.items) items.set(key(item), item);
  return { ...over, items: [...items.values()] };
}

const identity = (node: Node): string => (node.kind === "scalar" ? node.text : JSON.stringify(plain(node)));

function mountTarget(node: Node): string {
  if (node.kind === "map") {
    const target = node.entries.get("target")?.value;
    return target?.kind === "scalar" ? target.text : identity(node);
  }
  const [source = "", target] = identity(node).split(":");
  return target ?? source;
}

const toList = (node: Node): ListNode =>
  node.kind === "list" ? node : { kind: "list", at: node.at, path: node.path, tag: node.tag, items: [node] };

function toMap(node: Node, entry: (item: ScalarNode) => readonly [string, Node]): Node {
  if (node.kind !== "list") return node;
  const entries = node.items.flatMap((item): [string, Entry][] => {
    if (item.kind !== "scalar") return [];
    const [key, value] = entry(item);
    return [[key, { key, at: item.at, value }]];
  });
  return { kind: "map", at: node.at, path: node.path, tag: node.tag, entries: new Map(entries) };
}

function pairEntry(item: ScalarNode): readonly [string, Node] {
  const equals = item.text.indexOf("=");
  if (equals < 0) return [item.text, nothing(item)];
  const value = item.text.slice(equals + 1);
  return [item.text.slice(0, equals), { ...item, value, text: value }];
}

const nothing = (item: ScalarNode): ScalarNode => ({ ...item, value: null, text: "" });

const single = (item: ScalarNode, key: string, text: string): MapNode => ({
  kind: "map",
  at: item.at,
  path: item.path,
  tag: null,
  entries: new Map([[key, { key, at: item.at, value: { ...item, value: text, text } }]]),
});

function driverOf(node: Node): string | null {
  const driver = node.kind === "map" ? node.entries.get("driver")?.value : undefined;
  return driver?.kind === "scalar" ? driver.text : null;
}
