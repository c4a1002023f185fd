import { InstarError } from "../errors.ts";
import { type Environment, interpolateTree } from "./interpolate.ts";
import { fail, type MapNode, type Node } from "./node.ts";
import type { Notice, Position } from "./types.ts";
import { MAX_NODES, parseDocuments } from "./yaml.ts";

/** More files than this, by include and extends, are a circle of names or an attack. */
const MAX_FILES = 200;

type Where = { readonly path: string; readonly at: Position };

/** One reading of a stack: every file is read and parsed once, however often it is included or extended. */
export class Reading {
  readonly notices: Notice[] = [];
  /** The texts in the order of their first reading. */
  readonly sources: { readonly file: string; readonly text: string }[] = [];
  /** Variables of included stacks that their secrets and configs are made of, for when those are read. */
  readonly borrowed = new Map<string, string>();
  readonly readFile: (path: string) => string | null;
  readonly #parsed = new Map<string, readonly MapNode[]>();
  readonly #filled = new Map<Environment, Map<string, readonly MapNode[]>>();
  #left = MAX_NODES;

  constructor(readFile: (path: string) => string | null) {
    this.readFile = readFile;
  }

  /** The documents of a file, each a mapping. `where` names it: INS1001 stands there. */
  documents(file: string, where: Where | null): readonly MapNode[] {
    const known = this.#parsed.get(file);
    if (known !== undefined) return known;
    if (this.#parsed.size >= MAX_FILES) throw new InstarError("INS1012", `more than ${MAX_FILES} files are included and extended`);
    const text = this.#text(file, where);
    if (text === null) return where === null ? missing(file) : fail("INS1001", where, `${file} does not exist`);
    this.sources.push({ file, text });
    const trees = parseDocuments(file, text).map(
      (tree): MapNode => (tree.kind === "map" ? tree : fail("INS1004", tree, "a stack file is a mapping", "it begins with services:")),
    );
    if (trees.length === 0)
      throw new InstarError("INS1004", "the file is empty", { at: { file, line: 1, column: 1 }, hint: "it begins with services:" });
    this.#parsed.set(file, trees);
    return trees;
  }

  /** As `documents`, with the variables filled in. */
  filled(file: string, environment: Environment, where: Where | null): readonly MapNode[] {
    const files = this.#filled.get(environment) ?? new Map<string, readonly MapNode[]>();
    this.#filled.set(environment, files);
    const known = files.get(file);
    if (known !== undefined) return known;
    const trees = this.documents(file, where).map((tree) => interpolateTree(tree, environment, this.notices));
    files.set(file, trees);
    return trees;
  }

  /** Counts what `extends` and `include` copy: they multiply as aliases do. */
  spend(node: Node, where: Where): void {
    this.#left -= sizeOf(node);
    if (this.#left < 0) fail("INS1012", where, `more than ${MAX_NODES} values are extended and included`);
  }

  #text(file: string, where: Where | null): string | null {
    try {
      return this.readFile(file);
    } catch (error) {
      if (where !== null && error instanceof InstarError && error.code === "INS1001" && error.at === null)
        return fail("INS1001", where, error.message);
      throw error;
    }
  }
}

function missing(file: string): never {
  throw new InstarError("INS1001", `${file} does not exist`);
}

function sizeOf(node: Node): number {
  let size = 1;
  if (node.kind === "list") for (const item of node.items) size += sizeOf(item);
  if (node.kind === "map") for (const { value } of node.entries.values()) size += sizeOf(value);
  return size;
}
