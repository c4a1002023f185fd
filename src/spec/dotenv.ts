import { InstarError } from "../errors.ts";
import { type Environment, interpolateText, lookUp } from "./interpolate.ts";
import type { Position } from "./types.ts";
import { MAX_BYTES } from "./yaml.ts";

const KEY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*([=:]?)/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$$" };

/**
 * Reads a `.env` file by Compose's rules: `KEY=value`, `KEY: value`, `export`, comments, single quotes (literal), double quotes
 * (escapes and interpolation), quoted values over several lines. A key alone takes its value from `outer`, or is left out.
 * Variables in values are looked up in `outer` first, then in the lines above.
 * Raises INS1002 (a line that is none), INS1013, INS1005, INS1012, with positions.
 */
export function parseDotenv(file: string, text: string, outer: Environment): Map<string, string> {
  const at = (offset: number): Position => {
    const before = text.slice(0, offset).split("\n");
    return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new InstarError("INS1012", `${file} is larger than ${MAX_BYTES / 1024} KiB`, { at: at(0) });
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const values = new Map<string, string>();
  const environment: Record<string, string | undefined> = { ...outer };
  for (let offset = 0; offset < source.length; ) {
    const newline = source.indexOf("\n", offset);
    const end = newline < 0 ? source.length : newline;
    const line = source.slice(offset, end);
    if (/^[ \t]*(#|$)/.test(line)) {
      offset = end + 1;
      continue;
    }
    const match = KEY.exec(line);
    const name = match?.[1];
    if (match === null || name === undefined || (match[2] === "" && line.slice(match[0].length).trim() !== "")) {
      throw new InstarError("INS1002", "this line is not of the form NAME=value", {
        at: at(offset),
        hint: "write NAME=value, or begin the line with # for a comment",
      });
    }
    if (match[2] === "") {
      const inherited = lookUp(outer, name);
      if (inherited !== undefined) values.set(name, inherited);
      offset = end + 1;
      continue;
    }
    const start = offset + match[0].length + (/^[ \t]*/.exec(line.slice(match[0].length))?.[0].length ?? 0);
    const read = readValue(source, start, () => at(start));
    const value = read.expand ? interpolateText(read.value, environment, () => at(start)) : read.value;
    if (!value.isWellFormed() || value.includes("\0"))
      throw new InstarError("INS1004", `${name} has a character that no container can take`, { at: at(start) });
    values.set(name, value);
    if (lookUp(outer, name) === undefined) environment[name] = value;
    offset = read.next;
  }
  return values;
}

interface Read {
  readonly value: string;
  readonly expand: boolean;
  /** Where the next line begins. */
  readonly next: number;
}

function readValue(source: string, start: number, at: () => Position): Read {
  const quote = source[start];
  const lineEnd = (from: number): number => {
    const newline = source.indexOf("\n", from);
    return newline < 0 ? source.length : newline;
  };
  if (quote !== '"' && quote !== "'") {
    const end = lineEnd(start);
    const raw = source.slice(start, end);
    // As compose-go has it: only after a space, so that a colour or a password may begin with one.
    const comment = raw.indexOf(" #");
    return { value: (comment < 0 ? raw : raw.slice(0, comment)).trim(), expand: true, next: end + 1 };
  }
  let value = "";
  for (let i = start + 1; i < source.length; i++) {
    const character = source[i] ?? "";
    if (character === quote) {
      const end = lineEnd(i + 1);
      const rest = source.slice(i + 1, end).trim();
      if (rest !== "" && !rest.startsWith("#"))
        throw new InstarError("INS1002", `text after the closing quote: ${JSON.stringify(rest.slice(0, 40))}`, {
          at: at(),
          hint: "quote the whole value",
        });
      return { value, expand: quote === '"', next: end + 1 };
    }
    if (quote === '"' && character === "\\" && i + 1 < source.length) {
      const next = source[++i] ?? "";
      value += ESCAPES[next] ?? `\\${next}`;
    } else value += character;
  }
  throw new InstarError("INS1002", "the quote is never closed", { at: at() });
}

/** `format: raw`: every line is `NAME=value`, taken as it stands. */
export function parseRawEnv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals > 0 && !/^\s*#/.test(line)) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return values;
}
