import { type ErrorCode, InstarError } from "../errors.ts";
import { type Entry, fail, type Node } from "./node.ts";
import type { Notice, Position } from "./types.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const MAX_TEXT = 1024 * 1024;
const MAX_NESTING = 50;

interface Hooks {
  readonly unset: (name: string) => void;
  readonly fail: (code: ErrorCode, message: string) => never;
}

/** Own properties only: `${constructor}` is not a variable. */
export const lookUp = (environment: Environment, name: string): string | undefined =>
  Object.hasOwn(environment, name) ? environment[name] : undefined;

/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-default}`, `-`, `:?`, `?`, `:+`, `+` (nested to any form) and `$$`, by the Compose
 * Specification's "Interpolation". Calls back with INS1005 (required and not set), INS1013 (malformed), INS1012 (too long).
 */
export function interpolate(text: string, environment: Environment, hooks: Hooks, nesting = 0): string {
  if (!text.includes("$")) return text;
  if (nesting > MAX_NESTING) return hooks.fail("INS1012", "defaults nested too deep");
  let result = "";
  for (let i = 0; i < text.length; ) {
    const dollar = text.indexOf("$", i);
    if (dollar < 0 || result.length > MAX_TEXT) {
      result += text.slice(i);
      break;
    }
    result += text.slice(i, dollar);
    i = dollar + 1;
    if (text[i] === "$") {
      result += "$";
      i += 1;
    } else if (text[i] === "{") {
      const end = closing(text, i + 1);
      if (end < 0) return hooks.fail("INS1013", `no closing brace in ${quote(text)}`);
      result += braced(text.slice(i + 1, end), environment, hooks, nesting);
      i = end + 1;
    } else {
      const name = nameAt(text, i);
      if (name === null) return hooks.fail("INS1013", `a dollar sign without a name in ${quote(text)}`);
      result += filledIn(name, environment, hooks);
      i += name.length;
    }
  }
  return result.length > MAX_TEXT ? hooks.fail("INS1012", "longer than 1 MiB after interpolation") : result;
}

function braced(inside: string, environment: Environment, hooks: Hooks, nesting: number): string {
  const name = nameAt(inside, 0);
  const form = name === null ? null : /^(:?[-?+])?/.exec(inside.slice(name.length));
  const operator = form?.[1] ?? "";
  if (name === null || (operator === "" && inside.length > name.length))
    return hooks.fail("INS1013", `malformed: ${quote(`\${${inside}}`)}`);
  const word = (): string => interpolate(inside.slice(name.length + operator.length), environment, hooks, nesting + 1);
  const value = lookUp(environment, name);
  const given = value !== undefined && (!operator.startsWith(":") || value !== "");
  if (operator.endsWith("-")) return given ? value : word();
  if (operator.endsWith("+")) return given ? word() : "";
  if (operator.endsWith("?")) return given ? value : hooks.fail("INS1005", `${name} is required${word() === "" ? "" : `: ${word()}`}`);
  return filledIn(name, environment, hooks);
}

function filledIn(name: string, environment: Environment, hooks: Hooks): string {
  const value = lookUp(environment, name);
  if (value === undefined) hooks.unset(name);
  return value ?? "";
}

function nameAt(text: string, index: number): string | null {
  NAME.lastIndex = index;
  return NAME.exec(text)?.[0] ?? null;
}

/** Index of the brace that closes the one before `from`; -1 without. `${` opens one more. */
function closing(text: string, from: number): number {
  let open = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "$" && text[i + 1] === "$") i++;
    else if (text[i] === "$" && text[i + 1] === "{") [open, i] = [open + 1, i + 1];
    else if (text[i] === "}" && --open === 0) return i;
  }
  return -1;
}

const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);

/** Interpolates every value of a file (never its keys). An unset variable becomes blank, with one notice per name. */
export function interpolateTree<T extends Node>(node: T, environment: Environment, notices: Notice[]): T {
  const told = new Set<string>();
  const walk = (here: Node): Node => {
    // Parts without variables stay as they are: most of a file has none.
    if (here.kind === "list") {
      const items = here.items.map(walk);
      return items.every((item, index) => item === here.items[index]) ? here : { ...here, items };
    }
    if (here.kind === "map") {
      let entries: Map<string, Entry> | null = null;
      for (const [key, entry] of here.entries) {
        const value = walk(entry.value);
        if (value === entry.value) continue;
        entries ??= new Map(here.entries);
        entries.set(key, { ...entry, value });
      }
      return entries === null ? here : { ...here, entries };
    }
    if (typeof here.value !== "string" || !here.value.includes("$")) return here;
    const text = interpolate(here.value, environment, {
      unset: (name) => {
        if (!told.has(name)) notices.push(unsetNotice(name, here.at));
        told.add(name);
      },
      fail: (code, message) => fail(code, here, message),
    });
    return { ...here, value: castTo(here.path, text), text };
  };
  return walk(node) as T;
}

/** The schema takes a text wherever Compose casts, but here. */
function castTo(path: string, text: string): string | boolean {
  if (!/\.depends_on\.[^.]+\.required$/.test(path) || !/^(true|false)$/i.test(text)) return text;
  return text.toLowerCase() === "true";
}

export const unsetNotice = (name: string, at: Position | null): Notice => ({
  code: "unset-variable",
  message: `the variable ${name} is not set: it became a blank text`,
  at,
});

/** For texts without a place in a tree. */
export function interpolateText(text: string, environment: Environment, at: () => Position): string {
  return interpolate(text, environment, {
    unset: () => {},
    fail: (code, message) => {
      throw new InstarError(code, message, { at: at() });
    },
  });
}
