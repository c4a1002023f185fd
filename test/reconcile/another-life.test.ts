import { expect, it } from "vitest";
import { isAnotherLife } from "../../src/reconcile/look.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import type { Fact } from "../../src/reconcile/store.ts";

const fact = (more: Partial<Fact> = {}): Fact => ({
  ...{ stack: "shop", service: "web", id: "1", name: "shop-web-r1-1-a1", drainingSince: null, evidenceOf: null, startedAt: 100 },
  ...more,
});

it.each<[string, Partial<EngineInstance>, Fact | undefined, boolean]>([
  ["ended, and nobody ended it", { state: "exited", startedAt: 100 }, fact(), true],
  ["ended, and nothing is known of it", { state: "exited", startedAt: 100 }, undefined, true],
  ["let go, and ended", { state: "exited", startedAt: 100 }, fact({ drainingSince: 200 }), false],
  ["kept as evidence", { state: "exited", startedAt: 100 }, fact({ evidenceOf: "D2" }), false],
  ["ended, and seen roughly", { state: "exited", startedAt: null }, fact(), false],
  ["as it was started", { state: "running", startedAt: 100 }, fact(), false],
  ["started again", { state: "running", startedAt: 101 }, fact(), true],
  ["runs, and its start is not in the journal", { state: "running", startedAt: 101 }, fact({ startedAt: null }), false],
  ["runs, and nothing is known of it", { state: "running", startedAt: 101 }, undefined, false],
  ["runs, and seen roughly: what is done to it is seen so in each pass", { state: "running", startedAt: null }, fact(), false],
  ["is built", { state: "created", startedAt: null }, fact({ startedAt: null }), false],
])("when the engine began is asked for: %s", (_what, seen, known, asked) => {
  expect(isAnotherLife(seen as EngineInstance, known)).toBe(asked);
});
