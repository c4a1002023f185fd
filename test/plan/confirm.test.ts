import { expect, it } from "vitest";
import { askAgainAt, type Confirming, planConfirm, UNASKED } from "../../src/plan/confirm.ts";

const NOW = 1_000_000;
const confirm = (more: Partial<Confirming>): Confirming => ({
  ...UNASKED,
  ...{ name: "s-w-d1-confirm", deployment: "D1", revision: 2, timeoutMs: 60_000, early: false, busy: false },
  ...more,
});
const ask = { do: "ask", instance: "s-w-d1-confirm", slot: 0, attempt: 1, revision: 2 };
const waiting = { kind: "moving", waiting: "to be confirmed: instar promote D1" };
const asked = { since: NOW - 59_000, askedAt: NOW - 2_000, tries: 1 };

it.each([
  [1, 2_000],
  [2, 5_000],
  [6, 300_000],
  [9, 300_000],
])("after %i questions the next comes %i ms later", (tries, later) => {
  expect(askAgainAt({ askedAt: NOW, tries })).toBe(NOW + later);
  expect(askAgainAt({ askedAt: null, tries })).toBe(0);
});

it.each<[string, Partial<Confirming>, boolean, ReturnType<typeof planConfirm> | object]>([
  ["never asked: now", {}, false, { status: waiting, step: { ...ask, because: "the hook is asked whether to go on" }, wakeAt: null }],
  [
    "asked: again when its time has come",
    asked,
    false,
    { status: waiting, step: { ...ask, because: "the hook is asked again", again: true }, wakeAt: NOW + 1_000 },
  ],
  ["asked just now: later", { ...asked, since: NOW, askedAt: NOW }, false, { status: waiting, step: null, wakeAt: NOW + 2_000 }],
  ["its time is over before the next question", { ...asked, askedAt: NOW }, false, { status: waiting, step: null, wakeAt: NOW + 1_000 }],
  ["not while it is asked", { ...asked, busy: true }, false, { status: waiting, step: null, wakeAt: NOW + 1_000 }],
  ["not in a pause", asked, true, { status: waiting, step: null, wakeAt: NOW + 1_000 }],
  ["in a pause, never asked", {}, true, { status: waiting, step: null, wakeAt: null }],
  [
    "its time is over",
    { ...asked, since: NOW - 60_000, reason: "503" },
    false,
    { status: { kind: "failed", code: "INS5009", reason: "nobody confirmed within 60 s; 503" }, step: null, wakeAt: null },
  ],
  [
    "its time is over without a word",
    { ...asked, since: NOW - 60_000 },
    false,
    { status: { kind: "failed", code: "INS5009", reason: "nobody confirmed within 60 s" }, step: null, wakeAt: null },
  ],
  [
    "refused",
    { state: "failed", reason: "no" },
    false,
    { status: { kind: "failed", code: "INS5009", reason: "no" }, step: null, wakeAt: null },
  ],
])("%s", (_name, more, paused, expected) => {
  expect(planConfirm(confirm(more), paused, NOW)).toEqual(expected);
});

it("confirmed: nothing is left to ask", () => {
  expect(planConfirm(confirm({ state: "passed" }), false, NOW)).toBeNull();
});
