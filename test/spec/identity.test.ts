import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { carryImage, INSTANCE_KEYS, instanceHash, revisionHash, sameImage, short } from "../../src/spec/identity.ts";
import type { ImageIdentity, ServiceSpec } from "../../src/spec/types.ts";
import { service } from "./reading.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (shown: string, ...others: string[]): ImageIdentity => ({
  reference: "a:1",
  digests: [shown, ...others].map(digest).sort(),
  runnable: `a@${digest(shown)}`,
  shown: digest(shown),
});

const FULL = `command: [run, --fast]
entrypoint: [/init]
environment: {A: "1", B: "ü\\n"}
user: "1000:1000"
working_dir: /srv
hostname: box
labels: {team: shop}
volumes: ["data:/data", "./conf:/conf:ro", "/anon"]
tmpfs: ["/run:size=1m,mode=1777"]
read_only: true
cap_add: [NET_ADMIN]
cap_drop: [ALL]
init: true
stop_signal: SIGINT
stop_grace_period: 30s
logging: {driver: local, options: {max-size: 10m}}
deploy: {replicas: 1, resources: {limits: {cpus: "0.5", memory: 64m, pids: 10}}, update_config: {order: start-first}}
healthcheck: {test: [CMD, "true"], interval: 1s}
restart: on-failure:3
networks: {front: {aliases: [w]}, back: }
expose: [9000]
ports: ["80:8080", "53:53/udp"]
depends_on: [db]
x-instar: {domains: ["shop.example/api"], port: 8080, ready: {http: /healthz}, drain: 5s, hold: 5s, balance: leastconn}`;
const TAIL = "  db: {image: b}\nvolumes: {data: }\nnetworks: {front: , back: }\n";
const VOLUMES = { data: "app_data", other: "app_other" };
const NETWORKS = { front: "app_front", back: "app_back", default: "app_default" };

const full = service(FULL, { tail: TAIL });
const minimal = service("user: a", {});
const instance = (
  spec: ServiceSpec,
  of = image("a"),
  volumes: Record<string, string> = VOLUMES,
  networks: Record<string, string> = NETWORKS,
  version = 1,
) => instanceHash(spec, of, volumes, networks, version);
const revision = (
  spec: ServiceSpec,
  of = image("a"),
  volumes: Record<string, string> = VOLUMES,
  networks: Record<string, string> = NETWORKS,
  version = 1,
) => revisionHash(spec, of, volumes, networks, version);

test("the golden hashes of version 1 never change", () => {
  const path = new URL("../golden/identity.json", import.meta.url);
  const now = {
    full: { instance: instance(full), revision: revision(full) },
    minimal: { instance: instance(minimal), revision: revision(minimal) },
  };
  if (process.env["GOLDEN"] === "write") writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
  expect(now).toEqual(JSON.parse(readFileSync(path, "utf8")));
});

/** Spec key → another value. What reaches container create changes both hashes, the rest only the revision. */
const CHANGES: { readonly [K in keyof ServiceSpec]: readonly [value: ServiceSpec[K], replaces: boolean] } = {
  image: ["a:2", false],
  build: [{ context: "/app", dockerfile: "D", args: {}, target: null }, false],
  pullPolicy: ["always", false],
  command: [["run"], true],
  entrypoint: [null, true],
  environment: [{ A: "1" }, true],
  user: ["root", true],
  workingDir: [null, true],
  hostname: [null, true],
  labels: [{}, true],
  mounts: [full.mounts.slice(1), true],
  tmpfs: [[], true],
  readOnly: [false, true],
  capAdd: [[], true],
  capDrop: [[], true],
  init: [false, true],
  stopSignal: [null, true],
  stopGraceMs: [1, false],
  logging: [null, true],
  resources: [{ ...full.resources, pids: 11 }, true],
  healthcheck: [null, true],
  restart: [{ policy: "no", maxAttempts: 0 }, true],
  networks: [{ front: { aliases: ["x"] }, back: { aliases: [] } }, true],
  networkMode: ["host", true],
  container: [{ tty: true }, true],
  replicas: [2, false],
  expose: [[], true],
  ports: [full.ports.filter(({ protocol }) => protocol === "tcp"), true],
  dependsOn: [{}, false],
  rollout: [{ ...full.rollout, parallelism: 2 }, false],
  rollback: [{ ...full.rollback, parallelism: 2 }, false],
  strategy: ["recreate", false],
  ready: [null, false],
  readyTimeoutMs: [1, false],
  minReadyMs: [1, false],
  drainMs: [1, false],
  holdMs: [1, false],
  domains: [[], false],
  domainPort: [1, false],
  balance: ["roundrobin", false],
  timeoutMs: [1, false],
};

