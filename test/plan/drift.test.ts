import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causesOf, type Found, type Known, verdictOf } from "../../src/plan/drift.ts";
import { judge } from "../../src/plan/gaps.ts";
import { uncovered } from "../simulation/cover.ts";

const clean: Found = { at: 500, changed: [], more: false, configuration: [], foreign: null, filesChanged: [] };
const known = (more: Partial<Known> = {}): Known => ({
  ...{ policy: "detect", createdAt: 100, touches: [], look: clean, worn: false, blind: [] },
  ...more,
});
const exec = { kind: "exec", detail: "sh", at: 300, by: "a client of the engine", taints: true } as const;
const copyOut = { ...exec, kind: "copy", detail: "out", taints: false } as const;
const path = { path: "/tmp/x", kind: "A", at: 400 } as const;
const gap = { from: 150, to: 200, reason: "the daemon was down" };

describe("the verdict", () => {
  it.each<[string, Partial<Known>, string, RegExp]>([
    ["nothing", {}, "none", /as it was made/],
    ["not looked at yet", { look: null }, "none", /as it was made/],
    ["entered", { touches: [exec] }, "tainted", /^exec by a client of the engine: sh$/],
    ["entered twice", { touches: [exec, { ...exec, at: 301 }] }, "tainted", /and 1 more$/],
    ["only read", { touches: [copyOut] }, "none", /as it was made/],
    ["a file more", { look: { ...clean, changed: [path] } }, "changed", /^\/tmp\/x differ/],
    ["very many files more", { look: { ...clean, changed: [path, path], more: true } }, "changed", /and 1 or more others/],
    ["hosts edited", { look: { ...clean, filesChanged: ["/etc/hosts"] } }, "changed", /^\/etc\/hosts/],
    ["limits changed", { look: { ...clean, configuration: ["the memory is 1, not 2"] } }, "changed", /^the memory/],
    ["restarted alone", { worn: true }, "worn", /restarted alone/],
    ["made from something else", { look: { ...clean, foreign: "its label names another content" } }, "foreign", /label/],
    ["alive in a gap", { blind: [gap] }, "unwatched", /nobody watched it: the daemon was down/],
    ["born after the gap", { blind: [gap], createdAt: 200 }, "none", /as it was made/],
    ["off", { policy: "off", touches: [exec] }, "none", /immutable: off/],
    ["foreign before tainted", { touches: [exec], look: { ...clean, foreign: "x" } }, "foreign", /^x$/],
    ["tainted before changed", { touches: [exec], look: { ...clean, changed: [path] } }, "tainted", /exec/],
    ["changed before worn", { worn: true, look: { ...clean, changed: [path] } }, "changed", /tmp/],
    ["worn before unwatched", { worn: true, blind: [gap] }, "worn", /restarted/],
  ])("%s", (_, more, verdict, because) => {
    const said = verdictOf(known(more));
    expect(said.verdict).toBe(verdict);
    expect(said.because).toMatch(because);
  });

  it("causes are all there is to say, oldest first, whatever it taints", () => {
    const look = { ...clean, changed: [path], filesChanged: ["/etc/hosts"], configuration: ["renamed"] };
    const causes = causesOf(known({ touches: [exec, { ...copyOut, at: 350 }], look }));
    expect(causes.map(({ kind, at }) => [kind, at])).toEqual([
      ["exec", 300],
      ["copy", 350],
      ["write", 400],
      ["managed-file", 500],
      ["update", 500],
    ]);
    const late = { ...exec, at: 501 };
    expect(causesOf(known({ touches: [exec, late], look })).map(({ at }) => at)).toEqual([300, 400, 500, 500, 501]);
    expect(causesOf(known({ policy: "off", touches: [exec] }))).toEqual([]);
    expect(causesOf(known({ look: null, touches: [exec] })).map(({ kind }) => kind)).toEqual(["exec"]);
  });
});

