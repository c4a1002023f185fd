import fc from "fast-check";
import { expect, it } from "vitest";
import { sharesOf, weightsFor } from "../../src/plan/weights.ts";
import { runs } from "../seed.ts";

const parts = (...given: readonly (readonly [share: number, instances: number])[]) =>
  given.map(([share, instances]) => ({ share, instances }));

it.each([
  [
    "5 % to 1 beside 3",
    parts([500, 1], [9_500, 3]),
    [
      [1, 39],
      [3, 247],
    ],
  ],
  [
    "50 % to 2 beside 4",
    parts([5_000, 2], [5_000, 4]),
    [
      [2, 256],
      [4, 128],
    ],
  ],
  [
    "1 % to 3 beside 1: two of them carry",
    parts([100, 3], [9_900, 1]),
    [
      [2, 1],
      [1, 198],
    ],
  ],
  [
    "everything to one",
    parts([10_000, 2], [0, 3]),
    [
      [2, 100],
      [0, 0],
    ],
  ],
  [
    "nothing is there of one",
    parts([500, 0], [9_500, 3]),
    [
      [0, 0],
      [3, 100],
    ],
  ],
  [
    "a set that is only kept",
    parts([10_000, 2], [0, 2]),
    [
      [2, 100],
      [0, 0],
    ],
  ],
  [
    "what one cannot express",
    parts([10, 1], [9_990, 1]),
    [
      [1, 1],
      [1, 256],
    ],
  ],
  [
    "three revisions, nothing is there of one: the others share all",
    parts([5_000, 2], [2_500, 0], [2_500, 1]),
    [
      [2, 256],
      [0, 0],
      [1, 256],
    ],
  ],
  [
    "1 % of what is left to 3 beside 1, nothing is there of another",
    parts([50, 3], [5_000, 0], [4_950, 1]),
    [
      [2, 1],
      [0, 0],
      [1, 198],
    ],
  ],
  [
    "three revisions, one of which is only kept",
    parts([5_000, 1], [0, 2], [5_000, 1]),
    [
      [1, 256],
      [0, 0],
      [1, 256],
    ],
  ],
  [
    "0.01 % to 2 beside 1: one of them carries",
    parts([1, 2], [9_999, 1]),
    [
      [1, 1],
      [1, 256],
    ],
  ],
  [
    "0.01 % to 1 beside 2: both of the others carry, with fewer it would get more",
    parts([1, 1], [9_999, 2]),
    [
      [1, 1],
      [2, 256],
    ],
  ],
  [
    "1 % to 20 beside 5: of the light ones some carry nothing",
    parts([100, 20], [9_900, 5]),
    [
      [14, 1],
      [5, 256],
    ],
  ],
  [
    "99 % to 5 beside 20: and so the other way round",
    parts([9_900, 5], [100, 20]),
    [
      [5, 256],
      [14, 1],
    ],
  ],
  [
    "3.9 % to 32 beside 3: a tenth of a percent off is met, and all of them carry",
    parts([390, 32], [9_610, 3]),
    [
      [32, 1],
      [3, 256],
    ],
  ],
  [
    "where sparing one brings nobody nearer, all carry",
    parts([1, 1], [3_333, 2], [6_666, 1]),
    [
      [1, 1],
      [2, 64],
      [1, 256],
    ],
  ],
  [
    "two light revisions alike: the first spares one",
    parts([20, 2], [20, 2], [9_960, 3]),
    [
      [1, 1],
      [2, 1],
      [3, 248],
    ],
  ],
  [
    "three revisions",
    parts([5_000, 1], [2_500, 1], [2_500, 1]),
    [
      [1, 256],
      [1, 128],
      [1, 128],
    ],
  ],
])("%s", (_name, given, expected) => {
  expect(weightsFor(given).map(({ carriers, weight }) => [carriers, weight])).toEqual(expected);
});

it("weights are 0 to 256, shares come within half a point, nobody carries who has no share", () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 9_900 }), side, side, (share, instances, others) => {
      const loads = weightsFor(parts([share, instances], [10_000 - share, others]));
      for (const { carriers, weight } of loads) {
        expect(weight).toBeGreaterThanOrEqual(1);
        expect(weight).toBeLessThanOrEqual(256);
        expect(carriers).toBeGreaterThanOrEqual(1);
      }
      const shares = sharesOf(loads);
      expect(shares.reduce((sum, one) => sum + one, 0)).toBeCloseTo(10_000, 5);
      expect(Math.abs((shares[0] ?? 0) - share)).toBeLessThanOrEqual(50);
    }),
    { numRuns: runs(500) },
  );
});

it("where nobody carries, nobody has a share", () => {
  expect(sharesOf(weightsFor(parts([500, 0], [9_500, 0])))).toEqual([0, 0]);
});
