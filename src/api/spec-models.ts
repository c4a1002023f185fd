import { Type } from "typebox";
import type { Notice, Position, ServiceSpec, StackSpec } from "../spec/types.ts";
import { closed, count, dictionary, model, nullable, oneOf, SERVICE_NAME, StackName } from "./model.ts";

const text = Type.String();
const texts = Type.Array(text);
const flag = Type.Boolean();
const port = Type.Integer({ minimum: 1, maximum: 65535 });
/** What only reads as said when it is there: revisions from before it have no such key. */
const maybe = Type.Optional;

const Limits = dictionary(closed({ soft: Type.Integer(), hard: Type.Integer() }));

export const BuildOptionsShape = closed({
  inline: maybe(text),
  network: maybe(text),
  extraHosts: maybe(texts),
  shmSizeBytes: maybe(count),
  labels: maybe(dictionary(text)),
  ulimits: maybe(Limits),
  cacheFrom: maybe(texts),
  noCache: maybe(flag),
  pull: maybe(flag),
});

const Build = closed({
  context: text,
  dockerfile: text,
  args: dictionary(text),
  target: nullable(text),
  options: maybe(BuildOptionsShape),
});

const Mount = closed({
  kind: oneOf("volume", "bind"),
  source: nullable(text),
  target: text,
  readOnly: flag,
  createHostPath: flag,
  fromImage: Type.Optional(Type.Literal(true)),
  propagation: maybe(oneOf("private", "rprivate", "shared", "rshared", "slave", "rslave")),
  noCopy: maybe(flag),
  subpath: maybe(text),
});

const owner = nullable(Type.Integer({ minimum: 0, maximum: 2 ** 31 }));

const File = closed({
  kind: oneOf("secret", "config"),
  key: text,
  external: nullable(text),
  target: text,
  uid: owner,
  gid: owner,
  mode: nullable(Type.Integer({ minimum: 0, maximum: 0o7777 })),
  version: nullable(text),
});

const Context = closed({
  target: maybe(text),
  files: dictionary(text),
  etc: maybe(closed({ hosts: maybe(text), "resolv.conf": maybe(text) })),
  onChange: Type.Union([
    closed({ kind: Type.Literal("signal"), signal: oneOf("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT") }),
    closed({ kind: Type.Literal("replace") }),
    closed({ kind: Type.Literal("nothing") }),
  ]),
});

const rates = Type.Array(closed({ path: text, rate: count }));

const Container = closed({
  ulimits: maybe(Limits),
  shmSizeBytes: maybe(count),
  cpuShares: maybe(count),
  cpuPeriodUs: maybe(count),
  cpuQuotaUs: maybe(Type.Integer({ minimum: -1 })),
  cpuRealtimePeriodUs: maybe(count),
  cpuRealtimeRuntimeUs: maybe(count),
  cpuset: maybe(text),
  memorySwappiness: maybe(count),
  memorySwapBytes: maybe(Type.Integer({ minimum: -1 })),
  oomKillDisable: maybe(flag),
  oomScoreAdj: maybe(Type.Integer({ minimum: -1000, maximum: 1000 })),
  blkio: maybe(
    closed({
      weight: count,
      weightDevices: Type.Array(closed({ path: text, weight: count })),
      readBps: rates,
      readIops: rates,
      writeBps: rates,
      writeIops: rates,
    }),
  ),
  storageOptions: maybe(dictionary(text)),
  devices: maybe(Type.Array(closed({ source: text, target: text, permissions: text }))),
  deviceCgroupRules: maybe(texts),
  deviceRequests: maybe(
    Type.Array(closed({ driver: text, count: Type.Integer({ minimum: -1 }), ids: texts, capabilities: texts, options: dictionary(text) })),
  ),
  extraHosts: maybe(texts),
  dns: maybe(texts),
  dnsOptions: maybe(texts),
  dnsSearch: maybe(texts),
  domainname: maybe(text),
  privileged: maybe(flag),
  securityOptions: maybe(texts),
  groupAdd: maybe(texts),
  sysctls: maybe(dictionary(text)),
  ipc: maybe(oneOf("private", "shareable", "host", "none")),
  pid: maybe(oneOf("host")),
  uts: maybe(oneOf("host")),
  usernsMode: maybe(oneOf("host")),
  cgroup: maybe(oneOf("host", "private")),
  cgroupParent: maybe(text),
  runtime: maybe(text),
  tty: maybe(flag),
  stdinOpen: maybe(flag),
  annotations: maybe(dictionary(text)),
  platform: maybe(text),
});

const Healthcheck = closed({
  disable: flag,
  test: texts,
  intervalMs: count,
  timeoutMs: count,
  retries: count,
  startPeriodMs: count,
  startIntervalMs: nullable(count),
});

const Resources = closed({ nanoCpus: count, memoryBytes: count, memoryReservationBytes: count, pids: Type.Integer({ minimum: -1 }) });

const Rollout = closed({
  parallelism: count,
  delayMs: count,
  order: nullable(oneOf("start-first", "stop-first")),
  failureAction: oneOf("rollback", "pause", "continue"),
  monitorMs: count,
  maxFailureRatio: Type.Number({ minimum: 0, maximum: 1 }),
});

const Ready = Type.Union([
  closed({ kind: Type.Literal("http"), path: text, port: nullable(port) }),
  closed({ kind: Type.Literal("tcp"), port: nullable(port) }),
  closed({ kind: Type.Literal("healthcheck") }),
]);

