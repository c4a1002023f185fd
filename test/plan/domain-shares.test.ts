import fc from "fast-check";
import { expect, test } from "vitest";
import { WHOLE } from "../../src/plan/course.ts";
import { domainShares } from "../../src/plan/domain-shares.ts";

const of = (...sharers: readonly (readonly [weight: number, ready: boolean])[]) =>
  domainShares(sharers.map(([weight, ready]) => ({ weight, ready }))).map(({ share, now }) => [share, now]);

test.each([
  [
    of([90, true], [10, true]),
    [
      [9_000, 9_000],
      [1_000, 1_000],
    ],
  ],
  [
    of([90, true], [10, false]),
    [
      [9_000, 10_000],
      [1_000, 0],
    ],
  ],
  [
    of([90, false], [10, false]),
    [
      [9_000, 9_000],
      [1_000, 1_000],
    ],
  ],
  [
    of([1, true], [1, true], [1, true]),
    [
      [3_334, 3_334],
      [3_333, 3_333],
      [3_333, 3_333],
    ],
  ],
  [
    of([4, true], [3, true]),
    [
      [5_714, 5_714],
      [4_286, 4_286],
    ],
  ],
  [
    of([1, true], [1, false], [2, true]),
    [
      [2_500, 3_333],
      [2_500, 0],
      [5_000, 6_667],
    ],
  ],
])("%j", (got, wanted) => {
  expect(got).toEqual(wanted);
});

test("shares sum to the whole, are the weights' to a hundredth of a percent, and nothing goes where nothing is ready", () => {
  const sharers = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 10_000 }), ready: fc.boolean() }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(sharers, (some) => {
      const shares = domainShares(some);
      const takes = some.some(({ ready }) => ready) ? some.filter(({ ready }) => ready) : some;
      const sum = (of: readonly { weight: number }[]): number => of.reduce((total, { weight }) => total + weight, 0);
      expect(shares.reduce((total, { share }) => total + share, 0)).toBe(WHOLE);
      expect(shares.reduce((total, { now }) => total + now, 0)).toBe(WHOLE);
      for (const [index, one] of some.entries()) {
        expect(Math.abs((shares[index]?.share ?? 0) - (one.weight * WHOLE) / sum(some))).toBeLessThan(1);
        if (takes.includes(one)) expect(Math.abs((shares[index]?.now ?? 0) - (one.weight * WHOLE) / sum(takes))).toBeLessThan(1);
        else expect(shares[index]?.now).toBe(0);
      }
    }),
  );
});
