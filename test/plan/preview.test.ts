import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";
import { previewRollout } from "../../src/plan/preview.ts";
import type { Observed } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

const draining = (more: Partial<Observed>): Observed => ({
  ...fresh({ name: "s-w-r1-1-a1", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "old" }, null),
  ...{ life: "running", readySince: NOW - 60_000, route: { state: "drain", sessions: 2, weight: 100 }, drainingSince: NOW - 100 },
  ...more,
});

it.each([
  ["drains with open sessions", draining({})],
  ["has drained for longer than the limit", draining({ drainingSince: NOW - 10_500 })],
])("an old instance that %s leaves as one without, and the rest follows", (_what, old) => {
  const steps = previewRollout(ONE, [old], NOW).map(({ do: what, instance }) => `${what} ${instance}`);
  expect(steps.filter((one) => one.endsWith("-r1-1-a1"))).toEqual(["stop s-w-r1-1-a1", "unroute s-w-r1-1-a1", "remove s-w-r1-1-a1"]);
  expect(steps.filter((one) => one.endsWith("-r2-1-a1"))).toEqual(["create s-w-r2-1-a1", "start s-w-r2-1-a1", "route s-w-r2-1-a1"]);
});
