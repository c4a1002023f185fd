import { expect, it } from "vitest";
import type { Step } from "../../src/plan/types.ts";
import { journalRepeat } from "../../src/reconcile/journal.ts";
import { Repeats } from "../../src/reconcile/repeats.ts";
import { WEB } from "../conformance/store-world.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { virtualClock } from "../sim/virtual-clock.ts";

const NOW = 1_800_000_000_000;
const ROUTE: Step = { do: "route", instance: "shop-web-r1-1-a1", slot: 1, attempt: 1, revision: 1, because: "it is ready" };

/** From one end to the next, where it is done as soon as it may be, in ms. */
function pauses(times: number, step = ROUTE): number[] {
  const repeats = new Repeats();
  const found: number[] = [];
  let now = NOW;
  for (let time = 0; time < times; time++) {
    repeats.ended(step, now);
    const due = repeats.dueAt(step, now);
    found.push(due - now);
    now = due;
  }
  return found;
}

it("waits longer each time, as what fails does", () => expect(pauses(6)).toEqual([50, 200, 1000, 5000, 5000, 5000]));

it("not where its repetition is part of it", () => expect(pauses(3, { ...ROUTE, do: "cut" })).toEqual([0, 0, 0]));

it("another step, another reason, another instance and a failure begin anew", () => {
  const repeats = new Repeats();
  repeats.ended(ROUTE, NOW);
  expect(repeats.dueAt({ ...ROUTE, because: "it is wanted again" }, NOW)).toBe(NOW);
  expect(repeats.dueAt({ ...ROUTE, instance: "shop-web-r1-2-a1" }, NOW)).toBe(NOW);
  expect(repeats.dueAt(ROUTE, NOW)).toBe(NOW + 50);
  repeats.ended({ ...ROUTE, do: "drain" }, NOW + 10);
  expect(repeats.dueAt(ROUTE, NOW + 10)).toBe(NOW + 10);
  repeats.ended(ROUTE, NOW + 20);
  repeats.failed(ROUTE);
  expect(repeats.times(ROUTE, NOW + 20)).toBe(0);
});

it("what is planned long after has a new cause, and a clock that was set back is not waited for", () => {
  const repeats = new Repeats();
  repeats.ended(ROUTE, NOW);
  expect(repeats.times(ROUTE, NOW + 10_000)).toBe(1);
  expect(repeats.times(ROUTE, NOW + 10_001)).toBe(0);
  expect(repeats.dueAt(ROUTE, NOW - 3_600_000)).toBe(NOW - 3_600_000);
});

it.each([
  ["weigh", null],
  ["stage", null],
  ["route", ROUTE.instance],
] as const)("is told with the instance it is about; %s is about: %s", async (what, instance) => {
  const store = createFakeStore("here");
  await journalRepeat({ store, clock: virtualClock(NOW) }, WEB, { ...ROUTE, do: what });
  expect(await store.events({})).toMatchObject([
    {
      kind: "step.repeated",
      ...WEB,
      instance,
      message: `${what} ${ROUTE.instance} was done and is needed again: it is ready; it is done less and less often`,
    },
  ]);
});
