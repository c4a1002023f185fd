import type { Entry, ListNode, MapNode, Node, ScalarNode } from "./node.ts";

/** One form of a value turned into the other, each part keeping its place. */

export const textNode = (where: Node, text: string): ScalarNode => ({
  kind: "scalar",
  at: where.at,
  path: where.path,
  tag: null,
  value: text,
  text,
});

export const nothing = (where: Node): ScalarNode => ({ kind: "scalar", at: where.at, path: where.path, tag: null, value: null, text: "" });

/** A mapping made of texts, standing where `where` stands. */
export function single(where: Node, values: Readonly<Record<string, string | boolean>>): MapNode {
  const entries = Object.entries(values).map(([key, value]): [string, Entry] => [
    key,
    { key, at: where.at, value: { ...textNode(where, String(value)), value } },
  ]);
  return { kind: "map", at: where.at, path: where.path, tag: null, entries: new Map(entries) };
}

export const asList = (node: Node): ListNode =>
  node.kind === "list" ? node : { kind: "list", at: node.at, path: node.path, tag: node.tag, items: [node] };

/** A list of texts as a mapping; what each text stands for is `entry`'s to say. */
export function asMap(node: Node, entry: (item: ScalarNode) => readonly [string, Node]): Node {
  if (node.kind !== "list") return node;
  const entries = node.items.flatMap((item): [string, Entry][] => {
    if (item.kind !== "scalar") return [];
    const [key, value] = entry(item);
    return [[key, { key, at: item.at, value }]];
  });
  return { kind: "map", at: node.at, path: node.path, tag: node.tag, entries: new Map(entries) };
}

/** `KEY=value`, or `KEY` alone. */
export function pair(item: ScalarNode): readonly [string, Node] {
  const equals = item.text.indexOf("=");
  return equals < 0 ? [item.text, nothing(item)] : [item.text.slice(0, equals), textNode(item, item.text.slice(equals + 1))];
}

export const network = (item: ScalarNode): readonly [string, Node] => [item.text, nothing(item)];

export const startedDependency = (item: ScalarNode): readonly [string, Node] => [
  item.text,
  single(item, { condition: "service_started", required: true }),
];

/** `extra_hosts` as lines `host=address`: a host may have several. */
export function asHosts(node: Node): ListNode {
  if (node.kind !== "map") return asList(node);
  const items = [...node.entries.values()].flatMap(({ key, value }) =>
    (value.kind === "list" ? value.items : [value]).map((item) => textNode(item, `${key}=${item.kind === "scalar" ? item.text : ""}`)),
  );
  return { kind: "list", at: node.at, path: node.path, tag: node.tag, items };
}
