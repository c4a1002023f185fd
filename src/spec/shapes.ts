import { parseBytes } from "../lib/bytes.ts";
import { asMap, pair } from "./forms.ts";
import { isNull, type Node, plain } from "./node.ts";
import { byText } from "./values.ts";

/** How a value of a Compose file is written when nothing is left to choose: one function per kind of value. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export type Fields = { readonly [key: string]: Json };

/** A written mapping; null for anything else. */
export const fields = (value: Json | undefined): Fields | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;

/** undefined: it says nothing and is left out. What does not fit its shape is written as it stands. */
export type Shape = (node: Node) => Json | undefined;

/** As Compose, nothing is written for what says nothing: blank texts, false, 0, empty lists and mappings. */
const saysNothing = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  value === 0 ||
  (typeof value === "object" && (Array.isArray(value) ? value.length : Object.keys(value).length) === 0);

export const asWritten: Shape = (node) => plain(node) as Json;

const ofScalar =
  (read: (text: string, node: Node) => Json | undefined): Shape =>
  (node) =>
    node.kind === "scalar" ? (node.value === null ? undefined : read(node.text, node)) : asWritten(node);

export const text = ofScalar((written) => written);

export const number = ofScalar((written) => {
  const value = Number(written.trim());
  return written.trim() === "" || !Number.isFinite(value) ? written : value;
});

/** A file mode: octal where the text begins with 0. */
export const mode = ofScalar((written, node) =>
  node.kind === "scalar" && typeof node.value === "string" && /^0o?[0-7]+$/.test(written)
    ? Number.parseInt(written.replace(/^0o?/, ""), 8)
    : (number(node) ?? written),
);

export const flag = ofScalar((written) => {
  const word = written.toLowerCase();
  if (["true", "y", "yes", "on", "1"].includes(word)) return true;
  return ["false", "n", "no", "off", "0", ""].includes(word) ? false : written;
});

/** Bytes as a text of digits, as Compose prints them: a number in YAML loses digits in some readers. */
export const bytes = ofScalar((written) => {
  const value = parseBytes(written);
  return value === null ? written : value === 0 ? undefined : String(value);
});

export const duration = ofScalar((written) => spellDuration(written) ?? written);

/** A duration that is left out when it is none. */
export const span: Shape = (node) => {
  const value = duration(node);
  return value === "0s" ? undefined : value;
};

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};

/** `90s` → `1m30s`, `1h` → `1h0m0s`, `1500us` → `1.5ms`: the spelling of Go's durations. */
export function spellDuration(written: string): string | null {
  const parts = [...written.matchAll(/(\d{1,15})(?:\.(\d{0,15}))?(ns|us|µs|ms|s|m|h|d|w)/g)];
  if (written === "0") return "0s";
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== written) return null;
  const total = parts.reduce((sum, [, whole = "0", rest = "", unit = "s"]) => {
    const size = NANOSECONDS[unit] ?? 1n;
    return sum + BigInt(whole) * size + (BigInt(rest.padEnd(15, "0")) * size) / 10n ** 15n;
  }, 0n);
  if (total === 0n) return "0s";
  const decimal = (value: bigint, unit: bigint): string => {
    const fraction = (value % unit)
      .toString()
      .padStart(unit.toString().length - 1, "0")
      .replace(/0+$/, "");
    return `${value / unit}${fraction === "" ? "" : `.${fraction}`}`;
  };
  if (total < 1_000n) return `${total}ns`;
  if (total < 1_000_000n) return `${decimal(total, 1_000n)}µs`;
  if (total < 1_000_000_000n) return `${decimal(total, 1_000_000n)}ms`;
  const [hours, minutes] = [total / 3_600_000_000_000n, (total / 60_000_000_000n) % 60n];
  const seconds = `${decimal(total % 60_000_000_000n, 1_000_000_000n)}s`;
  return `${hours > 0n ? `${hours}h` : ""}${hours > 0n || minutes > 0n ? `${minutes}m` : ""}${seconds}`;
}

export const listOf =
  (shape: Shape): Shape =>
  (node) =>
    node.kind === "list" ? node.items.map((item) => shape(item) ?? null) : isNull(node) ? undefined : [shape(node) ?? null];

export const texts = listOf(text);

/** A mapping with free keys, in the order of the alphabet. */
export const mapOf =
  (shape: Shape, absent: Json | undefined = undefined): Shape =>
  (node) => {
    if (node.kind !== "map") return isNull(node) ? undefined : asWritten(node);
    const entries = [...node.entries.values()].flatMap(({ key, value }): [string, Json][] => {
      const found = shape(value) ?? absent;
      return found === undefined ? [] : [[key, found]];
    });
    return sorted(entries);
  };

/** `KEY: value` mappings and `KEY=value` lists as a mapping of texts; a key alone is blank. */
export const pairs: Shape = (node) => mapOf(text, "")(asMap(node, pair));

/** A mapping with known keys; those of one's own (`x-…`) stay as written. `kept` are written even when they say nothing. */
export const object =
  (shapes: Readonly<Record<string, Shape>>, kept: readonly string[] = []): Shape =>
  (node) => {
    if (node.kind !== "map") return isNull(node) ? undefined : asWritten(node);
    const entries = [...node.entries.values()].flatMap(({ key, value }): [string, Json][] => {
      const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
      const found = (shape ?? asWritten)(value);
      const wanted = key.startsWith("x-") || (kept.includes(key) ? found !== undefined : !saysNothing(found));
      return wanted ? [[key, found ?? null]] : [];
    });
    return sorted(entries);
  };

export const sorted = (entries: readonly (readonly [string, Json])[]): Fields =>
  Object.fromEntries([...entries].sort(([a], [b]) => byText(a, b)));
