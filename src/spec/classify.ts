import { suggest } from "../lib/suggest.ts";
import { KEYS } from "./keys.ts";
import { fail, type MapNode, type Node, plain } from "./node.ts";
import type { Notice } from "./types.ts";

const PREFIXES = new Set([...KEYS.keys()].flatMap((path) => path.split(".").map((_, index, parts) => parts.slice(0, index + 1).join("."))));

/** Walks a checked file by the table of keys: a refused key raises INS1006 at its place, an ignored one leaves a notice. */
export function classify(root: MapNode, notices: Notice[]): void {
  const walk = (node: Node, path: string): void => {
    if (node.kind === "list") for (const item of node.items) descend(item, path, "*");
    if (node.kind === "map") for (const { key, at, value } of node.entries.values()) visit(key, at, value, path);
  };
  const visit = (key: string, at: Node["at"], value: Node, above: string): void => {
    const path = above === "" ? key : `${above}.${key}`;
    const row = KEYS.get(path);
    const where = { path: value.path, at };
    if (row === undefined) {
      if (key.startsWith("x-")) return nearMiss(key, where, above, notices);
      return descend(value, above, PREFIXES.has(path) ? key : "*");
    }
    if (row.idle.some((idle) => idle === plain(value))) return;
    if (row.does === "refused") fail("INS1006", where, `${key} is not supported`, row.note === "not supported yet" ? undefined : row.note);
    if (row.does === "ignored" || row.does === "swarm")
      notices.push({ code: "ignored-key", message: `${value.path}: ignored: ${row.note}`, at });
    if (row.does === "honoured" || row.does === "docker") walk(value, path);
  };
  const descend = (value: Node, above: string, key: string): void => {
    const path = above === "" ? key : `${above}.${key}`;
    if (PREFIXES.has(path)) walk(value, path);
  };
  walk(root, "");
}

/** Keys of one's own are free, but a misspelt `x-instar` would be lost without a word. */
function nearMiss(key: string, where: { readonly path: string; readonly at: Node["at"] }, above: string, notices: Notice[]): void {
  if (KEYS.has(above === "" ? "x-instar" : `${above}.x-instar`) && suggest(key, ["x-instar"]) !== null) {
    notices.push({ code: "near-miss", message: `${where.path}: a key of your own; did you mean x-instar?`, at: where.at });
  }
}
