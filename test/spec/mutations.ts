import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { InstarError } from "../../src/errors.ts";
import { composeDocument } from "../../src/spec/canonical.ts";
import { checkStack } from "../../src/spec/check.ts";
import { loadTree, specOf } from "../../src/spec/load.ts";
import { printYaml } from "../../src/spec/print.ts";
import { cases, folderOf, readCase } from "./cases.ts";

/** Files of one stack, by absolute path under /corpus. */
export interface Sample {
  readonly files: Readonly<Record<string, string>>;
  readonly named: readonly string[];
}

/** `ok`, or the code of the error; anything else than an error of the stack-file range is thrown. */
export function attempt({ files, named }: Sample): string {
  try {
    const tree = loadTree({
      files: named,
      cwd: "/corpus",
      env: { HOME: "/root", TAG: "1" },
      readFile: (path) => (Object.hasOwn(files, path) ? (files[path] ?? null) : null),
    });
    printYaml(composeDocument(tree));
    checkStack(specOf(tree));
    return "ok";
  } catch (error) {
    if (error instanceof InstarError && /^INS10\d\d$/.test(error.code)) return error.code;
    throw error;
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The files of every case of the corpus. */
export function seeds(): readonly Sample[] {
  return cases.map((name) => {
    const folder = folderOf(name);
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => !file.endsWith(".json") && statSync(join(folder, file)).isFile())
      .map((file): [string, string] => [join("/corpus", relative(".", file)), readFileSync(join(folder, file), "utf8")]);
    return { files: Object.fromEntries(found), named: readCase(name).files ?? [] };
  });
}

type Dice = () => number;
type Mutation = (text: string, dice: Dice, other: string) => string;

const upTo = (dice: Dice, limit: number): number => Math.floor(dice() * limit);
const one = <T>(dice: Dice, list: readonly T[]): T => list[upTo(dice, list.length)] as T;

const WORDS = [
  ..."[]{}:,-?&*!|>'\"%@`#\n\t\r\u0000\ufeff\ud800",
  "<<: *env",
  "<<: [*env, *base]",
  "*env",
  "&a ",
  "!reset ",
  "!override ",
  "!!binary ",
  "!x ",
  "---\n",
  "...\n",
  "null",
  "~",
  "1e999",
  "-0",
  "0x",
  ".nan",
  "9007199254740993",
  "${",
  "${A:-",
  "$$",
  "${A:?",
  "${TAG}",
  "__proto__",
  "constructor",
  "extends: web\n",
  "include: [compose.yaml]\n",
  "extends: {file: compose.yaml, service: web}",
  "x-instar: {ready: {http: /}}",
  "80-65535:80-65535",
  "99999999999999999999s",
  "1".repeat(400),
  "ü",
  "  ",
];

const lines =
  (change: (lines: string[], dice: Dice, other: readonly string[]) => void): Mutation =>
  (text, dice, other) => {
    const list = text.split("\n");
    change(list, dice, other.split("\n"));
    return list.join("\n");
  };

const MUTATIONS: readonly Mutation[] = [
  (text, dice) => splice(text, upTo(dice, text.length), upTo(dice, 8), ""),
  (text, dice) => splice(text, upTo(dice, text.length), upTo(dice, 3), one(dice, WORDS)),
  (text, dice) => splice(text, upTo(dice, text.length), 0, String.fromCharCode(upTo(dice, 256))),
  (text, dice) => {
    const from = upTo(dice, text.length);
    return splice(text, upTo(dice, text.length), 0, text.slice(from, from + upTo(dice, 200)));
  },
  (text, dice) => {
    // One value for another: what stands after a colon.
    const places = [...text.matchAll(/(?<=: )[^\n{[,}\]]+/g)];
    const place = places[upTo(dice, places.length)];
    return place === undefined
      ? text
      : splice(text, place.index, place[0].length, one(dice, [...WORDS, "[]", "{}", "[[]]", "{a: b}", "true", "1", ""]));
  },
  lines((list, dice) => list.splice(upTo(dice, list.length), 1 + upTo(dice, 3))),
  lines((list, dice) => list.splice(upTo(dice, list.length), 0, one(dice, list))),
  lines((list, dice) => {
    const at = upTo(dice, list.length);
    list[at] = " ".repeat(upTo(dice, 9)) + (list[at] ?? "").trimStart();
  }),
  lines((list, dice, other) => list.splice(upTo(dice, list.length), 0, ...other.slice(upTo(dice, other.length)))),
];

/** Rare ones: each costs as much as a hundred of the others. */
const HEAVY: readonly Mutation[] = [
  (text, dice) =>
    splice(text, upTo(dice, text.length), 0, one(dice, ["[", "{a: ", "- ", "? ", "!reset [", "${A:-"]).repeat(upTo(dice, 50_000))),
  (text, dice) => splice(text, upTo(dice, text.length), 0, one(dice, ["x", "$$", "é", "\\", "1", "a b ", "#"]).repeat(upTo(dice, 400_000))),
  (text, dice) => `${text}\nx-b0: &b0 [${"1,".repeat(10)}]\n${bomb(2 + upTo(dice, 12), 2 + upTo(dice, 12))}`,
  (text, dice) => {
    const count = upTo(dice, 20_000);
    const line = one(dice, ["k#: v", "- a#", "s#: {image: a}", "? #", "#: {<<: *b}", "a#: &c# [1]", "- [], # \n", "k#: '${A#:-x}'"]);
    return `${text}\nx-many: &b\n${Array.from({ length: count }, (_, i) => `  ${line.replaceAll("#", String(i))}`).join("\n")}`;
  },
  (text, dice) => {
    const count = upTo(dice, 3_000);
    const line = one(dice, [
      "s#: {image: a, ports: ['1-9000:1-9000']}",
      "s#: {extends: s0}",
      "s#: {image: a, depends_on: [s0]}",
      "s#: {imge: a}",
      "s#: {image: a, environment: {A: '$B#'}}",
    ]);
    return `${text}\nservices:\n  s0: {image: a}\n${Array.from({ length: count }, (_, i) => `  ${line.replaceAll("#", String(i + 1))}`).join("\n")}`;
  },
];

const bomb = (depth: number, width: number): string =>
  Array.from({ length: depth }, (_, i) => `x-b${i + 1}: &b${i + 1} [${Array.from({ length: width }, () => `*b${i}`).join(",")}]`).join(
    "\n",
  );

const splice = (text: string, at: number, remove: number, insert: string): string => text.slice(0, at) + insert + text.slice(at + remove);

/** The sample of one run: a stack of the corpus with one of its files changed once or twice. */
export function mutated(all: readonly Sample[], seed: number): Sample {
  const dice = random(seed);
  const sample = one(dice, all);
  const names = Object.keys(sample.files);
  const name = one(dice, names);
  const other = one(dice, all);
  const more = other.files[one(dice, Object.keys(other.files))] ?? "";
  let text = sample.files[name] ?? "";
  for (let left = 1 + upTo(dice, 2); left > 0; left--) text = one(dice, MUTATIONS)(text, dice, more);
  if (dice() < 0.04) text = one(dice, HEAVY)(text, dice, more);
  return { ...sample, files: { ...sample.files, [name]: text } };
}
