import { isAlias, isMap, isScalar, isSeq, type Node as YamlNode } from "yaml";

/** What a YAML document says before it means anything: offsets instead of positions, anchors and aliases by name. */
export type Syntax = SyntaxMap | SyntaxList | SyntaxScalar | SyntaxAlias | SyntaxOther;

interface Placed {
  /** Where it begins, without its anchor and tag. */
  readonly at: number;
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
}

export interface SyntaxMap extends Placed {
  readonly kind: "map";
  readonly items: readonly SyntaxPair[];
}

export interface SyntaxPair {
  /** null: there is none (`: value`). */
  readonly key: Syntax | null;
  /** null: not even a colon (`? key`). */
  readonly value: Syntax | null;
}

export interface SyntaxList extends Placed {
  readonly kind: "list";
  readonly items: readonly (Syntax | null)[];
}

export interface SyntaxScalar extends Placed {
  readonly kind: "scalar";
  /** By the core schema of YAML 1.2. */
  readonly value: unknown;
  readonly source: string | undefined;
  /** Without quotes and not in a block. */
  readonly plain: boolean;
}

interface SyntaxAlias {
  readonly kind: "alias";
  readonly at: number;
  readonly source: string;
}

interface SyntaxOther {
  readonly kind: "other";
  readonly at: number;
}

/** The library's nodes in our words. */
export function syntaxOf(node: unknown): Syntax | null {
  if (node === null || node === undefined) return null;
  const at = (node as YamlNode).range?.[0] ?? 0;
  if (isAlias(node)) return { kind: "alias", at, source: node.source };
  if (isMap(node)) {
    const items = node.items.map(({ key, value }) => ({ key: syntaxOf(key), value: syntaxOf(value) }));
    return { kind: "map", at, anchor: node.anchor, tag: node.tag, items };
  }
  if (isSeq(node)) return { kind: "list", at, anchor: node.anchor, tag: node.tag, items: node.items.map(syntaxOf) };
  if (!isScalar(node)) return { kind: "other", at };
  const { anchor, tag, value, source, type } = node;
  return { kind: "scalar", at, anchor, tag, value, source, plain: type === "PLAIN" };
}
