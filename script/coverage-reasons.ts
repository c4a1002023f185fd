import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Way } from "./coverage-ways.ts";

/**
 * Why no unit test takes a way of a line. `cannot`: no state leads there; `engine`: a test on the real engine does, the file it
 * names; `words`: only a text for people differs; `failure`: an effect fails in a way no test makes; `order`: a race leads there;
 * `open`: a test could take it and none does.
 */
export const KINDS = ["cannot", "engine", "words", "failure", "order", "open"] as const;
export type Kind = (typeof KINDS)[number];

export interface Reason {
  readonly file: string;
  /** The text of the line, without the spaces around it: numbers move with each change. */
  readonly at: string;
  readonly kind: Kind;
  readonly why: string;
}

/** docs/coverage-reasons.yaml. Raises an Error for a reason of no known kind. */
export function readReasons(root: string): Reason[] {
  const files = parse(readFileSync(join(root, "docs/coverage-reasons.yaml"), "utf8")) as Record<
    string,
    readonly { at: string; why: string }[]
  >;
  return Object.entries(files).flatMap(([file, entries]) =>
    entries.map(({ at, why }) => {
      const kind = KINDS.find((one) => why.startsWith(`${one}: `));
      if (kind === undefined) throw new Error(`${file}: ${at}: "${why}" begins with none of ${KINDS.join(", ")}`);
      return { file, at, kind, why: why.slice(kind.length + 2) };
    }),
  );
}

export interface Judgement {
  /** Not taken, and nobody says why. */
  readonly unexplained: readonly Way[];
  /** Reasons of lines whose ways are all taken. Not those of a race: one run takes such a way and the next does not. */
  readonly needless: readonly Reason[];
}

/** @param textOf the text of a line of a file, without the spaces around it */
export function judgeWays(ways: readonly Way[], reasons: readonly Reason[], textOf: (way: Way) => string): Judgement {
  const key = (file: string, at: string): string => `${file}\n${at}`;
  const explained = new Set(reasons.map(({ file, at }) => key(file, at)));
  const untaken = ways.filter(({ taken }) => !taken).map((way) => ({ way, key: key(way.file, textOf(way)) }));
  const needed = new Set(untaken.map((one) => one.key));
  return {
    unexplained: untaken.filter((one) => !explained.has(one.key)).map(({ way }) => way),
    needless: reasons.filter(({ file, at, kind }) => kind !== "order" && !needed.has(key(file, at))),
  };
}
