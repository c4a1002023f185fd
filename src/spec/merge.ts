import { asHosts, asList, asMap, network, pair, single, startedDependency } from "./forms.ts";
import { type Entry, fail, isNull, join, type ListNode, type MapNode, type Node } from "./node.ts";

/** Compose's rules for several files (Compose Specification, "Merge"), on positioned values: what stays keeps the place it came from. */

type Form = "replace" | "pairs" | "networks" | "dependencies" | "build" | "logging" | "texts" | "hosts" | "pools" | "settings";

/**
 * Keys whose values do not merge the plain way: mappings key by key, lists one after the other, the rest replaced. What of a list
 * takes an earlier item's place is decided by `unique.ts` afterwards.
 */
const FORMS: Readonly<Record<string, Form>> = {
  "services.*.annotations": "pairs",
  "services.*.build": "build",
  "services.*.build.additional_contexts": "pairs",
  "services.*.build.args": "pairs",
  "services.*.build.extra_hosts": "hosts",
  "services.*.build.labels": "pairs",
  "services.*.command": "replace",
  "services.*.depends_on": "dependencies",
  "services.*.deploy.labels": "pairs",
  "services.*.dns": "texts",
  "services.*.dns_opt": "texts",
  "services.*.dns_search": "texts",
  "services.*.entrypoint": "replace",
  "services.*.env_file": "texts",
  "services.*.environment": "pairs",
  "services.*.extra_hosts": "hosts",
  "services.*.healthcheck.test": "replace",
  "volumes.*.x-instar.freeze.command": "replace",
  "volumes.*.x-instar.freeze.thaw": "replace",
  "services.*.label_file": "texts",
  "services.*.labels": "pairs",
  "services.*.logging": "logging",
  "services.*.networks": "networks",
  "services.*.sysctls": "pairs",
  "services.*.tmpfs": "texts",
  "services.*.ulimits.*": "replace",
  "services.*.x-instar.autoredeploy": "settings",
  "services.*.x-instar.ready": "replace",
  "services.*.x-instar.strategy": "replace",
  "services.*.x-instar.verify": "settings",
  "x-instar.verify": "settings",
  "configs.*.labels": "pairs",
  "networks.*.ipam.config": "pools",
  "networks.*.labels": "pairs",
  "secrets.*.labels": "pairs",
  "volumes.*.labels": "pairs",
};

/** Sections whose keys are names; under them a name is `*` in `FORMS`. */
const NAMED = new Set(["services", "networks", "volumes", "secrets", "configs", "services.*.ulimits"]);

interface Mode {
  /** `extends`: tags stay, for they hold against the files before as well. */
  readonly keepsTags: boolean;
}

/** The later file wins. `!reset` takes a key away, `!override` replaces instead of merging. Raises INS1004 for values that do not fit together. */
export const mergeTrees = (base: MapNode, over: MapNode): MapNode => mergeMaps(base, over, "", { keepsTags: false });

/** A service over the one it extends. */
export const mergeServices = (base: MapNode, over: MapNode): MapNode => mergeMaps(base, over, "services.*", { keepsTags: true });

/** A file as the schema may see it: the value of a `!reset` is nobody's business. */
export const withoutResets = <T extends Node>(node: T): T => (hasTags(node) ? untagged(node) : node);

/** Most files have none, and need no copy then. */
const hasTags = (node: Node): boolean => {
  if (node.tag !== null) return true;
  if (node.kind === "list") return node.items.some(hasTags);
  if (node.kind === "map") for (const { value } of node.entries.values()) if (hasTags(value)) return true;
  return false;
};

function untagged<T extends Node>(node: T): T {
  if (node.kind === "list") return { ...node, items: node.items.map(untagged) };
  if (node.kind !== "map") return node;
  const kept = [...node.entries].filter(([, { value }]) => value.tag !== "reset");
  return { ...node, entries: new Map(kept.map(([key, entry]): [string, Entry] => [key, { ...entry, value: untagged(entry.value) }])) };
}

/** A file of several, as the schema may see it alone: a key that says nothing (`user:`) may keep what another file says. */
export function withoutGaps<T extends Node>(node: T): T {
  if (node.kind === "list") return { ...node, items: node.items.map(withoutGaps) };
  if (node.kind !== "map") return node;
  const kept = [...node.entries].filter(([, { value }]) => value.tag !== "reset" && !isNull(value));
  return { ...node, entries: new Map(kept.map(([key, entry]): [string, Entry] => [key, { ...entry, value: withoutGaps(entry.value) }])) };
}

