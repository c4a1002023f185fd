import { expect, it } from "vitest";
import { steadyClock } from "../../src/reconcile/clock.ts";

it("tells the wall's time, and goes on past a jump until it is followed", () => {
  let wall = 1_000_000;
  let elapsed = 50;
  const pass = (ms: number): void => {
    wall += ms;
    elapsed += ms;
  };
  const clock = steadyClock(
    () => wall,
    () => elapsed,
  );
  pass(10);
  expect([clock.now(), clock.steps.stepped()]).toEqual([1_000_010, 0]);
  wall += 400;
  expect([clock.now(), clock.steps.stepped()]).toEqual([1_000_410, 0]);
  wall += 3_600_000;
  pass(90);
  expect([clock.now(), clock.steps.stepped()]).toEqual([1_000_500, 3_600_000]);
  clock.steps.follow();
  expect([clock.now(), clock.steps.stepped()]).toEqual([4_600_500, 0]);
  wall -= 7_200_000;
  pass(5);
  expect([clock.now(), clock.steps.stepped()]).toEqual([4_600_505, -7_200_000]);
  clock.steps.follow();
  pass(5);
  expect(clock.now()).toBe(-2_599_490);
});
