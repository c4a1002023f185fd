import { InstarError } from "../errors.ts";
import { suggest } from "../lib/suggest.ts";
import validate, { type SchemaError } from "./generated/compose-schema.js";
import { SCHEMA_KEYS } from "./generated/schema-keys.js";
import { descend, fail, join, kindOf, type MapNode, type Node, plain } from "./node.ts";
import type { Position } from "./types.ts";

const WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  null: "nothing",
};

/** Checks a file against the Compose JSON Schema; raises the one cause that matters, the first in the file, as INS1003, INS1004 or INS1007. */
export function checkSchema(root: MapNode): void {
  const data = plain(root);
  if (validate(data)) return;
  const findings = reduce(validate.errors ?? []).map((error) => ({ error, ...place(root, error) }));
  findings.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const first = findings[0];
  if (first === undefined) throw new InstarError("INS1004", "the file does not follow the Compose schema", { at: root.at });
  raise(root, first.error, first);
}

/** Of the alternatives at one place, those that got further say more: their errors stay, "wrong type" of the others goes. */
function reduce(errors: readonly SchemaError[]): SchemaError[] {
  const paths = errors.map((error) => error.instancePath);
  const inner = new Set<string>();
  for (const path of paths)
    for (let above = path; above !== ""; inner.add(above)) above = above.slice(0, Math.max(0, above.lastIndexOf("/")));
  const specific = new Set(errors.filter((error) => !VAGUE.has(error.keyword)).map((error) => error.instancePath));
  const kept = errors
    .filter(({ instancePath, keyword }) => !inner.has(instancePath) || !VAGUE.has(keyword))
    .filter(({ instancePath, keyword }) => !VAGUE.has(keyword) || !specific.has(instancePath));
  const types = new Map<string, Set<string>>();
  const result: SchemaError[] = [];
  for (const error of kept) {
    if (error.keyword === "oneOf" || error.keyword === "anyOf") continue;
    if (error.keyword !== "type") {
      result.push(error);
      continue;
    }
    const wanted = types.get(error.instancePath);
    const named = [error.params["type"]].flat().map(String);
    if (wanted === undefined) {
      types.set(error.instancePath, new Set(named));
      result.push(error);
    } else for (const name of named) wanted.add(name);
  }
  return result.map((error) =>
    error.keyword === "type" ? { ...error, params: { type: [...(types.get(error.instancePath) ?? [])] } } : error,
  );
}

const VAGUE = new Set(["type", "oneOf", "anyOf"]);

const keysOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

function place(root: MapNode, error: SchemaError): { node: Node; at: Position; path: string } {
  const node = descend(root, keysOf(error.instancePath));
  const extra = error.params["additionalProperty"];
  const entry = node.kind === "map" && typeof extra === "string" ? node.entries.get(extra) : undefined;
  return { node, at: entry?.at ?? node.at, path: node.path };
}

function raise(root: MapNode, error: SchemaError, where: { readonly node: Node; readonly at: Position; readonly path: string }): never {
  const { node } = where;
  const params = error.params;
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(root, String(params["additionalProperty"]), knownKeys(error.instancePath), where);
    case "type": {
      const wanted = (params["type"] as readonly string[]).map((type) => WORDS[type] ?? type).join(", or ");
      const text = node.kind === "scalar" && typeof node.value !== "string" && node.value !== null && wanted.includes("a text");
      return fail(
        "INS1004",
        where,
        `this is ${kindOf(node)}, it should be ${wanted}`,
        text ? `put it in quotes: "${node.text}"` : undefined,
      );
    }
    case "required":
      return fail("INS1004", where, `needs the key ${String(params["missingProperty"])}`);
    case "enum": {
      const allowed = (params["allowedValues"] as readonly unknown[]).map(String);
      const near = node.kind === "scalar" ? suggest(node.text, allowed) : null;
      return fail("INS1004", where, `should be one of ${allowed.join(", ")}`, near === null ? undefined : `did you mean ${near}?`);
    }
    case "minimum":
    case "maximum":
      return fail("INS1004", where, `should be ${String(params["comparison"])} ${String(params["limit"])}`);
    case "pattern":
      return fail("INS1004", where, `should have the form ${String(params["pattern"])}`);
    default:
      return fail("INS1004", where, "does not follow the Compose schema");
  }
}

/** The keys the schema allows at a place; null where names are free. */
function knownKeys(pointer: string): readonly string[] | null {
  let path = "";
  for (const key of keysOf(pointer)) path = SCHEMA_KEYS[path]?.includes(key) ? join(path, key) : join(path, "*");
  return SCHEMA_KEYS[path] ?? null;
}

/** A key that belongs one level deeper is a commoner mistake than a misspelt one. */
const NESTED: readonly (readonly [string, string])[] = [
  ["deploy", "services.*.deploy"],
  ["deploy.update_config", "services.*.deploy.update_config"],
  ["healthcheck", "services.*.healthcheck"],
  ["x-instar", "services.*.x-instar"],
];

function unknownKey(
  root: MapNode,
  key: string,
  known: readonly string[] | null,
  where: { readonly node: Node; readonly at: Position; readonly path: string },
): never {
  const at = { path: join(where.path, key), at: where.at };
  if (known === null) return fail("INS1007", at, `${JSON.stringify(key)} cannot be a name here`, "use letters, digits, -, _ and .");
  const near = suggest(key, known);
  if (near !== null) return fail("INS1003", at, `unknown key ${JSON.stringify(key)}`, `did you mean ${near}?`);
  if (where.path === "" && !root.entries.has("services"))
    return fail("INS1003", at, `unknown key ${JSON.stringify(key)}`, "services stand under the key services:");
  const home = /^services\.[^.]+$/.test(where.path) ? NESTED.find(([, path]) => SCHEMA_KEYS[path]?.includes(key)) : undefined;
  return fail("INS1003", at, `unknown key ${JSON.stringify(key)}`, home === undefined ? undefined : `it belongs under ${home[0]}:`);
}
