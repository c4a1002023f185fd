import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Aged, lifeOf, planAging, pointOf } from "../../src/plan/aging.ts";

const DAY = 86_400_000;
const WEB = { stack: "shop", service: "web", replicas: 3 };
const instance = (slot: number, startedAt = 0): Aged => ({ name: `shop-web-r1-${slot}-a1`, slot, startedAt });
const ALL = [1, 2, 3].map((slot) => instance(slot));

describe("the life of an instance", () => {
  it("is max_age at most and a tenth less at least, and slots lie apart by a share of that tenth", () => {
    expect([1, 2, 3].map((slot) => lifeOf(10 * DAY, slot, 3, 0) / DAY)).toEqual([expect.closeTo(9.667, 2), expect.closeTo(9.333, 2), 9]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (slot, replicas, point) => {
          const life = lifeOf(10 * DAY, slot, replicas, point);
          expect(life).toBeLessThanOrEqual(10 * DAY);
          expect(life).toBeGreaterThanOrEqual(9 * DAY);
        },
      ),
    );
  });

  it("is the same at each look, and another for another service", () => {
    expect(pointOf("shop/web")).toBe(pointOf("shop/web"));
    expect(new Set(["shop/web", "shop/api", "uat/web", "a/b"].map(pointOf)).size).toBe(4);
  });
});

describe("what is replaced for its age", () => {
  it("nothing before its time: the answer is when", () => {
    const { due, wakeAt } = planAging(WEB, 10 * DAY, ALL, null, DAY);
    expect(due).toBeNull();
    expect(wakeAt).toBeGreaterThanOrEqual(9 * DAY);
    expect(planAging(WEB, 10 * DAY, ALL, null, wakeAt ?? 0).due).not.toBeNull();
    expect(planAging(WEB, 10 * DAY, ALL, null, (wakeAt ?? 0) - 1)).toEqual({ due: null, wakeAt });
  });

  it("one at a time, whoever has been due for longest", () => {
    const lives = [1, 2, 3].map((slot) => lifeOf(10 * DAY, slot, 3, pointOf("shop/web")));
    const first = lives.indexOf(Math.min(...lives)) + 1;
    expect(planAging(WEB, 10 * DAY, ALL, null, 30 * DAY).due?.slot).toBe(first);
  });

  it("of two that are due for as long the first by name, in whatever order they are seen", () => {
    const [old, young] = [instance(1), { ...instance(1), name: "shop-web-r2-1-a1" }];
    for (const seen of [
      [old, young],
      [young, old],
    ])
      expect(planAging(WEB, 10 * DAY, seen, null, 30 * DAY).due?.name).toBe(old.name);
  });

  it("at once where nothing failed, however short max_age is", () => expect(planAging(WEB, 60_000, ALL, null, 60_000).due).not.toBeNull());

  it("what started together comes due apart", () => {
    const times: number[] = [];
    let there = ALL;
    for (let now = 0; there.length > 0; ) {
      const { due, wakeAt } = planAging(WEB, 10 * DAY, there, null, now);
      if (due === null) {
        now = wakeAt ?? Number.POSITIVE_INFINITY;
        continue;
      }
      times.push(now);
      there = there.filter(({ name }) => name !== due.name);
    }
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(DAY / 4);
  });

  it("after a failed replacement not again for an hour, or a tenth of max_age", () => {
    for (const now of [20 * DAY, 20 * DAY + 1])
      expect(planAging(WEB, 10 * DAY, ALL, 20 * DAY, now)).toEqual({ due: null, wakeAt: 21 * DAY });
    expect(planAging(WEB, 60_000, ALL, DAY, DAY + 1).wakeAt).toBe(DAY + 3_600_000);
    expect(planAging(WEB, 10 * DAY, ALL, 20 * DAY, 21 * DAY).due).not.toBeNull();
  });

  it("a failure of the future, which the clock has been set back from, is not waited for", () =>
    expect(planAging(WEB, 10 * DAY, ALL, 21 * DAY, 20 * DAY).due).not.toBeNull());

  it("nothing where nothing runs", () => expect(planAging(WEB, DAY, [], null, DAY)).toEqual({ due: null, wakeAt: null }));
});
