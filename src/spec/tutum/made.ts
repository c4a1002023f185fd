import { textNode } from "../forms.ts";
import type { Entry, ListNode, MapNode, Node, ScalarNode } from "../node.ts";

/**
 * Values of the new file. Each stands where the old one stood that it was made of, so that whatever the reader of stack files says of it
 * names the place in the old file.
 */
export const madeText = textNode;

export const madeScalar = (where: Node, value: number | boolean): ScalarNode => ({ ...textNode(where, String(value)), value });

export const madeList = (where: Node, items: readonly Node[]): ListNode => ({
  ...{ kind: "list", at: where.at, path: where.path, tag: null, items },
});

export function madeMap(where: Pick<Node, "at" | "path">, values: Readonly<Record<string, Node>>): MapNode {
  const entries = Object.entries(values).map(([key, value]): [string, Entry] => [key, { key, at: value.at, value }]);
  return { kind: "map", at: where.at, path: where.path, tag: null, entries: new Map(entries) };
}

/** `map` with a value at a path of keys; what is missing on the way is made. */
export function withValue(map: MapNode, [key = "", ...rest]: readonly string[], value: Node): MapNode {
  const before = map.entries.get(key);
  const inner = before?.value.kind === "map" ? before.value : madeMap(value, {});
  const entry: Entry = { key, at: before?.at ?? value.at, value: rest.length === 0 ? value : withValue(inner, rest, value) };
  return { ...map, entries: new Map([...map.entries, [key, entry]]) };
}

export function valueAt(map: MapNode, path: readonly string[]): Node | null {
  let here: Node | undefined = map;
  for (const key of path) here = here?.kind === "map" ? here.entries.get(key)?.value : undefined;
  return here ?? null;
}
