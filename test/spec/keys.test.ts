import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { SCHEMA_KEYS } from "../../src/spec/generated/schema-keys.js";
import { KEYS } from "../../src/spec/keys.ts";
import { load, refusal } from "./reading.ts";

const paths = Object.entries(SCHEMA_KEYS).flatMap(([path, keys]) => keys.map((key) => (path === "" ? key : `${path}.${key}`)));
const parents = (path: string) => path.split(".").map((_, index, parts) => parts.slice(0, index).join("."));

test("every key of the schema has a row, or stands below one that is refused or ignored as a whole", () => {
  expect(paths.length).toBeGreaterThan(250);
  const covered = (path: string) =>
    KEYS.has(path) || parents(path).some((above) => ["refused", "ignored", "swarm"].includes(KEYS.get(above)?.does ?? ""));
  expect(paths.filter((path) => !covered(path))).toEqual([]);
});

test("every row is a key of the schema", () => {
  expect([...KEYS.keys()].filter((path) => !paths.includes(path))).toEqual([]);
});

test("a refused or ignored key says why", () => {
  expect(
    [...KEYS].filter(([, { does, note }]) => ["refused", "ignored", "swarm"].includes(does) && note === "").map(([path]) => path),
  ).toEqual([]);
});

const TOP_VALUES: Readonly<Record<string, string>> = {
  ulimits: "{nofile: 1}",
  extra_hosts: "[a:1.1.1.1]",
  sysctls: "{a: 1}",
  devices: "[/dev/x]",
  dns: "1.1.1.1",
  extends: "{service: a}",
  oom_score_adj: "5",
  storage_opt: "{a: b}",
  blkio_config: "{weight: 1}",
  credential_spec: "{file: a}",
  models: "[a]",
  provider: "{type: a}",
  post_start: "[{command: a}]",
  pre_stop: "[{command: a}]",
  gpus: "all",
  use_api_socket: "true",
  privileged: "true",
  tty: "true",
  stdin_open: "true",
  oom_kill_disable: "true",
  cgroup: "host",
};
const LISTS = [
  "links",
  "external_links",
  "volumes_from",
  "security_opt",
  "group_add",
  "device_cgroup_rules",
  "dns_opt",
  "dns_search",
  "annotations",
  "label_file",
];

test.each(
  [...KEYS]
    .filter(([path, { does }]) => does === "refused" && /^services\.\*\.[^.]+$/.test(path))
    .map(([path]) => path.slice("services.*.".length)),
)("%s is refused at its place", (key) => {
  const value = TOP_VALUES[key] ?? (LISTS.includes(key) ? "[aa]" : "aa");
  const said = refusal(() => load(`services:\n  web:\n    image: a\n    ${key}: ${value}`));
  expect(said).toContain(`INS1006 4:5 services.web.${key}: ${key} is not supported`);
});

test("docs/compose.md and the compiled schema are what their sources make of them", () => {
  const check = (script: string) =>
    execFileSync(process.execPath, [`script/${script}`, "--check"], { cwd: new URL("../..", import.meta.url), encoding: "utf8" });
  expect([check("generate-compose.ts"), check("generate-schema.ts")]).toEqual(["", ""]);
});
