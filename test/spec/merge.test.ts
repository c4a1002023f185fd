import { expect, test } from "vitest";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { load, refusal } from "./reading.ts";

const two = (base: string, over: string) =>
  load("", { files: { "1.yaml": base, "2.yaml": over }, more: { files: ["1.yaml", "2.yaml"] } }).spec;
const TAIL = "\n  db: {image: b}\n  c: {image: c}\nnetworks: {n: {}, m: {}}\nvolumes: {v: {}}";
const web = (base: string, over: string): ServiceSpec => {
  const spec = two(`services:\n  web: {image: a, ${base}}${TAIL}`, `services:\n  web: {${over}}`).services["web"];
  if (spec === undefined) throw new Error("no service web");
  return spec;
};

// Compared with `docker compose -f 1.yaml -f 2.yaml config` 2.26.
test.each<readonly [base: string, over: string, read: (spec: ServiceSpec) => unknown, value: unknown]>([
  ["user: u", "user: v", (spec) => spec.user, "v"],
  ["user: u", "hostname: h", (spec) => [spec.user, spec.hostname], ["u", "h"]],
  ["command: [a, b]", "command: [c]", (spec) => spec.command, ["c"]],
  ["entrypoint: a", "entrypoint: [b]", (spec) => spec.entrypoint, ["b"]],
  ["environment: [A=1, B=2]", "environment: {B: 3, C: 4}", (spec) => spec.environment, { A: "1", B: "3", C: "4" }],
  ["labels: {a: b}", "labels: [c=d]", (spec) => spec.labels, { a: "b", c: "d" }],
  ['ports: ["80:80"]', 'ports: ["80:80", "81:81"]', (spec) => spec.ports.map(({ published }) => published), [80, 81]],
  [
    'volumes: ["./x:/x", "./y:/y"]',
    'volumes: ["./z:/x", {type: volume, source: v, target: /y}]',
    (spec) => spec.mounts.map(({ source }) => source),
    ["/app/z", "v"],
  ],
  ["depends_on: [db]", "depends_on: {c: {condition: service_healthy}}", (spec) => Object.keys(spec.dependsOn), ["c", "db"]],
  ["networks: [n]", "networks: {n: {aliases: [q]}, m: }", (spec) => spec.networks, { m: { aliases: [] }, n: { aliases: ["q"] } }],
  ["build: .", "build: {dockerfile: D}", (spec) => [spec.build?.context, spec.build?.dockerfile], ["/app", "D"]],
  [
    "logging: {driver: x, options: {a: b}}",
    "logging: {options: {c: d}}",
    (spec) => spec.logging,
    { driver: "x", options: { a: "b", c: "d" } },
  ],
  [
    "logging: {driver: x, options: {a: b}}",
    "logging: {driver: y, options: {c: d}}",
    (spec) => spec.logging,
    { driver: "y", options: { c: "d" } },
  ],
  [
    "healthcheck: {test: [CMD, a], interval: 5s}",
    "healthcheck: {test: [CMD, b]}",
    (spec) => [spec.healthcheck?.test, spec.healthcheck?.intervalMs],
    [["CMD", "b"], 5000],
  ],
  ["cap_add: [ALL]", "cap_add: [CHOWN]", (spec) => spec.capAdd, ["ALL", "CHOWN"]],
  ["tmpfs: /a", "tmpfs: [/b]", (spec) => spec.tmpfs.map(({ target }) => target), ["/a", "/b"]],
  [
    "deploy: {replicas: 2, update_config: {delay: 1s}}",
    "deploy: {update_config: {parallelism: 3}}",
    (spec) => [spec.replicas, spec.rollout.delayMs, spec.rollout.parallelism],
    [2, 1000, 3],
  ],
  ["deploy: {replicas: 2}", "deploy: ", (spec) => spec.replicas, 2],
  ["user: u", "user: !reset null", (spec) => spec.user, null],
  ['ports: ["80:80"]', "ports: !reset []", (spec) => spec.ports, []],
  ['ports: ["80:80"]', 'ports: !override ["81:81"]', (spec) => spec.ports.map(({ published }) => published), [81]],
  ["environment: {A: 1}", "environment: !override {B: 2}", (spec) => spec.environment, { B: "2" }],
  ["environment: {A: 1, B: 2}", "environment: {A: !reset null}", (spec) => spec.environment, { B: "2" }],
  [
    "x-instar: {ready: {http: /a}, drain: 1s}",
    "x-instar: {ready: {tcp: 80}}",
    (spec) => [spec.ready, spec.drainMs],
    [{ kind: "tcp", port: 80 }, 1000],
  ],
  [
    "x-instar: {autoredeploy: {tags: 1.*, every: 5m}}",
    "x-instar: {autoredeploy: {every: 9m}}",
    (spec) => [spec.autoredeploy?.tags, spec.autoredeploy?.everyMs],
    [{ kind: "glob", pattern: "1.*" }, 540_000],
  ],
  ["x-instar: {autoredeploy: {every: 5m}}", "x-instar: {autoredeploy: false}", (spec) => spec.autoredeploy, undefined],
  ["x-instar: {autoredeploy: false}", "x-instar: {autoredeploy: {every: 5m}}", (spec) => spec.autoredeploy?.everyMs, 300_000],
  ["x-instar: {autoredeploy: {every: 5m}}", "x-instar: {autoredeploy: }", (spec) => spec.autoredeploy?.everyMs, 300_000],
])("%s + %s", (base, over, read, value) => {
  expect(read(web(base, over))).toEqual(value);
});

test("services of both files, and a reset service is gone", () => {
  expect(Object.keys(two("services: {a: {image: a}, b: {image: b}}", "services: {c: {image: c}, b: !reset null}").services)).toEqual([
    "a",
    "c",
  ]);
});

test("an error stands in the file it comes from", () => {
  const said = refusal(() => two("services: {a: {image: a}}", "services:\n  a: {ports: ['x']}"));
  expect(said).toContain("INS1004 2:15");
});
