import { expect, test } from "vitest";
import { loadTree } from "../../src/spec/load.ts";
import { load, refusal } from "./reading.ts";

const scene = (files: Record<string, string>) =>
  loadTree({ files: [], cwd: "/app", env: {}, readFile: (path) => files[path.replace("/app/", "")] ?? null }).scene;
const SECRET = "services: {x: {image: x}}\nsecrets: {t: {environment: TOKEN}}";

test("a secret of an included stack is made of that stack's variable", () => {
  const files = { "compose.yaml": "include: [a/compose.yaml]", "a/compose.yaml": SECRET, "a/.env": "TOKEN=1" };
  expect(scene(files).environment["TOKEN"]).toBe("1");
  expect(scene({ ...files, ".env": "TOKEN=outer" }).environment["TOKEN"]).toBe("outer");
  const two = {
    ...files,
    "compose.yaml": "include: [a/compose.yaml, b/compose.yaml]",
    "b/compose.yaml": SECRET.replace("x:", "y:").replace("t:", "u:"),
    "b/.env": "TOKEN=2",
  };
  expect(refusal(() => scene(two))).toContain("INS1004 2:28 secrets.u.environment: two included stacks give TOKEN different values");
});

test("a key alone is the included stack's variable; env files and .env are that stack's", () => {
  const files = {
    "a/compose.yaml": "services: {x: {image: 'x:${TAG}', environment: [TAG, GONE], env_file: e.env}}",
    "a/.env": "TAG=7",
    "a/e.env": "E=${TAG:-none}",
  };
  const x = load("include: [a/compose.yaml]", { files }).spec.services["x"];
  expect([x?.image, x?.environment]).toEqual(["x:7", { E: "none", TAG: "7" }]);
});

test("a group is of the whole stack: an included one is refused, unless the including stack says what it is", () => {
  const included = (outer: string, inner = "x-instar: {atomic: true}\nservices: {x: {image: a}}") =>
    load(`include: [a/compose.yaml]\n${outer}`, { files: { "a/compose.yaml": inner } }).spec.atomic;
  expect(refusal(() => included(""))).toBe(
    "INS1006 1:20 x-instar.atomic: an included stack is no group of its own | say in the including file whether it is one: x-instar: { atomic: true } there, which is for all of its services, or false",
  );
  expect([included("x-instar: {atomic: true}"), included("x-instar: {atomic: false}")]).toEqual([true, false]);
  expect(included("", "x-instar: {atomic: false}\nservices: {x: {image: a}}")).toBe(false);
});

test("more files than anyone includes are refused", () => {
  const files = Object.fromEntries(
    Array.from({ length: 250 }, (_, i) => [`f${i}.yaml`, `include: [f${i + 1}.yaml]\nservices: {s${i}: {image: a}}`]),
  );
  expect(refusal(() => load("include: [f0.yaml]", { files }))).toContain("INS1012 - more than 200 files");
});
