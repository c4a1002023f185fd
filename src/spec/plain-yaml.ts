import type { Syntax, SyntaxPair, SyntaxScalar } from "./syntax.ts";

/**
 * The YAML that nearly every stack file is written in: block mappings and sequences, scalars on one line, literal blocks, flow
 * collections on one line, anchors, aliases, comments. Ten times as fast as the library, which a command that has just started runs unoptimised.
 * Whatever is not obviously right is left to the library, errors above all: `null`. What is answered is what the library answers
 * (test/spec/plain-yaml.test.ts compares them).
 */
export function plainSyntax(text: string): Syntax | null {
  if (text.length > LONGEST || UNUSUAL.test(text)) return null;
  try {
    return new Plain(text).document();
  } catch (cause) {
    if (cause === NOT_PLAIN) return null;
    throw cause;
  }
}

/** No more signs and words than letters: the limit on them needs no counting. */
const LONGEST = 200_000;
/** Tabs, other line ends, control characters, half characters, byte order marks; more spaces than any indentation that is allowed. */
const UNUSUAL = / {300}|[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const DEEPEST = 150;

const NOT_PLAIN = new Error("not plain YAML");
const leave = (): never => {
  throw NOT_PLAIN;
};

// All sticky; keys that might be numbers, nothing, true or false are left to the library.
const KEY = /[A-Za-z_][A-Za-z0-9_./-]{0,200}|<</y;
const NOT_TEXT = /^(?:true|True|TRUE|false|False|FALSE|null|Null|NULL)$/;
const ANCHOR = /&([A-Za-z0-9_-]+)(?= |\n|$)/y;
const ALIAS = /\*([A-Za-z0-9_-]+)(?=[ ,\]}\n]|$)/y;
const DOUBLE = /"([^"\\\n]*)"/y;
const SINGLE = /'((?:[^'\n]|'')*)'/y;
/** The rest of the line up to a comment. */
const LINE = /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|[-?:](?=[^\s,[\]{}]))(?:[^\n #]|#(?<=\S#)| (?! *#))*/y;
const FLOW = /(?:[A-Za-z0-9_./$+]|-(?=[A-Za-z0-9_./$-]))(?:[^\n ,[\]{}:#"'&*!|>%@`?]| (?=[^\n ,[\]{}:#"'&*!|>%@`?]))*/y;
const LITERAL = /\|(-?)(?: +#[^\n]*| *)\n/y;
const TAIL = / *(?: #[^\n]*)?(?=\n|$)/y;

const INTEGER = /^[-+]?[0-9]+$/;
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/;
const NUMBERLIKE = /^[-+.0-9][-+.0-9A-Za-z]*$/;
/** Hexadecimal, octal, with an exponent, infinite, none. */
const RARE_NUMBER = /^[-+]?(?:0[xo]|\.(?:inf|nan)|[.0-9]+e)/i;
const NOTHING = /^(?:~|null|Null|NULL)$/;

class Plain {
  readonly #text: string;
  /** Of the lines that say something: where they begin, and how far they are indented. */
  readonly #starts: number[] = [];
  readonly #indents: number[] = [];
  #line = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Syntax {
    const lines = /^( *)([^ #\n])/gm;
    for (let found = lines.exec(this.#text); found !== null; found = lines.exec(this.#text)) {
      this.#starts.push(found.index);
      this.#indents.push(found[1]?.length ?? 0);
      const end = this.#text.indexOf("\n", lines.lastIndex);
      if (end < 0) break;
      lines.lastIndex = end;
    }
    if (this.#starts.length > 0 && /^---(?=\n)/.test(this.#text)) this.#line = 1;
    if (this.#indent !== 0) return leave();
    const root = this.#block(0, undefined);
    return this.#line === this.#starts.length ? root : leave();
  }

  /** Of the line that is next; -1 at the end. */
  get #indent(): number {
    return this.#indents[this.#line] ?? -1;
  }

  #offset(column: number): number {
    return (this.#starts[this.#line] ?? 0) + column;
  }

  #block(indent: number, anchor: string | undefined): Syntax {
    if (++this.#depth > DEEPEST) return leave();
    const at = this.#offset(indent);
    const block: Syntax = this.#isItem(at)
      ? { kind: "list", at, anchor, tag: undefined, items: this.#items(indent) }
      : { kind: "map", at, anchor, tag: undefined, items: this.#pairs(indent) };
    this.#depth--;
    return block;
  }

  #isItem(at: number): boolean {
    const after = this.#text[at + 1];
    return this.#text[at] === "-" && (after === " " || after === "\n" || after === undefined);
  }

  #items(indent: number): Syntax[] {
    const items: Syntax[] = [];
    while (this.#indent === indent && this.#isItem(this.#offset(indent))) {
      const dash = this.#offset(indent);
      let at = dash + 1;
      while (this.#text[at] === " ") at++;
      if (this.#text[at] !== "\n" && this.#text[at] !== undefined && (this.#isItem(at) || this.#isKey(at))) {
        // `- key: value` is a mapping as deep as its first key stands.
        const column = indent + at - dash;
        this.#indents[this.#line] = column;
        items.push(this.#block(column, undefined));
      } else items.push(this.#value(dash + 1, indent, false));
      if (this.#indent > indent) return leave();
    }
    return items;
  }

  #isKey(at: number): boolean {
    const end = this.#keyEnd(at);
    return end !== null && this.#colonAt(end);
  }

  #keyEnd(at: number): number | null {
    const sign = this.#text[at];
    return this.#match(sign === '"' ? DOUBLE : sign === "'" ? SINGLE : KEY, at) === null ? null : this.#end;
  }

  #colonAt(at: number): boolean {
    const after = this.#text[at + 1];
    return this.#text[at] === ":" && (after === " " || after === "\n" || after === undefined);
  }

  #pairs(indent: number): SyntaxPair[] {
    const pairs: SyntaxPair[] = [];
    while (this.#indent === indent) {
      const at = this.#offset(indent);
      const key = this.#key(at);
      if (!this.#colonAt(this.#end)) return leave();
      pairs.push({ key, value: this.#value(this.#end + 1, indent, true) });
      if (this.#indent > indent) return leave();
    }
    return pairs;
  }

  #key(at: number): SyntaxScalar {
    const sign = this.#text[at];
    if (sign === '"' || sign === "'") return this.#quoted(at, undefined);
    const word = this.#match(KEY, at)?.[0] ?? leave();
    return NOT_TEXT.test(word) ? leave() : scalar(at, word, word, undefined, true);
  }

  /** What follows a colon or a dash, on its line or below it. The next line is current afterwards. */
  #value(from: number, indent: number, ofKey: boolean): Syntax {
    let at = from;
    while (this.#text[at] === " ") at++;
    let anchor: string | undefined;
    if (this.#text[at] === "&") {
      anchor = this.#match(ANCHOR, at)?.[1] ?? leave();
      at = this.#end;
      from = at;
      while (this.#text[at] === " ") at++;
    }
    const sign = this.#text[at];
    if (sign === undefined || sign === "\n" || sign === "#") {
      if (this.#match(TAIL, from) === null) return leave();
      return this.#below(at, indent, ofKey, anchor);
    }
    if (sign === "|") return this.#literal(at, indent, anchor);
    const value = this.#inline(at, anchor);
    if (this.#match(TAIL, this.#end) === null) return leave();
    this.#line++;
    // A deeper line would go on with a scalar, or be an error.
    return this.#indent > indent ? leave() : value;
  }

  #below(at: number, indent: number, ofKey: boolean, anchor: string | undefined): Syntax {
    this.#line++;
    if (this.#indent > indent) return this.#block(this.#indent, anchor);
    if (anchor !== undefined) return leave();
    if (ofKey && this.#indent === indent && this.#isItem(this.#offset(indent))) return this.#block(indent, undefined);
    return scalar(at, null, "", undefined, true);
  }

  /** `|` and `|-`, whose lines are as deep as the first of them. */
  #literal(at: number, indent: number, anchor: string | undefined): Syntax {
    const strips = (this.#match(LITERAL, at) ?? leave())[1] === "-";
    let from = this.#end;
    const lines: string[] = [];
    let deep = 0;
    for (let end = this.#text.indexOf("\n", from); end >= 0; from = end + 1, end = this.#text.indexOf("\n", from)) {
      const line = this.#text.slice(from, end);
      const column = line.search(/[^ ]/);
      if (column < 0 && line.length > deep) return leave();
      if (column >= 0 && column <= indent) break;
      if (column >= 0 && deep === 0) deep = column;
      if (column >= 0 && column < deep) return leave();
      lines.push(column < 0 ? "" : line.slice(deep));
    }
    // A last line that nothing ends, or nothing at all.
    if (deep === 0 || (from < this.#text.length && !this.#text.includes("\n", from) && this.#text[from] === " ")) return leave();
    while (lines.at(-1) === "") lines.pop();
    this.#line++;
    for (let start = this.#starts[this.#line]; start !== undefined && start < from; start = this.#starts[this.#line]) this.#line++;
    const value = lines.join("\n") + (strips ? "" : "\n");
    return this.#indent > indent ? leave() : scalar(at, value, value, anchor, false);
  }

  #inline(at: number, anchor: string | undefined): Syntax {
    const sign = this.#text[at];
    if (sign === '"' || sign === "'") return this.#quoted(at, anchor);
    if (sign === "[" || sign === "{") return this.#flow(at, anchor);
    if (sign === "*") return anchor === undefined ? this.#alias(at) : leave();
    const source = (this.#match(LINE, at)?.[0] ?? leave()).trimEnd();
    this.#end = at + source.length;
    return source.includes(": ") || source.endsWith(":") ? leave() : scalar(at, resolved(source), source, anchor, true);
  }

  #alias(at: number): Syntax {
    return { kind: "alias", at, source: this.#match(ALIAS, at)?.[1] ?? leave() };
  }

  #quoted(at: number, anchor: string | undefined): SyntaxScalar {
    const double = this.#text[at] === '"';
    const written = this.#match(double ? DOUBLE : SINGLE, at)?.[1] ?? leave();
    const value = double ? written : written.replaceAll("''", "'");
    return scalar(at, value, value, anchor, false);
  }

  /** A flow collection that ends on its line; what is after it is at `#end`. */
  #flow(at: number, anchor: string | undefined): Syntax {
    if (++this.#depth > DEEPEST) return leave();
    const isMap = this.#text[at] === "{";
    const close = isMap ? "}" : "]";
    const items: Syntax[] = [];
    const pairs: SyntaxPair[] = [];
    this.#skip(at + 1);
    while (this.#text[this.#end] !== close) {
      if (isMap) {
        const key = this.#key(this.#end);
        if (this.#text[this.#end] !== ":" || this.#text[this.#end + 1] !== " ") return leave();
        this.#skip(this.#end + 1);
        pairs.push({ key, value: this.#flowItem(this.#end) });
      } else items.push(this.#flowItem(this.#end));
      this.#skip(this.#end);
      if (this.#text[this.#end] === close) break;
      if (this.#text[this.#end] !== ",") return leave();
      this.#skip(this.#end + 1);
      if (this.#text[this.#end] === close) return leave();
    }
    this.#end++;
    this.#depth--;
    return isMap ? { kind: "map", at, anchor, tag: undefined, items: pairs } : { kind: "list", at, anchor, tag: undefined, items };
  }

  #flowItem(at: number): Syntax {
    const sign = this.#text[at];
    if (sign === "[" || sign === "{") return this.#flow(at, undefined);
    if (sign === '"' || sign === "'") return this.#quoted(at, undefined);
    if (sign === "*") return this.#alias(at);
    const source = this.#match(FLOW, at)?.[0] ?? leave();
    return scalar(at, resolved(source), source, undefined, true);
  }

  #skip(at: number): void {
    this.#end = at;
    while (this.#text[this.#end] === " ") this.#end++;
  }

  /** Where the last match ended. */
  #end = 0;

  #match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#end = pattern.lastIndex;
    return found;
  }
}

const scalar = (at: number, value: unknown, source: string, anchor: string | undefined, plain: boolean): SyntaxScalar => ({
  ...{ kind: "scalar", at, anchor, tag: undefined, value, source, plain },
});

/** By the core schema (YAML 1.2.2, 10.3.2); rarer forms of numbers are left to the library. */
function resolved(source: string): string | number | boolean | null {
  const first = source.charCodeAt(0);
  if (first === 126 || first === 110 || first === 78) return NOTHING.test(source) ? null : source;
  if (first > 57) return NOT_TEXT.test(source) ? source.charAt(0).toLowerCase() === "t" : source;
  if (!NUMBERLIKE.test(source)) return source;
  if (INTEGER.test(source) || DECIMAL.test(source)) return Number(source);
  return RARE_NUMBER.test(source) ? leave() : source;
}