test.each(Object.entries(CHANGES))("%s", (key, [value, replaces]) => {
  const changed = { ...full, [key]: value };
  expect(instance(changed) !== instance(full)).toBe(replaces);
  expect(revision(changed)).not.toBe(revision(full));
  if (key !== "ports") expect((INSTANCE_KEYS as readonly string[]).includes(key)).toBe(replaces);
});

test("a routed port replaces nothing, one that the engine binds does", () => {
  const without = (protocol: string) => ({ ...full, ports: full.ports.filter((port) => port.protocol !== protocol) });
  expect(instance(without("tcp"))).toBe(instance(full));
  expect(instance(without("udp"))).not.toBe(instance(full));
});

test("the engine's names count, names that are not used do not, nor do key order and a bind's creation", () => {
  expect(instance(full, image("a"), { data: "adopted" })).not.toBe(instance(full));
  expect(instance(full, image("a"), VOLUMES, { ...NETWORKS, front: "x" })).not.toBe(instance(full));
  expect(instance(full, image("a"), { data: "app_data" })).toBe(instance(full));
  expect(revision(full, image("a"), { data: "app_data" }, { back: "app_back", front: "app_front" })).toBe(revision(full));
  expect(instance({ ...full, mounts: full.mounts.map((mount) => ({ ...mount, createHostPath: !mount.createHostPath })) })).toBe(
    instance(full),
  );
  const reversed = Object.fromEntries(
    Object.entries({ ...full, environment: Object.fromEntries(Object.entries(full.environment).reverse()) }).reverse(),
  ) as unknown as ServiceSpec;
  expect([instance(reversed), revision(reversed)]).toEqual([instance(full), revision(full)]);
});

test("a key that is not there, and one that says nothing, change no hash", () => {
  expect(full).not.toHaveProperty("container");
  const quiet = service(`${FULL}\nprivileged: false\ntty: false\nulimits: {}\noom_score_adj: 0`, { tail: TAIL });
  expect([instance(quiet), revision(quiet)]).toEqual([instance(full), revision(full)]);
});

test("what a mount or an attachment says beyond the usual replaces", () => {
  const mounts = full.mounts.map((mount) => (mount.kind === "volume" ? { ...mount, noCopy: true } : mount));
  const networks = { ...full.networks, back: { aliases: [], driverOpts: { a: "b" } } };
  for (const changed of [
    { ...full, mounts },
    { ...full, networks },
  ])
    expect([instance(changed) !== instance(full), revision(changed) !== revision(full)]).toEqual([true, true]);
});

test("the version of the spec is part of both", () => {
  expect(instance(full, image("a"), VOLUMES, NETWORKS, 2)).not.toBe(instance(full));
  expect(revision(full, image("a"), VOLUMES, NETWORKS, 2)).not.toBe(revision(full));
});

test("an image is the same when a digest is shared; carried over, its hash stays", () => {
  const local = image("c");
  const pushed = image("b", "c", "d");
  expect([sameImage(local, pushed), sameImage(pushed, local), sameImage(local, image("e"))]).toEqual([true, true, false]);
  const carried = carryImage(local, pushed);
  expect(carried).toEqual({ ...pushed, shown: digest("c"), digests: ["b", "c", "d"].map(digest) });
  expect(instance(full, carried)).toBe(instance(full, local));
  expect(instance(full, pushed)).not.toBe(instance(full, local));
  expect(carryImage(null, pushed)).toBe(pushed);
  expect(carryImage(local, image("e"))).toEqual(image("e"));
});

test("people see twelve digits", () => {
  expect([short(digest("a")), short("0123456789abcdef")]).toEqual(["aaaaaaaaaaaa", "0123456789ab"]);
});
