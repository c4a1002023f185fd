import { suggest } from "../../lib/suggest.ts";
import { show } from "../names.ts";
import { fail, isNull, type Node, plain } from "../node.ts";
import { boolean, list, mapping, number, pairs, text } from "../values.ts";
import { madeList, madeMap, madeText } from "./made.ts";

/** The forms that values of an old stackfile have. Each raises INS1004 at the value's place, and gives it as Compose's schema wants it. */
export type Form = (node: Node) => Node;

/** `$NAME` is Compose's to fill in: what such a value is nobody knows yet. `$$` is a dollar sign. */
export const hasVariable = (written: string): boolean => /\$/.test(written.replaceAll("$$", ""));

/** `${DIR:-/x}:/y` is cut at its last colon: those within a variable are covered until `uncovered` shows them again. */
export const covered = (written: string): string =>
  written.replaceAll(/\$\{[^}]*\}/g, (variable) => variable.replaceAll(":", "\u0001").replaceAll("/", "\u0002"));

export const uncovered = (part: string): string => part.replaceAll("\u0001", ":").replaceAll("\u0002", "/");

const isVariable = (node: Node): boolean => node.kind === "scalar" && hasVariable(node.text);

export const aText: Form = (node) => madeText(node, text(node));

/** As it stands: a number stays one. */
export const aScalar: Form = (node) => {
  text(node);
  return node;
};

export const aFlag: Form = (node) => {
  if (!isVariable(node)) boolean(node);
  return node;
};

export const aWhole =
  (least: number, most: number): Form =>
  (node) => {
    if (isVariable(node) || Number.isInteger(number(node, least, most))) return node;
    return fail("INS1004", node, `${text(node)} should be a whole number`);
  };

/** A word of a few, whatever its case; `older` spellings mean the newer ones. */
export const aWord =
  (allowed: readonly string[], older: Readonly<Record<string, string>> = {}): Form =>
  (node) => {
    if (isVariable(node)) return node;
    const written = text(node).toLowerCase();
    const word = Object.hasOwn(older, written) ? older[written] : written;
    if (word !== undefined && allowed.includes(word)) return madeText(node, word);
    const near = suggest(written, allowed);
    return fail(
      "INS1004",
      node,
      `${show(text(node))} should be one of ${allowed.join(", ")}`,
      near === null ? undefined : `did you mean ${near}?`,
    );
  };

export const texts: Form = (node) => madeList(node, list(node).items.map(aText));

export const aTextOrTexts: Form = (node) => (node.kind === "list" ? texts(node) : aText(node));

/** `environment` and `labels`: a mapping, or a list of `KEY=value`. */
export const somePairs: Form = (node) => {
  if (node.kind !== "map") return texts(list(node));
  pairs(mapping(node));
  return node;
};

/** `extra_hosts`: a list of `host:address`; a mapping as Compose has it. */
export const lines: Form = (node) => {
  if (node.kind !== "map") return texts(node);
  const values = [...node.entries.values()].map(({ key, value }) => [key, isNull(value) ? text(value) : aText(value)] as const);
  return madeMap(node, Object.fromEntries(values as readonly (readonly [string, Node])[]));
};

export const textOf = (node: Node): string => (node.kind === "scalar" ? node.text : JSON.stringify(plain(node)));
