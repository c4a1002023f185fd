import { expect, test } from "vitest";
import { service } from "./reading.ts";

const BASE = { everyMs: 60_000, minAgeMs: 0, approve: false, window: null };

test.each<[string, object | undefined]>([
  ["same-tag", { ...BASE, tags: { kind: "same-tag" } }],
  ["true", { ...BASE, tags: { kind: "same-tag" } }],
  ["false", undefined],
  ["{}", { ...BASE, tags: { kind: "same-tag" } }],
  ["{tags: same-tag, every: 5s}", { ...BASE, tags: { kind: "same-tag" }, everyMs: 5000 }],
  ["{semver: ~1.4}", { ...BASE, tags: { kind: "semver", range: "~1.4" } }],
  ["{tags: {semver: '1.x'}, approve: true}", { ...BASE, tags: { kind: "semver", range: "1.x" }, approve: true }],
  ["{tags: 1.4.*, min_age: 1h}", { ...BASE, tags: { kind: "glob", pattern: "1.4.*" }, minAgeMs: 3_600_000 }],
  [
    "{tags: '/v\\d+/', window: '23:30-1:00'}",
    { ...BASE, tags: { kind: "regex", pattern: "v\\d+" }, window: { fromMinute: 1410, toMinute: 60 } },
  ],
  ["{window: '00:00-24:00'}", { ...BASE, tags: { kind: "same-tag" }, window: { fromMinute: 0, toMinute: 0 } }],
])("autoredeploy: %s", (text, expected) => {
  expect(service(`x-instar: {autoredeploy: ${text}}`).autoredeploy).toEqual(expected);
});

test("a service that says nothing of it has no such key: its hashes stay as they were", () => {
  expect(Object.keys(service("x-instar: {drain: 1s}"))).not.toEqual(expect.arrayContaining(["autoredeploy"]));
  expect(Object.keys(service("x-instar: {drain: 1s}"))).not.toEqual(expect.arrayContaining(["keep"]));
  expect(service("x-instar: {keep: 3}").keep).toBe(3);
});
