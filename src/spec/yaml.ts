import { Composer, type CST, type Document, Lexer, LineCounter, Parser, type YAMLError } from "yaml";
import { InstarError } from "../errors.ts";
import { type Entry, fail, join, type MapNode, type Node } from "./node.ts";
import { plainSyntax } from "./plain-yaml.ts";
import { scalarValue } from "./scalar.ts";
import { type Syntax, type SyntaxPair, syntaxOf } from "./syntax.ts";
import type { Position } from "./types.ts";

export const MAX_BYTES = 1024 * 1024;
export const MAX_DEPTH = 200;
export const MAX_ALIASES = 1000;
/** Signs, words, spaces and line ends: a file of many small ones takes longer to read than its size tells. */
const MAX_TOKENS = 200_000;
/** Values after alias expansion; an alias bomb reaches it long before memory does. */
export const MAX_NODES = 100_000;

/**
 * Reads YAML 1.2 with anchors and merge keys into positioned nodes, one per document; an empty document is none.
 * Raises INS1002 (syntax, duplicate key, unknown tag) and INS1012 (size, depth, aliases), with positions.
 */
export function parseDocuments(file: string, text: string): readonly Node[] {
  const start: Position = { file, line: 1, column: 1 };
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new InstarError("INS1012", `${file} is larger than ${MAX_BYTES / 1024} KiB`, { at: start });
  const { documents, at } = plainDocument(file, text) ?? libraryDocuments(file, text);
  const found: Node[] = [];
  let nodes = 0;
  for (const document of documents) {
    if (document === null || (document.kind === "scalar" && document.value === null)) continue;
    const converter = new Converter(at, nodes);
    found.push(converter.convert(document, "", 0));
    nodes = converter.nodes;
  }
  return found;
}

interface Read {
  readonly documents: Iterable<Syntax | null>;
  readonly at: (offset: number) => Position;
}

const positions = (file: string, lines: LineCounter) => (offset: number) => {
  const { line, col } = lines.linePos(Math.max(0, offset));
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
};

/** null: it is not as plain as that. */
function plainDocument(file: string, text: string): Read | null {
  const syntax = plainSyntax(text);
  if (syntax === null) return null;
  const lines = new LineCounter();
  for (let start = 0; ; ) {
    lines.addNewLine(start);
    const end = text.indexOf("\n", start);
    if (end < 0) break;
    start = end + 1;
  }
  return { documents: [syntax], at: positions(file, lines) };
}

/** Any YAML. Exported for the test that compares the two. */
export function libraryDocuments(file: string, text: string): Read {
  const lines = new LineCounter();
  const at = positions(file, lines);
  const options = { uniqueKeys: false, merge: false, customTags: ["reset", "override"].flatMap(mergeTag) };
  return { documents: composed(new Composer(options).compose(tokens(text, lines, at), true, text.length), at), at };
}

function* composed(documents: Iterable<Document.Parsed>, at: (offset: number) => Position): Generator<Syntax | null> {
  for (const document of documents) {
    refuseErrors(document, at);
    yield syntaxOf(document.contents);
  }
}

/** The syntax tree's tokens; stops as soon as the nesting is too deep, for the parser takes quadratic time on it. */
function tokens(text: string, lines: LineCounter, at: (offset: number) => Position): CST.Token[] {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const found: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) throw new InstarError("INS1012", `more than ${MAX_TOKENS} signs and words`, { at: at(parser.offset) });
    for (const token of parser.next(lexeme)) found.push(token);
    if (parser.stack.length > 2 * MAX_DEPTH + 2) throw tooDeep(at(parser.offset));
  }
  found.push(...parser.end());
  return found;
}

const tooDeep = (at: Position) => new InstarError("INS1012", `nested deeper than ${MAX_DEPTH} levels`, { at });

/** A tag of Compose's merge rules, legal on any kind of value. */
function mergeTag(name: string) {
  const tag = `!${name}`;
  return [
    { tag, resolve: (value: string) => value },
    { tag, collection: "map" as const },
    { tag, collection: "seq" as const },
  ];
}

function refuseErrors(document: Document.Parsed, at: (offset: number) => Position): void {
  const error: YAMLError | undefined = document.errors[0] ?? document.warnings[0];
  if (error === undefined) return;
  if (error.code === "RESOURCE_EXHAUSTION") throw tooDeep(at(error.pos[0]));
  throw new InstarError("INS1002", error.message.split("\n")[0] ?? "not valid YAML", { at: at(error.pos[0]), cause: error });
}

