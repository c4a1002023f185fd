import { expect, it } from "vitest";
import { boundsOf, choose, holdOf } from "../../src/plan/choose.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const DAY_MS = 86_400_000;
const held = (given: Partial<ServiceSpec>): number => {
  const spec = serviceSpec(given);
  return holdOf(spec, boundsOf(spec, choose(spec, 1, {}, new Set()), "forward"));
};

it("a request is held over a drain, two stops and two starts", () => {
  expect(held({ drainMs: 5_000, stopGraceMs: 10_000, readyTimeoutMs: 60_000 })).toBe(155_000);
  expect(held({ holdMs: 0 })).toBe(0);
});

it.each<Partial<ServiceSpec>>([{ stopGraceMs: 13 * DAY_MS }, { readyTimeoutMs: 36_500 * DAY_MS }])(
  "%j is longer than the router can wait, which holds requests as long as it can",
  (given) => {
    expect(held(given)).toBe(2 ** 31 - 1);
  },
);
