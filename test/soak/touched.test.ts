import { expect, it } from "vitest";
import type { InstanceDrift } from "../../src/reconcile/drift-control.ts";
import type { Deed } from "./scene.ts";
import { isShown, mayBeHeld } from "./touched.ts";

const T = 1_700_000_000_000;
const TOUCH = { instance: "shop-web-r1-1-a1", at: T };
const drift = (verdict: InstanceDrift["verdict"], ...touchedAt: readonly number[]): InstanceDrift => ({
  ...{ name: TOUCH.instance, stack: "shop", service: "web", verdict, because: "", more: false },
  causes: touchedAt.map((at) => ({ kind: "exec", detail: "true", at, by: "a client of the engine" })),
});
const killed = { what: "daemon", from: T + 500, to: T + 2_000 } as const;

it.each([
  ["tainted by it", drift("tainted", T + 20), [], true],
  ["tainted by an earlier one only", drift("tainted", T - 60_000), [], false],
  ["known, and no drift", drift("none", T + 20), [], false],
  ["as it was made", drift("none"), [], false],
  ["unwatched while the daemon was dead", drift("unwatched"), [killed], true],
  ["tainted earlier, and the daemon was dead", drift("tainted", T - 60_000), [killed], true],
  ["as it was made, and the daemon was dead", drift("none"), [killed], false],
  ["unwatched, and the daemon lived", drift("unwatched"), [], false],
  ["unwatched, and the router was dead", drift("unwatched"), [{ ...killed, what: "router" }], false],
] as const)("%s", (_what, one, absences, shown) => {
  expect(isShown({ instances: [one], gone: [] }, TOUCH, absences)).toBe(shown);
});

it("one that is gone is told with what was done to it", () => {
  const { name, stack, service, causes } = drift("tainted", T + 20);
  expect(isShown({ instances: [], gone: [{ name, stack, service, causes }] }, TOUCH, [])).toBe(true);
  expect(isShown({ instances: [], gone: [] }, TOUCH, [])).toBe(false);
});

const deed = (what: string, more: Partial<Deed> = {}): Deed => ({
  ...{ at: T - 60_000, endedAt: T - 50_000, service: "shop/web", what, outcome: "replaced" },
  ...more,
});
const three = [deed("exec into shop-web-r1-1-a1"), deed("exec as root into shop-web-r2-1-a3"), deed("exec into shop-web-r2-1-a4")];

it.each([
  ["after three of its slot", three, true],
  ["after two", three.slice(1), false],
  ["after two, and one of another slot", [...three.slice(1), deed("exec into shop-web-r1-2-a1")], false],
  ["after two, and one that was not replaced", [...three.slice(1), deed("exec into shop-web-r1-1-a1", { outcome: "held" })], false],
  ["after two, and one of another service", [...three.slice(1), deed("exec into shop-web-r1-1-a1", { service: "shop/api" })], false],
  ["after two, and one of long ago", [...three.slice(1), deed("exec into shop-web-r1-1-a1", { at: T - 11_000_000 })], false],
])("a touched one may be left alone %s: %s", (_, deeds, held) => expect(mayBeHeld(deeds, "shop/web", "shop-web-r5-1-a2", T)).toBe(held));
