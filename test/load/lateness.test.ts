import { expect, it } from "vitest";
import { Lateness, worstAround } from "./lateness.ts";

const T = 1_700_000_000_000;

it("keeps the worst of each second in which it was late", () => {
  const lateness = new Lateness();
  for (const [now, late] of [
    [T + 100, 4],
    [T + 200, 90],
    [T + 900, 40],
    [T + 1_500, 8],
    [T + 2_010, 700],
  ] as const)
    lateness.note(now, late);
  expect(lateness.seconds).toEqual([
    { at: T, lateMs: 90 },
    { at: T + 2_000, lateMs: 700 },
  ]);
  expect(lateness.worstMs).toBe(700);
});

it("tells the worst around a stretch of time, and not that of another minute", () => {
  const seconds = [
    { at: T, lateMs: 3_000 },
    { at: T + 60_000, lateMs: 400 },
  ];
  expect(worstAround(seconds, T + 59_000, T + 59_500)).toBe(400);
  expect(worstAround(seconds, T + 30_000, T + 32_000)).toBe(0);
  // It was stopped within the stretch, and was told of when it went on.
  expect(worstAround(seconds, T - 4_500, T - 4_100)).toBe(0);
  expect(worstAround(seconds, T - 4_000, T - 3_500)).toBe(3_000);
});
