import { expect, test } from "vitest";
import { SIDES } from "../../src/spec/sides.ts";
import { service } from "./reading.ts";

/** One row per spelling: the keys under `services.web`, the key of the spec, its value. */
type Row = readonly [keys: string, key: keyof ReturnType<typeof service>, value: unknown];

const port = (published: number | null, target: number, more: object = {}) => ({
  published,
  target,
  protocol: "tcp",
  mode: "ingress",
  hostIp: null,
  appProtocol: null,
  ...more,
});
const udp = { protocol: "udp", mode: "host" };
const bind = (source: string, target: string, more: object = {}) => ({
  kind: "bind",
  source,
  target,
  readOnly: false,
  createHostPath: true,
  ...more,
});
const volume = (source: string | null, target: string, more: object = {}) => ({
  kind: "volume",
  source,
  target,
  readOnly: false,
  createHostPath: false,
  ...more,
});
const resources = (more: object) => ({ nanoCpus: 0, memoryBytes: 0, memoryReservationBytes: 0, pids: 0, ...more });
const check = (more: object) => ({
  disable: false,
  test: ["CMD", "a"],
  intervalMs: 30_000,
  timeoutMs: 30_000,
  retries: 3,
  startPeriodMs: 0,
  startIntervalMs: null,
  ...more,
});
const rollout = (more: object) => ({
  parallelism: 1,
  delayMs: 0,
  order: null,
  failureAction: "rollback",
  monitorMs: 0,
  maxFailureRatio: 0,
  ...more,
});

