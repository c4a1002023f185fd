import { parseBytes } from "../lib/bytes.ts";
import { parseDuration } from "../lib/duration.ts";
import { child, type Entry, fail, kindOf, type ListNode, type MapNode, type Node } from "./node.ts";
import type { Position } from "./types.ts";

/** Readers of positioned values. Each raises INS1004 at the value's place when it is not of the wanted form. */

export function text(node: Node): string {
  return node.kind === "scalar" && node.value !== null ? node.text : fail("INS1004", node, `this is ${kindOf(node)}, it should be a text`);
}

export function mapping(node: Node): MapNode {
  return node.kind === "map" ? node : fail("INS1004", node, `this is ${kindOf(node)}, it should be a mapping`);
}

export function list(node: Node): ListNode {
  return node.kind === "list" ? node : fail("INS1004", node, `this is ${kindOf(node)}, it should be a list`);
}

export function boolean(node: Node): boolean {
  const word = text(node).toLowerCase();
  // An interpolated value arrives as text; Compose casts these spellings (YAML 1.1).
  if (["true", "y", "yes", "on", "1"].includes(word)) return true;
  if (["false", "n", "no", "off", "0", ""].includes(word)) return false;
  return fail("INS1004", node, `${JSON.stringify(word)} is neither true nor false`);
}

export function number(node: Node, least: number, most: number): number {
  const value = text(node).trim();
  const parsed = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(parsed)) return fail("INS1004", node, `${JSON.stringify(value)} is not a number`);
  return parsed >= least && parsed <= most ? parsed : fail("INS1004", node, `${value} is out of range, ${least} to ${most}`);
}

export function integer(node: Node, least: number, most: number): number {
  const value = number(node, least, most);
  return Number.isInteger(value) ? value : fail("INS1004", node, `${value} should be a whole number`);
}

/** Milliseconds. */
export function duration(node: Node): number {
  const value = text(node);
  return (
    parseDuration(value) ??
    fail("INS1004", node, `${JSON.stringify(value)} is not a duration`, "write a number with its unit: 500ms, 10s, 1m30s, 2h")
  );
}

/** HAProxy's longest timer, 24 days. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds that fit a timer of the router. */
export function timer(node: Node): number {
  const ms = duration(node);
  return ms <= MAX_TIMER_MS ? ms : fail("INS1004", node, "this is longer than the router can wait, 24 days");
}

export function bytes(node: Node): number {
  const value = text(node);
  return (
    parseBytes(value) ??
    fail("INS1004", node, `${JSON.stringify(value)} is not a size`, "write a number of bytes, or one with a unit: 512k, 64m, 1g")
  );
}

export function oneOf<const T extends string>(node: Node, allowed: readonly T[]): T {
  const value = text(node);
  return allowed.find((word) => word === value) ?? fail("INS1004", node, `${JSON.stringify(value)} should be one of ${allowed.join(", ")}`);
}

/** One text or a list of texts. */
export function texts(node: Node): { readonly value: string; readonly node: Node }[] {
  return (node.kind === "list" ? node.items : [node]).map((item) => ({ value: text(item), node: item }));
}

/** A value under a key, read by `read`; `otherwise` when the key is absent. */
export function optional<T, U>(map: MapNode | null, key: string, read: (node: Node) => T, otherwise: U): T | U {
  const node = map === null ? null : child(map, key);
  return node === null ? otherwise : read(node);
}

export interface Pair {
  readonly key: string;
  /** null: the key stands alone (`KEY:` or `- KEY`). */
  readonly value: string | null;
  readonly at: { readonly path: string; readonly at: Position };
}

/** `KEY: value` mappings and `KEY=value` lists, as environment, labels and args are written. */
export function pairs(node: Node): Pair[] {
  if (node.kind === "map") {
    return [...node.entries.values()].map(({ key, at, value }: Entry) => ({
      key,
      at: { path: value.path, at },
      value: value.kind === "scalar" && value.value === null ? null : text(value),
    }));
  }
  return list(node).items.map((item) => {
    const line = text(item);
    const equals = line.indexOf("=");
    return equals < 0 ? { key: line, value: null, at: item } : { key: line.slice(0, equals), value: line.slice(equals + 1), at: item };
  });
}

/** An object with sorted keys: key order in the file means nothing. */
export function record<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
