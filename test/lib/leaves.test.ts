import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, parseBytes } from "../../src/lib/bytes.ts";
import { formatDuration, parseDuration } from "../../src/lib/duration.ts";
import { canonicalText, hashOf, sha256 } from "../../src/lib/hash.ts";
import { distance, suggest } from "../../src/lib/suggest.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["1h30m", 5_400_000],
  ["1h30m20s10ms", 5_420_010],
  ["1.5s", 1500],
  [".5s", 500],
  ["1d", 86_400_000],
  ["2w", 1_209_600_000],
  ["1us", 1],
  ["1000us", 1],
  ["1001us", 2],
  ["", null],
  ["5", null],
  ["s", null],
  ["-1s", null],
  ["1s ", null],
  ["1 s", null],
  ["1x", null],
  ["1sx", null],
  ["200000w", null],
  ["1".repeat(80), null],
])("the duration %j is %s ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test("a duration written is the duration read", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});

test.each([
  ["0", 0],
  ["1024", 1024],
  ["1k", 1024],
  ["64m", 67_108_864],
  ["64MB", 67_108_864],
  ["1.5GiB", 1_610_612_736],
  ["2 g", 2_147_483_648],
  ["1b", 1],
  ["1pb", 2 ** 50],
  ["", null],
  ["m", null],
  ["-1", null],
  ["1x", null],
  ["1e3", null],
  ["99999p", null],
])("the size %j is %s bytes", (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test("a size written is the size read", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => parseBytes(formatBytes(bytes)) === bytes));
});

test("canonical text follows RFC 8785: sorted keys, shortest numbers, nothing undefined", () => {
  expect(canonicalText({ b: [1, 1.5, -0], a: { d: null, c: "ü\n" }, e: undefined })).toBe('{"a":{"c":"ü\\n","d":null},"b":[1,1.5,0]}');
  expect(hashOf({ a: 1, b: 2 })).toBe(sha256('{"a":1,"b":2}'));
  expect(hashOf({ b: 2, a: 1 })).toBe(hashOf({ a: 1, b: 2 }));
  expect(() => canonicalText(undefined)).toThrow(TypeError);
});

test.each([
  ["imgae", ["image", "init"], "image"],
  ["healthchek", ["healthcheck", "hostname"], "healthcheck"],
  ["read-only", ["read_only"], "read_only"],
  ["dependsOn", ["depends_on"], "depends_on"],
  ["xyz", ["image"], null],
  ["ab", ["cd"], null],
  ["x".repeat(100), ["x".repeat(99)], null],
])("%s is taken for %s: %s", (word, candidates, found) => {
  expect(suggest(word, candidates)).toBe(found);
});

test("the distance is a metric on small words", () => {
  const word = fc.string({ maxLength: 6 });
  fc.assert(fc.property(word, word, (a, b) => distance(a, b) === distance(b, a) && (distance(a, b) === 0) === (a === b)));
  expect([distance("kitten", "sitting"), distance("ab", "ba"), distance("", "abc")]).toEqual([3, 1, 3]);
});
