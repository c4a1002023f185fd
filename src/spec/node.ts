import { type ErrorCode, InstarError } from "../errors.ts";
import type { Position } from "./types.ts";

/** A YAML value that knows where it stands: the file, the line, and the path in words (`services.web.ports[0]`). */
export type Node = MapNode | ListNode | ScalarNode;

interface Placed {
  readonly at: Position;
  readonly path: string;
  /** Compose's own merge tags. */
  readonly tag: "reset" | "override" | null;
}

export interface Entry {
  readonly key: string;
  /** Where the key stands. */
  readonly at: Position;
  readonly value: Node;
}

export interface MapNode extends Placed {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface ListNode extends Placed {
  readonly kind: "list";
  readonly items: readonly Node[];
}

export interface ScalarNode extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The value as Compose shows it where a text is wanted: `0644` is `420`, `1.10` is `1.1`; null is empty. */
  readonly text: string;
}

export function fail(code: ErrorCode, where: { readonly path: string; readonly at: Position }, message: string, hint?: string): never {
  const path = where.path.length > 160 ? `${where.path.slice(0, 80)}…${where.path.slice(-60)}` : where.path;
  throw new InstarError(code, path === "" ? message : `${path}: ${message}`, { at: where.at, ...(hint === undefined ? {} : { hint }) });
}

export const isNull = (node: Node): boolean => node.kind === "scalar" && node.value === null;

/** The value under a key; null when the key is absent or says nothing (`key:`). */
export function child(node: MapNode, key: string): Node | null {
  const value = node.entries.get(key)?.value;
  return value === undefined || isNull(value) ? null : value;
}

export const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** Kind of a value in words, for messages. */
export function kindOf(node: Node): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? "a text" : typeof node.value === "number" ? "a number" : "true or false";
}

/** Plain JSON-like data without prototype, as the schema checks it. */
export function plain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { key, value } of node.entries.values()) object[key] = plain(value);
  return object;
}

/** The node under a path of keys and indexes, as far as it goes. */
export function descend(node: Node, keys: readonly string[]): Node {
  let here = node;
  for (const key of keys) {
    const next = here.kind === "map" ? here.entries.get(key)?.value : here.kind === "list" ? here.items[Number(key)] : undefined;
    if (next === undefined) break;
    here = next;
  }
  return here;
}