describe("a gap", () => {
  const asked = { from: 100, now: 150, what: "daemon", engineStartedAt: 10, memory: { full: false, oldest: 50 } } as const;
  it.each<[string, Partial<Parameters<typeof judge>[0]>, readonly [number, number, boolean][]]>([
    ["all of it is remembered", {}, [[100, 150, false]]],
    ["the memory is full and reaches back", { memory: { full: true, oldest: 99 } }, [[100, 150, false]]],
    ["the memory is full and reaches back just so far", { memory: { full: true, oldest: 100 } }, [[100, 150, false]]],
    ["the memory is full, and of what is not told", { memory: { full: true, oldest: null } }, [[100, 150, true]]],
    ["the engine began earlier and remembers nothing", { engineStartedAt: 50, memory: { full: false, oldest: null } }, [[100, 150, false]]],
    ["the engine began just then", { engineStartedAt: 100 }, [[100, 150, false]]],
    [
      "when the engine began is not told, and its memory does not reach back",
      { engineStartedAt: null, memory: { full: false, oldest: 120 } },
      [
        [100, 120, true],
        [120, 150, false],
      ],
    ],
    [
      "when the engine began is not told, and its memory reaches back just so far",
      { engineStartedAt: null, memory: { full: false, oldest: 100 } },
      [[100, 150, false]],
    ],
    [
      "the memory is full and does not",
      { memory: { full: true, oldest: 130 } },
      [
        [100, 130, true],
        [130, 150, false],
      ],
    ],
    [
      "the engine restarted while we were down",
      { engineStartedAt: 120 },
      [
        [100, 120, true],
        [120, 150, false],
      ],
    ],
    [
      "and ran over after that",
      { engineStartedAt: 120, memory: { full: true, oldest: 140 } },
      [
        [100, 120, true],
        [120, 140, true],
        [140, 150, false],
      ],
    ],
    [
      "the engine was down while we listened, and the stream stood again later",
      { what: "stream", engineStartedAt: 120 },
      [
        [100, 120, false],
        [120, 150, false],
      ],
    ],
    [
      "and ran over after that",
      { what: "stream", engineStartedAt: 120, memory: { full: true, oldest: 140 } },
      [
        [100, 120, false],
        [120, 140, true],
        [140, 150, false],
      ],
    ],
    ["the stream was cut and all is remembered", { what: "stream" }, [[100, 150, false]]],
    [
      "too fast to read",
      { what: "slow", memory: { full: true, oldest: 149 } },
      [
        [100, 149, true],
        [149, 150, false],
      ],
    ],
    [
      "an engine whose start is not known, nothing remembered",
      { engineStartedAt: null, memory: { full: false, oldest: null } },
      [[100, 150, true]],
    ],
    [
      "an engine whose start is not known, that remembers enough",
      { engineStartedAt: null, memory: { full: false, oldest: 90 } },
      [[100, 150, false]],
    ],
  ])("%s", (_, more, expected) => expect(judge({ ...asked, ...more }).map(({ from, to, blind }) => [from, to, blind])).toEqual(expected));

  /** Of all that happened since `from`, what the engine does not remember lies in a blind stretch, or the engine was not there. */
  it("what happened and is not remembered lies in a recorded stretch", () => {
    const moments = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        moments,
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: -1, max: 1000 }),
        fc.boolean(),
        (all, from, started, listened) => {
          const happened = [...all].sort((a, b) => a - b);
          const after = happened.filter((at) => at > started);
          const remembered = after.slice(-8);
          const memory = { full: remembered.length === 8, oldest: remembered[0] ?? null };
          const gaps = judge({ from, now: 1001, what: listened ? "stream" : "daemon", engineStartedAt: started, memory });
          for (const at of happened.filter((one) => one > from && !remembered.includes(one)))
            expect(
              gaps.some((one) => one.from <= at && at <= one.to),
              `${at} in ${JSON.stringify(gaps)}`,
            ).toBe(true);
          expect(uncovered({ from, to: 1001 }, gaps), "the whole time without a listener").toBeNull();
          if (!listened) {
            for (const at of happened.filter((one) => one > from && !remembered.includes(one)))
              expect(gaps.some((one) => one.blind && one.from <= at && at <= one.to)).toBe(true);
          }
        },
      ),
    );
  });
});