function mergeMaps(base: MapNode, over: MapNode, path: string, mode: Mode): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const tagged = entry.value.tag !== null;
    if (entry.value.tag === "reset") entries.delete(key);
    if (tagged && mode.keepsTags) entries.set(key, entry);
    if (entry.value.tag === "reset") continue;
    const before = entries.get(key);
    const own = key.startsWith("x-") && key !== "x-instar";
    const value =
      before === undefined || tagged || own
        ? mode.keepsTags
          ? entry.value
          : withoutResets(entry.value)
        : mergeValues(before.value, entry.value, NAMED.has(path) ? `${path}.*` : join(path, key), mode);
    entries.set(key, { ...entry, value });
  }
  return { ...over, entries };
}

function mergeValues(base: Node, over: Node, path: string, mode: Mode): Node {
  const both = (form: (node: Node) => Node): Node => {
    const [a, b] = [form(base), form(over)];
    return a.kind === "map" && b.kind === "map" ? mergeMaps(a, b, path, mode) : plainly(a, b, path, mode);
  };
  const form = FORMS[path];
  if (form === "replace") return over;
  if (isNull(over)) return base;
  switch (form) {
    case "pairs":
      return replaceKeys(asMap(base, pair), asMap(over, pair), path, mode);
    case "networks":
      return both((node) => asMap(node, network));
    case "dependencies":
      return both((node) => asMap(node, startedDependency));
    case "build":
      return both((node) => (node.kind === "scalar" && !isNull(node) ? single(node, { context: node.text }) : node));
    case "logging":
      return driverOf(base) === driverOf(over) || driverOf(over) === null || driverOf(base) === null ? both((node) => node) : over;
    case "texts":
      return append(asList(base), asList(over));
    case "hosts":
      return append(asHosts(base), asHosts(over));
    case "pools":
      return mergePools(base, over, path, mode);
    case "settings":
      // A word, `off` or `same-tag`, is all that is said; in its place a mapping is too.
      return base.kind === "map" && over.kind === "map" ? mergeMaps(base, over, path, mode) : over;
    default:
      return plainly(base, over, path, mode);
  }
}

function plainly(base: Node, over: Node, path: string, mode: Mode): Node {
  if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, path, mode);
  if (base.kind === "list" && over.kind === "list") return append(base, over);
  if (base.kind === "scalar") return over;
  const words = base.kind === "map" ? "a mapping" : "a list";
  return fail(
    "INS1004",
    over,
    `it cannot be merged with ${words} at ${base.at.file}:${base.at.line}`,
    "write both in the same form, or replace the first with !override",
  );
}

/** A key alone (`KEY:`) takes the place of a value: it stands for the caller's variable. */
function replaceKeys(base: Node, over: Node, path: string, mode: Mode): Node {
  if (base.kind !== "map" || over.kind !== "map") return plainly(base, over, path, mode);
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    if (entry.value.tag === "reset" && !mode.keepsTags) entries.delete(key);
    else entries.set(key, entry);
  }
  return { ...over, entries };
}

const append = (base: ListNode, over: ListNode): ListNode => ({ ...over, items: [...base.items, ...over.items] });

/** `ipam.config`: blocks of one subnet are one. */
function mergePools(base: Node, over: Node, path: string, mode: Mode): Node {
  if (base.kind !== "list" || over.kind !== "list") return plainly(base, over, path, mode);
  const items = [...base.items];
  for (const item of over.items) {
    const index = items.findIndex((other) => subnetOf(other) === subnetOf(item));
    const before = items[index];
    if (before?.kind === "map" && item.kind === "map") items[index] = mergeMaps(before, item, `${path}.*`, mode);
    else items.push(item);
  }
  return { ...over, items };
}

const textUnder = (node: Node, key: string): string | null => {
  const value = node.kind === "map" ? node.entries.get(key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : null;
};
const subnetOf = (node: Node): string | null => textUnder(node, "subnet");
const driverOf = (node: Node): string | null => textUnder(node, "driver");
