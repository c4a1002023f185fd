import { interpolate } from "../interpolate.ts";
import type { Entry, Node } from "../node.ts";
import { madeText } from "./made.ts";

class Malformed extends Error {}

/** Compose can read every variable in it. */
function reads(text: string): boolean {
  try {
    interpolate(
      text,
      {},
      {
        unset: () => {},
        fail: (code) => {
          // A variable that must be set is written as it should be.
          if (code === "INS1005") return "" as never;
          throw new Malformed();
        },
      },
    );
    return true;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** A dollar sign that begins nothing Compose could read (`$(date)`, `pa$`) stands for itself: `$$`. Variables stay as they are. */
export const plainDollars = (text: string): string =>
  reads(text)
    ? text
    : text.replaceAll(/\$\$|\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$/g, (found) => (found === "$" ? "$$" : found));

/** The same for every text of a value; the very value where nothing changes. */
export function withPlainDollars(node: Node): Node {
  if (node.kind === "list") {
    const items = node.items.map(withPlainDollars);
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  if (node.kind === "map") {
    const entries = [...node.entries].map(([key, entry]): [string, Entry] => [key, { ...entry, value: withPlainDollars(entry.value) }]);
    return entries.every(([key, { value }]) => value === node.entries.get(key)?.value) ? node : { ...node, entries: new Map(entries) };
  }
  if (typeof node.value !== "string" || !node.value.includes("$")) return node;
  const text = plainDollars(node.value);
  return text === node.value ? node : madeText(node, text);
}
