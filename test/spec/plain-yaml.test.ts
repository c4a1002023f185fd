import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { plainSyntax } from "../../src/spec/plain-yaml.ts";
import { libraryDocuments } from "../../src/spec/yaml.ts";
import { mutated, seeds } from "./mutations.ts";

/** The library's documents; `refused` where it finds an error. */
function libraryOf(text: string): unknown {
  try {
    return [...libraryDocuments("f", text).documents];
  } catch (error) {
    if (error instanceof InstarError) return "refused";
    throw error;
  }
}

/** What the two make of it: `left` to the library, `same`, or else. */
function compared(text: string): "left" | "same" | { readonly plain: unknown; readonly library: unknown } {
  const plain = plainSyntax(text);
  if (plain === null) return "left";
  const library = libraryOf(text);
  return isDeepStrictEqual([plain], library) ? "same" : { plain, library };
}

const SAME = [
  "a: b",
  "a: b\n",
  "---\na: b\n",
  "# c\na: b # c\n\n#d\nc: d#e\n  # f\ne: f  \n",
  "a:\nb:\n",
  "a:\n  b:\n  c: 1\nd:   # e\n  f: g\n",
  "a:\n- b\n- c: d\n  e: f\n-   g: h\n    i: j\n- - k\n  - l\n-\n  m: n\n-\n- o\n",
  "a:\n  - b\n  -   - c\n",
  "a: [b, \"c d\", 'e''f', 1, [g, {h: i}], {}, [], -x, $V]\nb: { c: d, \"e\": 2, f: *g }\nx: &g 1\n",
  "a: &b\n  c: d\ne:\n  <<: *b\n  f: &h g\ni: [*b, *h]\n",
  "a: &b\n  - c\n",
  "\"a b\": 'c: d'\n'e': \"f # g\"\n",
  "a: 1\nb: -1\nc: 1.5\nd: .5\ne: 5.\nf: +3\ng: 007\nh: 1_000\ni: 1.2.3\nj: 1-2\nk: 10s\nl: 2026-01-01\nm: 12:30\nn: --x\no: -f\n",
  "a: true\nb: False\nc: ~\nd: null\ne: NULL\nf: yes\ng: nulls\nh: tru\ni: ~/x\n",
  "a: http://x:80/y?z=1&b#c\nb: a - b\nc: a ? b\nd: a, b [c] {d}\ne: 100%\nf: $${X:-y}\ng: a'b\"c\nh: =\ni: (x)\n",
  "a: -1x\nb: ?x\nc: :x\nd: x:y\n",
  "a: ü ä€\n",
  "- a\n- b: c\n",
  "a: |\n  b\n   c\n\n  # d\n\ne: |- # f\n    g: h\n    - i\n\n\n#j\nk:\n- |\n  l\n- m: |\n    n\n  o: &p |-\n   q\n",
  "a: b\n   \n  \nc: d",
];

test.each(SAME)("%j is read as the library reads it", (text) => {
  expect(compared(text)).toBe("same");
});

/** Legal or not, they are the library's. */
const LEFT = [
  ...["a: |\n  b", "a: |\n", "a: |\n\n", "a: |\nb: c\n", "a: |+\n  b\n\n", "a: |2\n  b\n", "a: |\n   b\n  c\n", "a: |\n   \n  b\n"],
  ...[
    "a: |\n  b\n #c\n",
    "a: |\n  b\n#c\n  d\n",
    "a: | b\n",
    "a: |\n  b\n---\nc",
    "- |\n b\n  c\n- d",
    "- a: |\n  b\n",
    "- a: |\n   b\n  c: d\n",
  ],
  ...["a: |\n  b\n   \n", "a: |\n  b\n  c", "a: |\n  b\n  \n  c\n", "a: |\n  b\n\n c: d\n"],
  ...["", "a", "# only", "a: b\n---\nc: d", "--- a", "...", "%YAML 1.2\n---\na: b", " a: b", "a: b\n c: d", "a:\n  b: c\n d: e"],
  ...[
    "a: b\n  c",
    "a: |\n  b",
    "a: >-\n  b",
    'a: "b\n  c"',
    'a: "b\\n"',
    "a: b: c",
    "a: b:",
    "a: [b,\n  c]",
    "a: [b, ]",
    "a: [b",
    "a: {b: c",
  ],
  ...[
    "a: {b}",
    "a: {b:c}",
    "a: [b: c]",
    "a: [b c: d]",
    "a: [, b]",
    "? a\n: b",
    "a : b",
    "1: b",
    "true: b",
    "~: b",
    "a: !reset b",
    "!x a: b",
  ],
  ...[
    "a: 0x1f",
    "a: 1e3",
    "a: 0o7",
    "a: .inf",
    "a: -.Inf",
    "a: .nan",
    "a: @b",
    "a: `b`",
    "a: %b",
    "a: *b c",
    "a: & b",
    "a: &b *c",
    "a: - b",
  ],
  ...[
    "a:\tb",
    "a: b\r\n",
    "a: \u0000",
    "\ufeffa: b",
    "a: \u{1f600}",
    "a: 'b'c",
    'a: "b"#c',
    "a: [b]c",
    "a: [b] c",
    "a: b\n- c",
    "- a\nb: c",
    "a:\n- b\nc",
  ],
  ...["a:\n  - b\n c: d", "a: &b", "a: &b\nc: d", "&a b: c", "*a : b", "a: [a #b]", "a: [a, #b]", "[a, b]", "{a: b}", "a: b\n#\n    c"],
  ...["ü: ä", "- a\n b: c", "- a: b\n c: d", "-a: b\n c", "a: ,b", "a: ]", "a: }", "a: #b\n c", "a:b", "a: ?", "a: -", "a: :"],
];

test.each(LEFT)("%j is left to the library, or read as it does", (text) => {
  expect(["left", "same"]).toContain(compared(text));
});

test("most files of the corpus are plain, and read as the library reads them", () => {
  const found = seeds()
    .flatMap(({ files }) => Object.entries(files))
    .filter(([name]) => name.endsWith(".yaml"))
    .map(([, text]) => compared(text));
  expect(found.filter((one) => one !== "left" && one !== "same")).toEqual([]);
  expect(found.filter((one) => one === "same").length).toBeGreaterThan(found.length / 2);
});

test("nothing that is changed by chance is read otherwise, or accepted where the library refuses it", () => {
  const all = seeds();
  let same = 0;
  for (let seed = 0; seed < Number(process.env.INSTAR_RUNS ?? 1500); seed++) {
    for (const text of Object.values(mutated(all, seed).files)) {
      if (text.length > 20_000) continue;
      const found = compared(text);
      if (typeof found !== "string") expect.fail(`seed ${seed}: ${JSON.stringify({ text, ...found }, null, 1)}`);
      if (found === "same") same++;
    }
  }
  expect(same).toBeGreaterThan(300);
});

test("what would take long, or a deep stack, is left to the library's limits", () => {
  for (const text of [`a: ${" ".repeat(1000)}b`, `a: ${"[".repeat(90_000)}`, "- ".repeat(90_000), `a: b\n${"#".repeat(200_000)}`])
    expect(plainSyntax(text)).toBeNull();
});