const ROWS: readonly Row[] = [
  ['command: a \'b c\' "d\\"e" f\\ g', "command", ["a", "b c", 'd"e', "f g"]],
  ["command: [a, b c]", "command", ["a", "b c"]],
  ["command: []", "command", []],
  ['command: ""', "command", []],
  ["command:", "command", null],
  ["command: a `b c` $$(d e)f", "command", ["a", "`b c`", "$(d e)f"]],
  ["command: a '' x2>y", "command", ["a", "", "x2"]],
  ["command: a 2>x b", "command", ["a"]],
  ["entrypoint: /a --b", "entrypoint", ["/a", "--b"]],
  [
    "environment: {A: 1, B: true, C: 0644, D: 1.10, E: 1e3, F: 12345678901234567890, G: 1_000, H: yes, I: 0x1F, J: 0o17, K: 1e21, L: 2020-01-01}",
    "environment",
    {
      A: "1",
      B: "true",
      C: "420",
      D: "1.1",
      E: "1000",
      F: "12345678901234567890",
      G: "1000",
      H: "yes",
      I: "31",
      J: "15",
      K: "1e+21",
      L: "2020-01-01",
    },
  ],
  ["environment: [A=1, B=a=b, C=, FROM, ABSENT]", "environment", { A: "1", B: "a=b", C: "", FROM: "outside" }],
  ["environment: {FROM: , ABSENT: }", "environment", { FROM: "outside" }],
  ["ports: [80]", "ports", [port(null, 80)]],
  ['ports: ["80:8080"]', "ports", [port(80, 8080)]],
  ['ports: ["127.0.0.1:80:8080"]', "ports", [port(80, 8080, { hostIp: "127.0.0.1" })]],
  ['ports: ["127.0.0.1::8080"]', "ports", [port(null, 8080, { hostIp: "127.0.0.1" })]],
  ['ports: ["[::1]:80:8080"]', "ports", [port(80, 8080, { hostIp: "::1" })]],
  ['ports: ["53:53/udp", "53:53/tcp"]', "ports", [port(53, 53), port(53, 53, udp)]],
  ['ports: ["8000-8002:80-82"]', "ports", [port(8000, 80), port(8001, 81), port(8002, 82)]],
  ['ports: ["80-81"]', "ports", [port(null, 80), port(null, 81)]],
  [
    "ports: [{target: 80, published: 8080, host_ip: 10.0.0.1, mode: host, app_protocol: HTTP}]",
    "ports",
    [port(8080, 80, { hostIp: "10.0.0.1", mode: "host", appProtocol: "http" })],
  ],
  ['ports: [{target: "80", published: "8080", protocol: udp}]', "ports", [port(8080, 80, udp)]],
  ["ports: [{target: 80, app_protocol: redis}]", "ports", [port(null, 80, { appProtocol: "tcp" })]],
  ["expose: [3000, '4000-4002', '5000/tcp', 3000]", "expose", [3000, 4000, 4001, 4002, 5000]],
  [
    "volumes: [./a:/a, ~/b:/b:ro, /c:/c:rw, ../d:/d/]",
    "mounts",
    [bind("/app/a", "/a"), bind("/root/b", "/b", { readOnly: true }), bind("/c", "/c"), bind("/d", "/d")],
  ],
  ["volumes: [data:/d, x:/x:ro, /anon]", "mounts", [volume(null, "/anon"), volume("data", "/d"), volume("x", "/x", { readOnly: true })]],
  [
    "volumes: [{type: bind, source: ./a, target: /a, read_only: true}]",
    "mounts",
    [bind("/app/a", "/a", { readOnly: true, createHostPath: false })],
  ],
  ["volumes: [{type: bind, source: ./a, target: /a, bind: {create_host_path: true}}]", "mounts", [bind("/app/a", "/a")]],
  ["volumes: [{type: volume, source: data, target: /d}, {type: volume, target: /e}]", "mounts", [volume("data", "/d"), volume(null, "/e")]],
  ["volumes: [{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 0700}}]", "tmpfs", [{ target: "/t", sizeBytes: 67_108_864, mode: 0o700 }]],
  ["tmpfs: /run", "tmpfs", [{ target: "/run", sizeBytes: null, mode: null }]],
  [
    "tmpfs: ['/run:size=1k,mode=1777', /a]",
    "tmpfs",
    [
      { target: "/a", sizeBytes: null, mode: null },
      { target: "/run", sizeBytes: 1024, mode: 0o1777 },
    ],
  ],
  ["networks: [n, default]", "networks", { default: { aliases: [] }, n: { aliases: [] } }],
  ["networks: {n: {aliases: [z, a, z]}, default: }", "networks", { default: { aliases: [] }, n: { aliases: ["a", "z"] } }],
  ["image: b", "networks", { default: { aliases: [] } }],
  ["network_mode: none", "networks", {}],
  ["network_mode: host", "networkMode", "host"],
  [
    "healthcheck: {test: [CMD, a], interval: 1m30s, timeout: 2s, retries: 5, start_period: 10s, start_interval: 500ms}",
    "healthcheck",
    check({ intervalMs: 90_000, timeoutMs: 2000, retries: 5, startPeriodMs: 10_000, startIntervalMs: 500 }),
  ],
  ["healthcheck: {test: a b}", "healthcheck", check({ test: ["CMD-SHELL", "a b"] })],
  ["healthcheck: {interval: 5s}", "healthcheck", check({ test: [], intervalMs: 5000, timeoutMs: 0, retries: 0 })],
  ["healthcheck: {test: [NONE]}", "healthcheck", check({ disable: true, test: [], intervalMs: 0, timeoutMs: 0, retries: 0 })],
  ['healthcheck: {disable: "true"}', "healthcheck", check({ disable: true, test: [], intervalMs: 0, timeoutMs: 0, retries: 0 })],
  ["deploy: {replicas: 3}", "replicas", 3],
  ["scale: 2", "replicas", 2],
  ['deploy: {replicas: "${N:-4}"}', "replicas", 4],
  ["deploy: {mode: global}", "replicas", 1],
  ["deploy: {replicas: 0}", "replicas", 0],
  [
    "deploy: {resources: {limits: {cpus: '0.5', memory: 64M, pids: 10}, reservations: {memory: 1m}}}",
    "resources",
    resources({ nanoCpus: 500_000_000, memoryBytes: 67_108_864, memoryReservationBytes: 1_048_576, pids: 10 }),
  ],
  [
    "cpus: 1.5\nmem_limit: 1gb\nmem_reservation: 1024\npids_limit: -1",
    "resources",
    resources({ nanoCpus: 1_500_000_000, memoryBytes: 1_073_741_824, memoryReservationBytes: 1024 }),
  ],
  [
    "deploy: {update_config: {parallelism: 0, delay: 10s, order: stop-first, failure_action: pause, monitor: 5s, max_failure_ratio: 0.25}}",
    "rollout",
    rollout({ parallelism: 0, delayMs: 10_000, order: "stop-first", failureAction: "pause", monitorMs: 5000, maxFailureRatio: 0.25 }),
  ],
  ["image: b", "rollout", rollout({})],
  ["deploy: {rollback_config: {parallelism: 2}}", "rollback", rollout({ parallelism: 2, failureAction: "pause" })],
  ["depends_on: [db]", "dependsOn", { db: { condition: "service_started", required: true } }],
  [
    "depends_on: {db: {condition: service_healthy, required: false}}",
    "dependsOn",
    { db: { condition: "service_healthy", required: false } },
  ],
  [
    'depends_on: {db: {condition: service_healthy, required: "${R:-false}"}}',
    "dependsOn",
    { db: { condition: "service_healthy", required: false } },
  ],
  ["depends_on: {gone: {condition: service_started, required: false}}", "dependsOn", {}],
  ["stop_grace_period: 1m30s", "stopGraceMs", 90_000],
  ["image: b", "stopGraceMs", 10_000],
  ["stop_signal: term", "stopSignal", "SIGTERM"],
  ["stop_signal: SIGRTMIN+3", "stopSignal", "SIGRTMIN+3"],
  ["user: '1000:1000'", "user", "1000:1000"],
  ["working_dir: /srv/app", "workingDir", "/srv/app"],
  ["hostname: box", "hostname", "box"],
  ["labels: [a=b, c]", "labels", { a: "b", c: "" }],
  ["labels: {a: 1, b: true}", "labels", { a: "1", b: "true" }],
  ["read_only: true", "readOnly", true],
  ['init: "yes"', "init", true],
  ["cap_add: [CAP_NET_ADMIN, sys_time, NET_ADMIN]", "capAdd", ["NET_ADMIN", "SYS_TIME"]],
  ["cap_drop: [ALL]", "capDrop", ["ALL"]],
  [
    "logging: {driver: local, options: {max-size: 10m, max-file: 3}}",
    "logging",
    { driver: "local", options: { "max-size": "10m", "max-file": "3" } },
  ],
  ["logging: {options: {max-size: 10m}}", "logging", { driver: "json-file", options: { "max-size": "10m" } }],
  ["restart: always", "restart", { policy: "always", maxAttempts: 0 }],
  ['restart: "no"', "restart", { policy: "no", maxAttempts: 0 }],
  ["restart: on-failure:3", "restart", { policy: "on-failure", maxAttempts: 3 }],
  [
    "deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}\nrestart: always",
    "restart",
    { policy: "on-failure", maxAttempts: 2 },
  ],
  ["deploy: {restart_policy: {condition: any}}", "restart", { policy: "always", maxAttempts: 0 }],
  ["image: b", "restart", { policy: "no", maxAttempts: 0 }],
  ['ports: ["80"]', "restart", { policy: "unless-stopped", maxAttempts: 0 }],
  ['ports: ["53:53/udp"]', "restart", { policy: "no", maxAttempts: 0 }],
  ["expose: [80]\nx-instar: {domains: [a.b]}", "restart", { policy: "unless-stopped", maxAttempts: 0 }],
  ["pull_policy: if_not_present", "pullPolicy", "missing"],
  ["pull_policy: always", "pullPolicy", "always"],
  ["build: ./ctx", "build", { context: "/app/ctx", dockerfile: "Dockerfile", args: {}, target: null }],
  [
    "build: {dockerfile: ./docker/D, args: [A=1, FROM, ABSENT], target: t}",
    "build",
    { context: "/app", dockerfile: "docker/D", args: { A: "1", FROM: "outside" }, target: "t" },
  ],
  ["x-instar: {ready: {http: /healthz, port: 8080, timeout: 5s}}", "ready", { kind: "http", path: "/healthz", port: 8080 }],
  ["x-instar: {ready: {http: /healthz, timeout: 5s}}", "readyTimeoutMs", 5000],
  ["x-instar: {ready: {tcp: 5432}}", "ready", { kind: "tcp", port: 5432 }],
  ["x-instar: {ready: healthcheck}", "ready", { kind: "healthcheck" }],
  ["x-instar: {ready: {healthcheck: true, timeout: 3m}}", "readyTimeoutMs", 180_000],
  ["healthcheck: {test: a}", "ready", { kind: "healthcheck" }],
  ["healthcheck: {disable: true}", "ready", null],
  ["image: b", "ready", null],
  ["image: b", "readyTimeoutMs", 60_000],
  ["image: b", "minReadyMs", 1000],
  ["healthcheck: {test: a}", "minReadyMs", 0],
  ["x-instar: {ready: {tcp: 1}}", "minReadyMs", 0],
  ["x-instar: {ready: {tcp: 1}, min_ready: 2s}", "minReadyMs", 2000],
  ["x-instar: {min_ready: 0}", "minReadyMs", 0],
  ["x-instar: {drain: 5s}", "drainMs", 5000],
  ["image: b", "drainMs", null],
  ["x-instar: {hold: 0s}", "holdMs", 0],
  ["image: b", "holdMs", null],
  ["x-instar: {timeout: 10m}", "timeoutMs", 600_000],
  ["image: b", "timeoutMs", 3_600_000],
  ["x-instar: {balance: leastconn}", "balance", "leastconn"],
  ["x-instar: {strategy: recreate}", "strategy", "recreate"],
  ["x-instar: {strategy: canary}", "strategy", "canary"],
  ["x-instar: {strategy: canary}", "sides", SIDES.canary],
  [
    "x-instar: {strategy: {canary: {steps: [0.5%, 10%], every: manual, size: 50%, cookie: c}}}",
    "sides",
    { ...SIDES.canary, steps: [50, 1_000], everyMs: null, size: 5_000, cookie: "c" },
  ],
  [
    "x-instar: {strategy: {blue-green: {warm: 1m, promote: manual, preview: new.shop.example}}}",
    "sides",
    { ...SIDES["blue-green"], warmMs: 60_000, promote: "manual", preview: "new.shop.example" },
  ],
  ["x-instar: {sticky: {cookie: SRV}}", "sticky", { cookie: "SRV" }],
  ["x-instar: {strategy: {rolling: }}", "strategy", "rolling"],
  [
    'expose: [80]\nx-instar: {domains: [Shop.Example, "*.shop.example/api/", a.b/]}',
    "domains",
    [
      { host: "*.shop.example", path: "/api" },
      { host: "a.b", path: null },
      { host: "shop.example", path: null },
    ],
  ],
  ["expose: [80]\nx-instar: {domains: [a.b]}", "domainPort", 80],
  ['ports: ["80:3000", "8443:3000"]\nx-instar: {domains: [a.b]}', "domainPort", 3000],
  ["expose: [80, 81]\nx-instar: {domains: [a.b], port: 81}", "domainPort", 81],
  ["x-instar: {port: 81}", "domainPort", 81],
];

const TAIL = "  db: {image: b}\nvolumes: {data: , x: }\nnetworks: {n: {}}\n";

test.each(ROWS)("%s → %s", (keys, key, value) => {
  const image = keys.startsWith("image:") ? null : undefined;
  const spec = service(keys, { env: { FROM: "outside", HOME: "/root" }, tail: TAIL, ...(image === null ? { image } : {}) });
  expect(spec[key]).toEqual(value);
});

test("an image is not needed with a build: it is named after stack and service", () => {
  expect(service("build: .", { image: null }).image).toBe("app-web");
});
