import { expect, test } from "vitest";
import { diffSpecs } from "../../src/spec/diff.ts";
import { mergeUp } from "../../src/spec/threeway.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { service } from "./reading.ts";

const base = service("user: u");
const spec = (image: string, replicas: number): ServiceSpec => ({ ...base, image, replicas });
const D = { image: { by: "D12" }, replicas: { by: "D13" } };

/** last applied, file, running, set by verbs, force → image, replicas, kept. */
test.each<
  readonly [
    why: string,
    last: ServiceSpec | null,
    file: ServiceSpec,
    current: ServiceSpec,
    by: object,
    force: boolean,
    image: string,
    replicas: number,
    kept: readonly string[],
  ]
>([
  ["nothing was set: the file", spec("a:1", 1), spec("a:1", 1), spec("a:1", 1), {}, false, "a:1", 1, []],
  ["a deployed image stays", spec("a:1", 1), spec("a:1", 1), spec("a:2", 1), D, false, "a:2", 1, ["image from deployment D12"]],
  ["a scaled number stays", spec("a:1", 1), spec("a:1", 1), spec("a:1", 5), D, false, "a:1", 5, ["replicas from deployment D13"]],
  [
    "both stay",
    spec("a:1", 1),
    spec("a:1", 1),
    spec("a:2", 5),
    D,
    false,
    "a:2",
    5,
    ["image from deployment D12", "replicas from deployment D13"],
  ],
  [
    "the file changed the image: the file",
    spec("a:1", 1),
    spec("a:3", 1),
    spec("a:2", 5),
    D,
    false,
    "a:3",
    5,
    ["replicas from deployment D13"],
  ],
  [
    "the file changed the number: the file",
    spec("a:1", 1),
    spec("a:1", 2),
    spec("a:2", 5),
    D,
    false,
    "a:2",
    2,
    ["image from deployment D12"],
  ],
  ["the file now says what runs: nothing is kept", spec("a:1", 1), spec("a:2", 1), spec("a:2", 1), D, false, "a:2", 1, []],
  ["forced: the file", spec("a:1", 1), spec("a:1", 1), spec("a:2", 5), D, true, "a:1", 1, []],
  ["never applied: the file", null, spec("a:1", 1), spec("a:2", 5), D, false, "a:1", 1, []],
  ["another than wanted without a verb: the file", spec("a:1", 1), spec("a:1", 1), spec("a:2", 5), {}, false, "a:1", 1, []],
])("%s", (_why, last, file, current, by, force, image, replicas, kept) => {
  const result = mergeUp(last, file, current, by, force);
  expect([result.spec.image, result.spec.replicas, result.kept]).toEqual([image, replicas, kept]);
});

test("any other key of the file applies besides what is kept", () => {
  const { spec: merged } = mergeUp(spec("a:1", 1), { ...spec("a:1", 1), user: "v", environment: { A: "1" } }, spec("a:2", 1), D, false);
  expect([merged.user, merged.environment, merged.image]).toEqual(["v", { A: "1" }, "a:2"]);
});

const TAIL = "  db: {image: b}\nvolumes: {v: }\nnetworks: {n: }\n";
const diff = (a: string, b: string) =>
  diffSpecs(service(a, { tail: TAIL }), service(b, { tail: TAIL })).map(
    ({ path, before, after, replaces }) => `${path}: ${before} → ${after}${replaces ? " (replaces)" : ""}`,
  );

test.each([
  ["user: a", "user: a", []],
  ["user: a", "user: b", ["user: a → b (replaces)"]],
  [
    "environment: {A: 1, B: 2}",
    "environment: {A: 3, C: 4}",
    ["environment.A: 1 → 3 (replaces)", "environment.B: 2 → null (replaces)", "environment.C: null → 4 (replaces)"],
  ],
  [
    "environment: {DB_PASSWORD: a, API_KEY: b, GITHUB_TOKEN: c, SECRET: d}",
    "environment: {DB_PASSWORD: b}",
    [
      "environment.API_KEY: (hidden) → null (replaces)",
      "environment.DB_PASSWORD: (hidden) → (hidden) (replaces)",
      "environment.GITHUB_TOKEN: (hidden) → null (replaces)",
      "environment.SECRET: (hidden) → null (replaces)",
    ],
  ],
  ["environment: {URL: 'postgres://u:p@h/d'}", "environment: {}", ["environment.URL: postgres://u:***@h/d → null (replaces)"]],
  ["deploy: {replicas: 1}", "deploy: {replicas: 3}", ["replicas: 1 → 3"]],
  ["stop_grace_period: 10s", "stop_grace_period: 1m30s", ["stopGraceMs: 10s → 1m30s"]],
  ["mem_limit: 64m", "mem_limit: 1g", ["resources.memoryBytes: 64m → 1g (replaces)"]],
  ["user: a", "user: a\nx-instar: {drain: 5s}", ["drainMs: null → 5s"]],
  ["command: [a, b]", "command: [a, c]", ['command: ["a","b"] → ["a","c"] (replaces)']],
  ["ports: ['80:80']", "ports: ['80:81', '53:53/udp']", ["ports.53/udp: null → → 53, mode host (replaces)", "ports.80/tcp: → 80 → → 81"]],
  [
    "volumes: ['v:/v']",
    "volumes: ['v:/v:ro', './x:/x']",
    [
      "mounts./v: volume v → volume v, read-only (replaces)",
      "mounts./x: null → bind /app/x (replaces)",
      "mounts./x.createHostPath: null → true",
    ],
  ],
  ["tmpfs: /run", "tmpfs: '/run:size=1m'", ["tmpfs./run: unlimited → 1m (replaces)"]],
  [
    "expose: [80]\nx-instar: {domains: [a.b]}",
    "expose: [80]\nx-instar: {domains: [a.b/x]}",
    ["domains.a.b: routed → null", "domains.a.b/x: null → routed"],
  ],
  ["networks: [n]", "networks: {n: {aliases: [x]}}", ['networks.n.aliases: [] → ["x"] (replaces)']],
  [
    "depends_on: [db]",
    "user: a",
    ["dependsOn.db.condition: service_started → null", "dependsOn.db.required: true → null", "user: null → a (replaces)"],
  ],
])("%j against %j", (a, b, changes) => {
  expect(diff(a, b)).toEqual(changes);
});

test("a new service is all additions, one that goes all removals", () => {
  const added = diffSpecs(null, base);
  expect(added.every(({ before, after }) => before === null && after !== null)).toBe(true);
  expect(added.find(({ path }) => path === "image")).toEqual({ path: "image", before: null, after: "a", replaces: true });
  expect(diffSpecs(base, null)).toHaveLength(added.length);
});
