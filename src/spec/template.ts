/**
 * A small logic-less template, the part of Mustache that context files need: `{{name}}`, `{{#list}}…{{/list}}`,
 * `{{^list}}…{{/list}}`, `{{! remark}}`. Nothing is escaped: every value there is comes from Instar and is of a narrow alphabet.
 */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly path: readonly string[]; readonly line: number }
  | {
      readonly kind: "section";
      readonly path: readonly string[];
      readonly inverted: boolean;
      readonly parts: readonly Part[];
      readonly line: number;
    };

/** What is wrong with a template, and in which of its lines (from 1). */
export class TemplateFault extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const TAG = /\{\{([#^/!]?)([^{}]*)\}\}/g;
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const DEEPEST = 8;

interface Open {
  readonly path: readonly string[];
  readonly inverted: boolean;
  readonly line: number;
  readonly parts: Part[];
}

/** Raises TemplateFault. Linear in the length of the text. */
export function parseTemplate(source: string): readonly Part[] {
  const root: Part[] = [];
  const open: Open[] = [];
  const here = (): Part[] => open.at(-1)?.parts ?? root;
  const say = (text: string, line: number): void => {
    if (/\{\{|\}\}/.test(text)) throw new TemplateFault("a {{ or }} that belongs to no tag", line);
    if (text !== "") here().push({ kind: "text", text });
  };
  let at = 0;
  let line = 1;
  for (const tag of source.matchAll(TAG)) {
    const [whole, sign = "", inside = ""] = tag;
    const { start, end } = extent(source, tag.index, whole, sign);
    const before = source.slice(at, start);
    say(before, line);
    line += newlines(before);
    const at1 = line + newlines(source.slice(start, tag.index));
    line += newlines(source.slice(start, end));
    at = end;
    if (sign === "!") continue;
    const path = pathOf(inside.trim(), at1);
    if (sign === "") here().push({ kind: "value", path, line: at1 });
    else if (sign === "/") close(open, path, at1, here);
    else if (open.length === DEEPEST) throw new TemplateFault(`sections stand in one another more than ${DEEPEST} deep`, at1);
    else open.push({ path, inverted: sign === "^", line: at1, parts: [] });
  }
  say(source.slice(at), line);
  const left = open.at(-1);
  if (left !== undefined) throw new TemplateFault(`{{#${left.path.join(".")}}} is never closed`, left.line);
  return root;
}

function close(open: Open[], path: readonly string[], line: number, here: () => Part[]): void {
  const ended = open.pop();
  if (ended === undefined) throw new TemplateFault(`{{/${path.join(".")}}} closes nothing`, line);
  if (ended.path.join(".") !== path.join("."))
    throw new TemplateFault(`{{/${path.join(".")}}} where {{/${ended.path.join(".")}}} was awaited`, line);
  here().push({ kind: "section", path: ended.path, inverted: ended.inverted, parts: ended.parts, line: ended.line });
}

/** A tag that is no value and stands alone in its line takes the whole line with it (Mustache, standalone tags). */
function extent(source: string, index: number, whole: string, sign: string): { start: number; end: number } {
  const after = index + whole.length;
  if (sign === "") return { start: index, end: after };
  const lineStart = source.lastIndexOf("\n", index - 1) + 1;
  const newline = source.indexOf("\n", after);
  const lineEnd = newline < 0 ? source.length : newline;
  const alone = source.slice(lineStart, index).trim() === "" && source.slice(after, lineEnd).trim() === "";
  return alone ? { start: lineStart, end: newline < 0 ? lineEnd : lineEnd + 1 } : { start: index, end: after };
}

function pathOf(text: string, line: number): readonly string[] {
  const path = text.split(".");
  if (text === "") throw new TemplateFault("an empty tag", line);
  const wrong = path.find((segment) => !SEGMENT.test(segment));
  if (wrong !== undefined) throw new TemplateFault(`{{${text.slice(0, 60)}}} is no name`, line);
  return path;
}

const newlines = (text: string): number => text.split("\n").length - 1;