class Converter {
  /** By name, those met so far; the library would search the whole document for each alias. */
  readonly #anchors = new Map<string, Syntax>();
  readonly #remembered = new Set<Syntax>();
  readonly #at: (offset: number) => Position;
  nodes: number;
  #aliases = 0;

  constructor(at: (offset: number) => Position, nodes: number) {
    this.#at = at;
    this.nodes = nodes;
  }

  convert(node: Syntax | null, path: string, depth: number): Node {
    const where = { path, at: this.#at(node?.at ?? 0) };
    if (depth > MAX_DEPTH) return fail("INS1012", where, `nested deeper than ${MAX_DEPTH} levels`);
    if (++this.nodes > MAX_NODES) return fail("INS1012", where, `more than ${MAX_NODES} values after alias expansion`);
    if (node === null) return { kind: "scalar", ...where, tag: null, ...scalarValue(null, where) };
    if (node.kind === "alias") {
      if (++this.#aliases > MAX_ALIASES) return fail("INS1012", where, `more than ${MAX_ALIASES} aliases`);
      const target = this.#anchors.get(node.source);
      if (target === undefined) return fail("INS1002", where, `the alias *${node.source} names no anchor`);
      return this.convert(target, path, depth + 1);
    }
    if (node.kind === "other") return fail("INS1002", where, "this is not a value");
    this.#remember(node);
    const tag = mergeMark(node.tag);
    if (node.kind === "map") return this.#map(node.items, { ...where, tag }, depth);
    if (node.kind === "scalar") return { kind: "scalar", ...where, tag, ...scalarValue(node, where, tag !== null) };
    const items = node.items.map((item, index) => this.convert(item, `${path}[${index}]`, depth + 1));
    return { kind: "list", ...where, tag, items };
  }

  /** Not again when an alias leads back to it: another may have taken its name since. */
  #remember(node: Syntax | null): void {
    if (node === null || !("anchor" in node) || node.anchor === undefined || this.#remembered.has(node)) return;
    this.#remembered.add(node);
    this.#anchors.set(node.anchor, node);
  }

  #map(pairs: readonly SyntaxPair[], where: Omit<MapNode, "kind" | "entries">, depth: number): MapNode {
    const entries = new Map<string, Entry>();
    const merged: Node[] = [];
    for (const pair of pairs) {
      const keyAt = this.#at(pair.key?.at ?? 0);
      const key = this.#key(pair.key, { path: where.path, at: keyAt });
      if (key === null) {
        merged.push(this.convert(pair.value, where.path, depth + 1));
        continue;
      }
      const path = join(where.path, key);
      const previous = entries.get(key);
      if (previous !== undefined)
        fail("INS1002", { path, at: keyAt }, `the key is given twice; first on line ${previous.at.line}`, "keep one of the two");
      const value =
        pair.value === null
          ? { kind: "scalar" as const, at: keyAt, path, tag: null, value: null, text: "" }
          : this.convert(pair.value, path, depth + 1);
      entries.set(key, { key, at: keyAt, value });
    }
    for (const source of merged) for (const [key, entry] of mergeSource(source)) if (!entries.has(key)) entries.set(key, entry);
    return { kind: "map", ...where, entries };
  }

  /** null for the merge key `<<`. */
  #key(key: Syntax | null, where: { readonly path: string; readonly at: Position }): string | null {
    this.#remember(key);
    const named = key?.kind === "alias" ? this.#anchors.get(key.source) : key;
    const scalar = named?.kind === "scalar" ? named : null;
    if (scalar === null || typeof scalar.value !== "string") {
      const words = scalar === null ? "here" : JSON.stringify(scalar.source ?? String(scalar.value));
      return fail("INS1004", where, `the key ${words} is not a text`, "put it in quotes");
    }
    if (scalar.value === "<<" && scalar.plain) return null;
    if (scalar.value === "__proto__" || !scalar.value.isWellFormed() || scalar.value.includes("\0"))
      return fail("INS1007", where, `the key ${JSON.stringify(scalar.value)} cannot be used`);
    return scalar.value;
  }
}

const mergeMark = (tag: string | undefined): "reset" | "override" | null =>
  tag === "!reset" ? "reset" : tag === "!override" ? "override" : null;

function* mergeSource(source: Node): Iterable<[string, Entry]> {
  if (source.kind === "map") yield* source.entries;
  else if (source.kind === "list")
    for (const item of source.items) yield* mergeSource(item.kind === "map" ? item : fail("INS1002", item, "<< takes mappings"));
  else if (source.value !== null) fail("INS1002", source, "<< takes a mapping or a list of mappings");
}
