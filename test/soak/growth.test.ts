import { describe, expect, it } from "vitest";
import { judgeGrowth, type Rest, slopeAnHour } from "./growth.ts";

const MINUTE = 60_000;
const rest = (minute: number, more: Partial<Rest> = {}): Rest => ({
  ...{ at: minute * MINUTE, life: 7, memory: 100, handles: 40, leftovers: 0, networks: 2, volumes: 1, workers: 1 },
  ...more,
});
const grew = (rests: readonly Rest[]): string[] =>
  judgeGrowth(rests, 10)
    .filter(({ ok }) => !ok)
    .map(({ what }) => what);

describe("what grew", () => {
  it("nothing, when every rest is like the first", () => {
    expect(grew([rest(0), rest(10), rest(20)])).toEqual([]);
  });

  it.each([
    ["memory", rest(20, { memory: 141 })],
    ["handles", rest(20, { handles: 53 })],
    ["leftovers", rest(20, { leftovers: 1 })],
    ["networks", rest(20, { networks: 3 })],
    ["volumes", rest(20, { volumes: 2 })],
    ["workers", rest(20, { workers: 2 })],
  ])("%s, at the end", (what, last) => {
    expect(grew([rest(0), rest(10), last])).toEqual([what]);
  });

  it("more services have more to be warm with", () => {
    const rests = [rest(0), rest(10, { memory: 141 }), rest(20, { memory: 141 })];
    expect(judgeGrowth(rests, 11).filter(({ ok }) => !ok)).toEqual([]);
    expect(judgeGrowth(rests, 10).map(({ ok }) => ok)).toContain(false);
  });

  it("what a warm process needs is no growth", () => {
    expect(grew([rest(0), rest(10, { memory: 139, handles: 52 }), rest(20, { memory: 139, handles: 52 })])).toEqual([]);
  });

  it("a slow leak within that tolerance is seen by its slope, the first rest of the life left out", () => {
    const leaking = [0, 1, 2, 3, 4, 5].map((n) => rest(n * 10, { memory: 100 + n * 5 }));
    expect(grew(leaking)).toEqual(["memory"]);
    const plateau = [0, 1, 2, 3, 4, 5].map((n) => rest(n * 10, { memory: n === 0 ? 100 : 125 }));
    expect(grew(plateau)).toEqual([]);
  });

  it("memory and handles of an earlier life are another process's", () => {
    expect(grew([rest(0, { life: 6, memory: 60, handles: 20 }), rest(10, { memory: 120 }), rest(20, { memory: 121 })])).toEqual([]);
  });

  it("a leftover or a worker in the middle counts although it is gone in the end", () => {
    expect(grew([rest(0), rest(10, { leftovers: 1, workers: 2 }), rest(20)])).toEqual(["leftovers", "workers"]);
  });

  it("one odd reading hardly moves the slope", () => {
    const at = (n: number): number => n * 10 * MINUTE;
    expect(slopeAnHour([0, 1, 2, 3, 4].map((n) => ({ at: at(n), value: 100 + n })))).toBeCloseTo(6);
    expect(slopeAnHour([100, 101, 190, 103, 104].map((value, n) => ({ at: at(n), value })))).toBeCloseTo(6);
    expect(slopeAnHour([])).toBe(0);
  });
});