const Port = closed({
  published: nullable(port),
  target: port,
  protocol: oneOf("tcp", "udp"),
  mode: oneOf("ingress", "host"),
  hostIp: nullable(text),
  appProtocol: nullable(oneOf("http", "h2c", "grpc", "https", "tcp")),
});

const Autoredeploy = closed({
  tags: Type.Union([
    closed({ kind: Type.Literal("same-tag") }),
    closed({ kind: Type.Literal("semver"), range: text }),
    closed({ kind: Type.Literal("glob"), pattern: text }),
    closed({ kind: Type.Literal("regex"), pattern: text }),
  ]),
  everyMs: count,
  minAgeMs: count,
  approve: flag,
  window: nullable(closed({ fromMinute: count, toMinute: count })),
});

const share = Type.Integer({ minimum: 1, maximum: 10_000, description: "hundredths of a percent" });

const Sides = closed({
  warmMs: count,
  promote: oneOf("auto", "manual"),
  preview: nullable(text),
  steps: Type.Array(share, { maxItems: 100 }),
  everyMs: nullable(count),
  size: nullable(share),
  header: nullable(text),
  cookie: nullable(text),
});

const service = {
  image: text,
  build: nullable(Build),
  pullPolicy: oneOf("missing", "always", "never"),
  command: nullable(texts),
  entrypoint: nullable(texts),
  environment: dictionary(text),
  user: nullable(text),
  workingDir: nullable(text),
  hostname: nullable(text),
  labels: dictionary(text),
  mounts: Type.Array(Mount),
  tmpfs: Type.Array(closed({ target: text, sizeBytes: nullable(count), mode: nullable(count), options: maybe(texts) })),
  readOnly: flag,
  capAdd: texts,
  capDrop: texts,
  init: flag,
  stopSignal: nullable(text),
  stopGraceMs: count,
  logging: nullable(closed({ driver: text, options: dictionary(text) })),
  resources: Resources,
  healthcheck: nullable(Healthcheck),
  restart: closed({ policy: oneOf("no", "on-failure", "always", "unless-stopped"), maxAttempts: count }),
  networks: dictionary(closed({ aliases: texts, driverOpts: maybe(dictionary(text)) })),
  networkMode: nullable(oneOf("none", "host")),
  container: maybe(Container),
  files: maybe(Type.Array(File)),
  immutable: maybe(oneOf("enforce", "off")),
  scratch: maybe(texts),
  context: maybe(Context),
  maxAgeMs: maybe(count),
  replicas: Type.Integer({ minimum: 0, maximum: 10_000 }),
  expose: Type.Array(port),
  ports: Type.Array(Port),
  dependsOn: dictionary(
    closed({ condition: oneOf("service_started", "service_healthy", "service_completed_successfully"), required: flag }),
  ),
  rollout: Rollout,
  rollback: Rollout,
  strategy: oneOf("rolling", "recreate", "blue-green", "canary"),
  sides: maybe(Sides),
  sticky: maybe(closed({ cookie: text })),
  ready: nullable(Ready),
  readyTimeoutMs: count,
  minReadyMs: count,
  drainMs: nullable(count),
  holdMs: nullable(count),
  domains: Type.Array(closed({ host: text, path: nullable(text), weight: maybe(count) })),
  domainPort: nullable(port),
  balance: oneOf("roundrobin", "leastconn"),
  timeoutMs: count,
  autoredeploy: maybe(Autoredeploy),
  verify: maybe(closed({ cosign: Type.String({ maxLength: 16_384 }) })),
  keep: maybe(count),
};

const Hooks = closed({ confirm: maybe(closed({ url: text, timeoutMs: count })), notify: maybe(closed({ url: text })) });

const Job = closed({
  service: text,
  timeoutMs: count,
  image: oneOf("revision", "own"),
  spec: closed(service),
  resolved: maybe(closed({ reference: text, digests: texts, runnable: text, shown: text, volumes: maybe(texts) })),
});

export const ServiceSpecModel = model<ServiceSpec>()(
  "ServiceSpec",
  closed({ ...service, jobs: maybe(closed({ before: maybe(Job), after: maybe(Job) })), hooks: maybe(Hooks) }),
  true,
);

export const StackSpecModel = model<StackSpec>()(
  "StackSpec",
  closed({
    specVersion: Type.Integer({ minimum: 1 }),
    name: StackName,
    services: dictionary(ServiceSpecModel, SERVICE_NAME),
    networks: dictionary(
      closed({ name: text, external: flag, internal: flag, labels: dictionary(text), driverOpts: maybe(dictionary(text)) }),
    ),
    volumes: dictionary(
      closed({
        name: text,
        external: flag,
        driver: text,
        driverOpts: dictionary(text),
        labels: dictionary(text),
        shared: nullable(flag),
        snapshot: maybe(closed({ keep: nullable(count), maxAgeMs: nullable(count) })),
        freeze: maybe(closed({ command: texts, thaw: texts, timeoutMs: count, limitMs: count })),
      }),
    ),
    atomic: flag,
  }),
  true,
);

const PositionModel = model<Position>()("Position", closed({ file: text, line: count, column: count }), true);

export const NoticeModel = model<Notice>()("Notice", closed({ code: text, message: text, at: nullable(PositionModel) }), true);
