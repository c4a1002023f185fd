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
