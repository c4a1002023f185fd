import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideAutoredeploy, SETTLE_MS, type Sighting, type Standing, windowOpensAt } from "../../src/plan/autoredeploy.ts";
import type { AutoredeploySpec } from "../../src/spec/types.ts";

const NOW = Date.UTC(2026, 10, 25, 12, 0);
const HOUR = 3_600_000;
const policy = (more: Partial<AutoredeploySpec> = {}): AutoredeploySpec => ({
  ...{ tags: { kind: "same-tag" }, everyMs: 60_000, minAgeMs: 0, approve: false, window: null },
  ...more,
});
const standing = (more: Partial<Standing> = {}): Standing => ({
  ...{ stopped: false, pinned: null, wanted: ["old", "old config"], running: null, lastBeganAt: null, failed: null },
  ...more,
});
const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  ...{ tag: "1", digest: "new", digests: ["new", "new config"], seenAt: NOW, approved: false },
  ...more,
});
const decide = (p: Partial<AutoredeploySpec>, s: Partial<Standing>, i: Partial<Sighting> = {}, now = NOW) =>
  decideAutoredeploy(policy(p), standing(s), sighting(i), now, 0);

describe("an image that the registry has", () => {
  it.each<[string, Partial<AutoredeploySpec>, Partial<Standing>, Partial<Sighting>, string, number | null]>([
    ["goes in", {}, {}, {}, "deploying", null],
    ["is what is wanted, by any of its digests", {}, {}, { digests: ["index", "old config"] }, "up-to-date", null],
    ["is on its way already", {}, { wanted: ["new"], running: { id: "D2", own: true, back: false } }, {}, "deploying", null],
    ["a new index with the same child is no change", {}, {}, { digest: "index2", digests: ["index2", "old"] }, "up-to-date", null],
    ["waits while somebody's deployment runs", {}, { running: { id: "D2", own: false, back: false } }, {}, "waiting", null],
    ["waits while one goes back", {}, { running: { id: "D2", own: true, back: true } }, {}, "waiting", null],
    ["takes the place of one of its own", {}, { running: { id: "D2", own: true, back: false } }, {}, "deploying", null],
    ["not into a pinned service", {}, { pinned: "D3" }, {}, "pinned", null],
    ["not into a stopped service", {}, { stopped: true }, {}, "stopped", null],
    ["not when it failed before", {}, { failed: { id: "D4", outcome: "rolled-back" } }, {}, "failed-before", null],
    ["waits to be let in", { approve: true }, {}, {}, "waiting-for-approval", null],
    ["goes in when it is let in", { approve: true }, {}, { approved: true }, "deploying", null],
    ["waits for its age", { minAgeMs: HOUR }, {}, {}, "waiting-for-age", NOW + HOUR],
    ["is old enough on the very instant", { minAgeMs: HOUR }, {}, { seenAt: NOW - HOUR }, "deploying", null],
    ["waits for the window", { window: { fromMinute: 780, toMinute: 840 } }, {}, {}, "waiting-for-window", NOW + HOUR],
    ["goes in within the window", { window: { fromMinute: 720, toMinute: 721 } }, {}, {}, "deploying", null],
    ["right after another push waits for those that follow", {}, { lastBeganAt: NOW - 1 }, {}, "waiting", NOW - 1 + SETTLE_MS],
    ["after that it goes in", {}, { lastBeganAt: NOW - SETTLE_MS }, {}, "deploying", null],
    ["approved, but too young", { approve: true, minAgeMs: HOUR }, {}, { approved: true }, "waiting-for-age", NOW + HOUR],
  ])("%s", (_what, p, s, i, state, wakeAt) => {
    const verdict = decide(p, s, i);
    expect([verdict.state, verdict.wakeAt]).toEqual([state, wakeAt]);
    const alone = s.running === undefined || s.running === null || s.wanted === undefined;
    expect(verdict.act).toBe(state === "deploying" && alone ? "deploy" : "nothing");
  });

  it("which is too young says so in seconds", () => expect(decide({ minAgeMs: HOUR }, {}).because).toMatch(/ 3600 s /));

  it("never goes in against a pin, a stop, a failure, a missing approval or its age, and wakes only in the future", () => {
    const any = fc.record({
      stopped: fc.boolean(),
      pinned: fc.constantFrom(null, "D1"),
      failed: fc.constantFrom(null, { id: "D2", outcome: "failed" }),
      running: fc.constantFrom(
        null,
        { id: "D3", own: true, back: false },
        { id: "D3", own: false, back: false },
        { id: "D3", own: true, back: true },
      ),
      lastBeganAt: fc.option(fc.integer({ min: NOW - 10_000, max: NOW })),
      approve: fc.boolean(),
      approved: fc.boolean(),
      minAgeMs: fc.integer({ min: 0, max: 10_000 }),
      seenAt: fc.integer({ min: NOW - 10_000, max: NOW }),
    });
    fc.assert(
      fc.property(any, ({ approve, minAgeMs, approved, seenAt, ...s }) => {
        const verdict = decide({ approve, minAgeMs }, s, { approved, seenAt });
        if (verdict.wakeAt !== null) expect(verdict.wakeAt).toBeGreaterThan(NOW);
        if (verdict.act === "nothing") return;
        expect([s.stopped, s.pinned, s.failed, s.running?.own ?? true, s.running?.back ?? false]).toEqual([false, null, null, true, false]);
        expect(approved || !approve).toBe(true);
        expect(NOW - seenAt).toBeGreaterThanOrEqual(minAgeMs);
        expect(NOW - (s.lastBeganAt ?? 0)).toBeGreaterThanOrEqual(SETTLE_MS);
      }),
    );
  });
});

describe("a daily window", () => {
  const at = (hour: number, minute = 0): number => Date.UTC(2026, 10, 25, hour, minute);
  it.each([
    ["before it", 120, 240, at(1, 30), 0, at(2)],
    ["at its beginning", 120, 240, at(2), 0, at(2)],
    ["within it", 120, 240, at(3, 59), 0, at(3, 59)],
    ["at its end: the next day's", 120, 240, at(4), 0, at(26)],
    ["across midnight, late", 1380, 60, at(23, 30), 0, at(23, 30)],
    ["across midnight, early", 1380, 60, at(0, 30), 0, at(0, 30)],
    ["across midnight, at its end", 1380, 60, at(1), 0, at(23)],
    ["across midnight, by day", 1380, 60, at(12), 0, at(23)],
    ["all day long", 0, 0, at(12), 0, at(12)],
    ["in a zone an hour ahead", 120, 240, at(1), HOUR, at(1)],
    ["in a zone behind", 120, 240, at(1), -5 * HOUR, at(7)],
  ])("%s", (_what, fromMinute, toMinute, now, offset, expected) => {
    expect(windowOpensAt({ fromMinute, toMinute }, now, offset)).toBe(expected);
  });
});
