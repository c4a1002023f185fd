import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTextFile } from "../../src/spec/files.ts";
import { loadStack } from "../../src/spec/load.ts";
import { printYaml } from "../../src/spec/print.ts";
import { spellDuration } from "../../src/spec/shapes.ts";
import { parseDocuments } from "../../src/spec/yaml.ts";
import { load, notices } from "./reading.ts";

const FILE = "services: {web: {image: 'a:${TAG:-none}${MORE:-}'}}";
const image = (files: Record<string, string>, more: object = {}) => load(FILE, { files, ...more }).spec.services["web"]?.image;

test("COMPOSE_DISABLE_ENV_FILE forbids .env, not --env-file", () => {
  const env = { COMPOSE_DISABLE_ENV_FILE: "true" };
  expect(image({ ".env": "TAG=1" })).toBe("a:1");
  expect(image({ ".env": "TAG=1" }, { env })).toBe("a:none");
  expect(image({ "x.env": "TAG=2" }, { env, more: { envFiles: ["x.env"] } })).toBe("a:2");
});

test(".env of this folder wins over .env of the folder above, where the file is", () => {
  const files = { ".env": "TAG=above\nMORE=-above", "sub/.env": "TAG=here" };
  expect(image(files, { more: { cwd: "/app/sub" } })).toBe("a:here-above");
});

test("a folder called .env is no env file", () => {
  const folder = mkdtempSync(join(tmpdir(), "instar-env-"));
  mkdirSync(join(folder, ".env"));
  writeFileSync(join(folder, "compose.yaml"), "name: x\nservices: {web: {image: a}}");
  const { spec } = loadStack({ files: [], cwd: folder, env: {}, readFile: readTextFile });
  rmSync(folder, { recursive: true });
  expect(spec.name).toBe("x");
});

test("the first file's folder is the project's, standard input being nowhere", () => {
  const { spec } = load(FILE, {
    files: { "/srv/two.yaml": "services: {web: {volumes: ['./x:/x']}}", "-": "" },
    more: {
      files: ["-", "/srv/two.yaml"],
      readFile: (path) => ({ "-": FILE, "/srv/two.yaml": "services: {web: {volumes: ['./x:/x']}}" })[path] ?? null,
    },
  });
  expect([spec.name, spec.services["web"]?.mounts[0]?.source]).toEqual(["srv", "/srv/x"]);
});

test("what is not read is told: other default files, items that are replaced", () => {
  const files = { "docker-compose.yml": FILE };
  expect(load(FILE, { files }).notices.map(({ message }) => message)).toEqual([
    "/app/compose.yaml is used; not read: /app/docker-compose.yml",
  ]);
  expect(notices("services:\n  web: {image: a, volumes: ['./a:/d', './b:/d']}")).toEqual([
    'repeated 2:39 services.web.volumes[1]: takes the place of the one on line 2: both are "/d"',
  ]);
  expect(notices('services:\n  web: {image: a, ports: ["80:80", "80:80", "8000-8010:90"]}')).toEqual([
    "port-range 2:45 services.web.ports[2]: all instances stand behind one port: 8000 of the range is used",
  ]);
});

test.each([
  ["0", "0s"],
  ["90s", "1m30s"],
  ["1h", "1h0m0s"],
  ["1.5h", "1h30m0s"],
  ["500ms", "500ms"],
  ["1500us", "1.5ms"],
  ["10ns", "10ns"],
  ["1d", "24h0m0s"],
  ["1m0.25s", "1m0.25s"],
  ["1 s", null],
  ["x", null],
])("%s is spelt %s", (written, spelt) => {
  expect(spellDuration(written)).toBe(spelt);
});

test.each([
  "yes",
  "NO",
  "on",
  "n",
  "~",
  "null",
  "1_000",
  "0o17",
  "017",
  "0x1F",
  "1e3",
  ".5",
  "12:30",
  "1.2.3",
  "=",
  "<<",
  "",
  " a",
  "a\nb\n",
  "#",
])("the text %j is printed so that it stays a text", (text) => {
  const [node] = parseDocuments("x", printYaml({ key: text, [`k${text}`]: 1 }));
  expect(
    node?.kind === "map" ? [...node.entries.values()].map(({ key, value }) => [key, value.kind === "scalar" && value.value]) : null,
  ).toEqual([
    ["key", text],
    [`k${text}`, 1],
  ]);
});
