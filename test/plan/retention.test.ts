import fc from "fast-check";
import { expect, test } from "vitest";
import { type Aged, expired } from "../../src/plan/retention.ts";

const DAY = 86_400_000;
const taken = (id: string, daysAgo: number, more: Partial<Aged> = {}): Aged => ({
  ...{ id, volume: "v", createdAt: 100 * DAY - daysAgo * DAY, automatic: true },
  ...more,
});

test.each([
  ["the oldest beyond the number", { keep: 2, maxAgeMs: null }, ["a"]],
  ["those that are too old", { keep: null, maxAgeMs: 2 * DAY }, ["a"]],
  ["the newest stays, however old", { keep: null, maxAgeMs: 0 }, ["a", "b"]],
  ["a number of none still keeps one", { keep: 0, maxAgeMs: null }, ["a", "b"]],
  ["no limit, nothing", { keep: null, maxAgeMs: null }, []],
])("%s", (_name, retention, gone) => {
  expect(expired([taken("b", 2), taken("c", 1), taken("a", 3)], retention, 100 * DAY)).toEqual(gone);
});

test("of those of one moment the lesser id goes first, in whatever order they are told", () => {
  const all = ["a", "b", "c", "d"].map((id) => taken(id, 1));
  for (const told of [all, [...all].reverse()]) expect(expired(told, { keep: 2, maxAgeMs: null }, 100 * DAY).sort()).toEqual(["a", "b"]);
});

test("what a wrong clock dated after now is of now: it goes before one that is, and after none that is older", () => {
  const [ahead, further] = [taken("ahead", -300), taken("further", -301)];
  const all = [ahead, taken("now", 0), taken("old", 1), further];
  const gone = (keep: number) => expired(all, { keep, maxAgeMs: null }, 100 * DAY);
  expect(gone(3)).toEqual(["old"]);
  expect(gone(2)).toEqual(["old", "ahead"]);
  expect(gone(1)).toEqual(["old", "ahead", "further"]);
});

test("each volume is counted by itself, and what somebody asked for stays", () => {
  const all = [taken("a", 9), taken("b", 8, { volume: "w" }), taken("c", 7, { automatic: false }), taken("d", 6)];
  expect(expired(all, { keep: 1, maxAgeMs: null }, 100 * DAY)).toEqual(["a"]);
});

test("whatever the limits: the newest of each volume and everything by hand stay, and no more than `keep`", () => {
  const some = fc.record({ volume: fc.constantFrom("v", "w"), createdAt: fc.nat(50), automatic: fc.boolean() });
  const limit = fc.option(fc.nat(5), { nil: null });
  fc.assert(
    fc.property(fc.array(some), limit, limit, (rows, keep, maxAgeMs) => {
      const all = rows.map((row, index) => ({ ...row, id: String(index).padStart(3, "0") }));
      const left = all.filter((one) => !expired(all, { keep, maxAgeMs }, 50).includes(one.id));
      expect(left.filter((one) => !one.automatic)).toEqual(all.filter((one) => !one.automatic));
      for (const volume of ["v", "w"]) {
        const before = all.filter((one) => one.volume === volume && one.automatic);
        const after = left.filter((one) => one.volume === volume && one.automatic);
        const newest = Math.max(...before.map((one) => one.createdAt));
        if (before.length > 0) expect(after.map((one) => one.createdAt)).toContain(newest);
        if (keep !== null) expect(after.length).toBeLessThanOrEqual(Math.max(1, keep));
        if (maxAgeMs !== null) expect(after.filter((one) => 50 - one.createdAt > maxAgeMs).length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
