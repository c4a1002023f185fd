import { describe, expect, test } from "vitest";
import { admitsTag, chooseTag, type TagRule, tagRuleFault, versionOf } from "../../src/lib/tag-choice.ts";

const semver = (range: string): TagRule => ({ kind: "semver", range });
const glob = (pattern: string): TagRule => ({ kind: "glob", pattern });
const regex = (pattern: string): TagRule => ({ kind: "regex", pattern });

describe("the tag to follow", () => {
  test.each<[string, TagRule, string[], string, string | null]>([
    ["the same tag, whatever others there are", { kind: "same-tag" }, ["2", "3"], "1", "1"],
    ["the highest of a range", semver("~1.4"), ["1.4.1", "1.4.10", "1.4.9", "1.5.0"], "1.4.1", "1.4.10"],
    ["with a v", semver("^2"), ["v2.0.0", "v2.1.0", "v3.0.0"], "v2.0.0", "v2.1.0"],
    ["a short version says less than a whole one", semver("1.x"), ["1", "1.0", "1.0.0"], "1", "1.0.0"],
    ["no pre-release unless the range names one", semver("~1.4"), ["1.4.1", "1.4.2-rc.1"], "1.4.1", "1.4.1"],
    ["never back: a registry that lost its newest", semver("~1.4"), ["1.4.1"], "1.4.2", "1.4.2"],
    ["out of a range that does not admit the present one", semver("~2.0"), ["1.4.1", "2.0.3"], "1.4.1", "2.0.3"],
    ["none that fits", semver("~9"), ["1.4.1", "latest"], "1.4.1", null],
    ["a glob takes the highest version", glob("1.4.*"), ["1.4.9", "1.4.10", "1.5.0"], "1.4.0", "1.4.10"],
    ["a glob over builds takes the highest number", glob("build-*"), ["build-9", "build-10", "test-11"], "build-1", "build-10"],
    ["a glob is about the whole tag", glob("1.?"), ["1.10", "1.9"], "1.1", "1.9"],
    ["a regular expression is about the whole tag", regex("1\\.\\d+"), ["1.2-beta", "11.3", "1.10"], "1.1", "1.10"],
  ])("%s", (_what, rule, tags, current, expected) => {
    expect(chooseTag(rule, tags, current)).toBe(expected);
    expect(chooseTag(rule, [...tags].reverse(), current)).toBe(expected);
  });

  test("a push of another tag does not matter", () => {
    expect([
      admitsTag({ kind: "same-tag" }, "2", "1"),
      admitsTag(semver("~1.4"), "1.4.7", "1.4.1"),
      admitsTag(semver("~1.4"), "2.0.0", "1.4.1"),
    ]).toEqual([...[false, true, false]]);
  });

  test("an expression that would hold other engines up for ever takes no time", () => {
    const tags = Array.from({ length: 200 }, (_, n) => `${"a".repeat(120)}${n}!`);
    expect(chooseTag(regex("(a+)+b|(a|a)*c|.*.*.*.*d"), tags, "x")).toBeNull();
  });
});

test.each([
  ["1.4.2", "1.4.2"],
  ["v1.4", "1.4.0"],
  ["7", "7.0.0"],
  ["1.4.0-rc.1", "1.4.0-rc.1"],
  ["01.2.3", "1.2.3"],
])("%s is the version %s", (tag, version) => {
  expect(versionOf(tag)?.version).toBe(version);
});

test.each(["latest", "1.4.2.1", "bookworm", "1.4_2", "v", "99999999999999999.0.0"])("%s is none", (tag) => {
  expect(versionOf(tag)).toBeNull();
});

test.each<[TagRule, RegExp | null]>([
  [{ kind: "same-tag" }, null],
  [semver("~1.4"), null],
  [semver("one"), /no range/],
  [glob("1.4.*"), null],
  [glob("*".repeat(9)), /wildcards/],
  [glob("{1,2}"), /may use/],
  [glob("x".repeat(129)), /129 characters/],
  [glob(" "), /empty/],
  [regex("1\\.\\d+"), null],
  [regex("("), /no regular expression/],
  [regex("(?=a)b"), /no regular expression/],
])("%j", (rule, fault) => {
  if (fault === null) expect(tagRuleFault(rule)).toBeNull();
  else expect(tagRuleFault(rule)).toMatch(fault);
});
