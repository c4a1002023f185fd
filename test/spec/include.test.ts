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

test("more files than anyone includes are refused", () => {
  const files = Object.fromEntries(
    Array.from({ length: 250 }, (_, i) => [`f${i}.yaml`, `include: [f${i + 1}.yaml]\nservices: {s${i}: {image: a}}`]),
  );
  expect(refusal(() => load("include: [f0.yaml]", { files }))).toContain("INS1012 - more than 200 files");
});
