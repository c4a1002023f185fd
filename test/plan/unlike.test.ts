import { describe, expect, it } from "vitest";
import { filesSince, judged, otherContent, otherImage, toldOnce } from "../../src/plan/unlike.ts";
import type { Revision } from "../../src/spec/types.ts";

const hash = (digit: string): string => digit.repeat(64);
/** Its image is known by the digest of its index, too. */
const FOURTH = {
  ...{ number: 4, instanceHash: hash("a"), image: { digests: [`sha256:${hash("1")}`, `sha256:${hash("2")}`] } },
} as unknown as Revision;
type Seen = Parameters<typeof judged>[0];
type Difference = Seen["differences"][number];
const asMade = { image: `sha256:${hash("1")}`, instanceHash: hash("a") };
const found = (instance: Partial<Seen["instance"]>, ...differences: Seen["differences"]): Seen => ({
  instance: { ...asMade, ...instance },
  differences,
});
/** A client of the engine can change limits later; what it runs as only who makes it anew. */
const limit: Difference = { path: "HostConfig.Memory", expected: "1000", found: "2000", changeable: true };
const user = { path: "User", expected: "node", found: "root", changeable: false };
const privileged = { path: "HostConfig.Privileged", expected: "false", found: "true", changeable: false };

describe("an instance beside its revision", () => {
  it("is of its image by any of the digests, and of its content by the hash it was made from", () => {
    for (const image of FOURTH.image.digests) expect(otherImage(found({ image }), FOURTH)).toBeNull();
    expect(otherContent(found({}), FOURTH)).toBeNull();
    expect(judged(found({}), FOURTH)).toEqual({ foreign: null, configuration: [] });
  });

  it("of another image names what it runs, and every image it might, in the twelve digits people know", () => {
    expect(otherImage(found({ image: `sha256:${hash("9")}` }), FOURTH)).toMatch(/ 9{12}, .* 4 is 1{12} or 2{12}$/);
  });

  it("made from another content names both", () => {
    expect(otherContent(found({ instanceHash: hash("b") }), FOURTH)).toMatch(/ b{12}, .* 4 is a{12}$/);
  });

  it.each<[string, Seen, RegExp]>([
    ["another content", found({ instanceHash: hash("b") }), /^its label names the content/],
    ["another image", found({ image: "sha256:9" }), /^it runs 9/],
    ["what only create can set", found({}, user), /^its User is not that of revision 4$/],
    ["of several such the first", found({}, limit, privileged, user), /^its HostConfig.Privileged is not/],
    ["its content before its image", found({ image: "sha256:9", instanceHash: hash("b") }), /^its label/],
    ["its image before its configuration", found({ image: "sha256:9" }, user), /^it runs/],
  ])("is foreign by %s", (_, seen, foreign) => expect(judged(seen, FOURTH).foreign).toMatch(foreign));

  it("tells no value of what only create can set: it may be a secret", () => {
    const { foreign, configuration } = judged(found({}, { ...user, path: "Env.PASSWORD", expected: "s3cret", found: "0ther" }), FOURTH);
    expect(`${foreign} ${configuration.join(" ")}`).not.toMatch(/s3cret|0ther/);
  });

  it.each<[string, Partial<Difference>, string]>([
    ["another value", {}, "Memory is 2000; it was made 1000"],
    ["a value more", { expected: null }, "Memory is 2000, and was not made"],
    ["a value less", { found: null }, "Memory is gone; it was 1000"],
    ["a name, which is not of the host's part", { path: "Name", expected: "a", found: "b" }, "Name is b; it was made a"],
    ["a network that is called like the host's part", { path: "Networks.HostConfig.x" }, "Networks.HostConfig.x is 2000; it was made 1000"],
    ["a secret that was edited", { path: "Files./run/secrets/a", found: "/x was edited" }, "/x was edited"],
    ["a secret that is gone, of which nothing is told", { path: "Files./run/secrets/a", found: null }, "Files./run/secrets/a"],
  ])("is not foreign by what can be changed later, but says so: %s", (_, more, words) => {
    expect(judged(found({}, { ...limit, ...more }), FOURTH)).toEqual({ foreign: null, configuration: [words] });
  });

  it("keeps both apart, each in its order", () => {
    const cpus = { ...limit, path: "HostConfig.NanoCpus", expected: "1", found: "2" };
    const { foreign, configuration } = judged(found({}, cpus, user, limit), FOURTH);
    expect(foreign).toMatch(/User/);
    expect(configuration.map((words) => words.split(" ")[0])).toEqual(["NanoCpus", "Memory"]);
  });
});

describe("a secret that is not as it was sealed", () => {
  const sealed = { path: "Files./run/secrets/a", expected: "as it was sealed", found: "/x was edited", changeable: true };
  const at = (path: string) => ({ path, expected: null, found: "otherwise", changeable: false });
  it.each<[string, string, boolean]>([
    ["its mount is not told again", "Mounts./run/secrets/a", false],
    ["a mount beside it is told", "Mounts./run/secrets/b", true],
    ["a label that is called as it is told", "Labels./run/secrets/a", true],
  ])("%s", (_, path, told) =>
    expect(toldOnce([at(path), sealed]).map((one) => one.path)).toEqual(told ? [path, sealed.path] : [sealed.path]),
  );

  it("a mount is told where no secret is at fault", () => {
    const differences = [at("Mounts./run/secrets/a"), at("Labels./run/secrets/a")];
    expect(toldOnce(differences)).toEqual(differences);
  });

  it("is no foreign instance for the mount it came with", () =>
    expect(judged(found({}, at("Mounts./run/secrets/a"), sealed), FOURTH)).toEqual({ foreign: null, configuration: ["/x was edited"] }));
});

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
