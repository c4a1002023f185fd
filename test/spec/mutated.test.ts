import { expect, test } from "vitest";
import { attempt, mutated, random, seeds } from "./mutations.ts";

// script/fuzz-spec runs many more, with limits on time and memory.
test("500 mutated files: a result or an error of the catalogue", () => {
  const all = seeds();
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 500; seed++) {
    const outcome = attempt(mutated(all, seed));
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  // Were all refused for one reason, nothing would have been tried.
  expect(counts.get("ok")).toBeGreaterThan(20);
  expect(counts.size).toBeGreaterThan(6);
});

test("a seed always makes the same file", () => {
  const all = seeds();
  expect(mutated(all, 7)).toEqual(mutated(all, 7));
  expect([random(1)(), random(2)()]).not.toEqual([random(1)(), random(1)()]);
});

test("a few letters that stand for millions of ports, services or values are refused before they are written out", () => {
  const of = (lines: readonly string[]) => attempt({ files: { "/corpus/compose.yaml": lines.join("\n") }, named: [] });
  const many = (count: number, line: string) => Array.from({ length: count }, (_, i) => line.replaceAll("#", String(i)));
  expect(of(["services:", ...many(3000, " s#: {image: a, ports: ['1-9000:1-9000']}")])).toBe("INS1012");
  const keys = many(5000, "K#: 1").join(", ");
  expect(of(["services:", ` s: {image: a, environment: {${keys}}}`, ...many(5000, " s#: {extends: s}")])).toBe("INS1012");
  expect(of(["services:", " s0: {image: a}", ...Array.from({ length: 200 }, (_, i) => ` s${i + 1}: {extends: s${i}}`).reverse()])).toBe(
    "INS1012",
  );
});
