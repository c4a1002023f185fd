import { expect, it } from "vitest";
import { filesSince } from "../../src/plan/unlike.ts";

const seen = (hosts: string, enginesOwn: readonly string[] = [], startedAt = 1) => ({
  ...{ instance: { startedAt }, files: { "/etc/hosts": hosts }, enginesOwn },
});
const before = { startedAt: 1, files: { "/etc/hosts": "a" } };

it.each([
  ["as it was", before, seen("a"), []],
  ["an edit", before, seen("b"), ["/etc/hosts"]],
  ["deleted on the host", before, seen("gone"), ["/etc/hosts"]],
  ["another start: the engine wrote it anew", before, seen("b", [], 2), []],
  ["seen for the first time", null, seen("b"), []],
  ["the engine's own change", before, seen("b", ["/etc/hosts"]), []],
  ["seen another way, in which nothing can be said of it", before, seen("told:1:2:3"), []],
  ["seen that way again and otherwise", { startedAt: 1, files: { "/etc/hosts": "told:1:2:3" } }, seen("told:1:2:4"), ["/etc/hosts"]],
  ["not seen this time", before, { ...seen("a"), files: {} }, []],
])("%s", (_, start, now, edited) => expect(filesSince(start, now).edited).toEqual(edited));

it("what it was at the start is kept while an edit stands, and while it cannot be seen", () => {
  expect(filesSince(before, seen("b")).files).toEqual(before.files);
  expect(filesSince(before, { ...seen("a"), files: {} }).files).toEqual(before.files);
  expect(filesSince(before, seen("b", ["/etc/hosts"])).files).toEqual({ "/etc/hosts": "b" });
});
