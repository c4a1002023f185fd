import { posix } from "node:path";
import { asHosts, asMap, network, startedDependency } from "./forms.ts";
import { child, isNull, type Node } from "./node.ts";
import { range, splitPort } from "./ports.ts";
import {
  asWritten,
  bytes,
  duration,
  fields,
  flag,
  type Json,
  listOf,
  mapOf,
  mode,
  number,
  object,
  pairs,
  type Shape,
  sorted,
  span,
  text,
  texts,
} from "./shapes.ts";
import { byText } from "./values.ts";
import { splitWords } from "./words.ts";

/** The shape of every key of a service, as `docker compose config` writes it. Paths are absolute already, texts still without `$$`. */

const command: Shape = (node) => {
  if (node.kind !== "scalar") return texts(node);
  return isNull(node) ? undefined : (splitWords(node.text)?.words ?? [node.text]);
};

const test: Shape = (node) => (node.kind === "scalar" && !isNull(node) ? ["CMD-SHELL", node.text] : texts(node));

const hosts: Shape = (node) => {
  const lines = (texts(asHosts(node)) as readonly string[] | undefined)?.flatMap((line) => {
    const [, host = "", addresses = ""] = /^([^=:]*)[=:](.*)$/.exec(line) ?? [null, line, ""];
    return addresses.split(",").map((address) => `${host}=${address.replace(/^\[(.+)\]$/, "$1")}`);
  });
  return lines?.sort(byText);
};

const limit: Shape = (node) => (node.kind === "map" ? object({ soft: number, hard: number })(node) : number(node));
const limits = mapOf(limit);

const deviceRequest: Shape = (node) => {
  const found = object({ capabilities: texts, driver: text, count, device_ids: texts, options: pairs })(node);
  const named = node.kind === "map" && (child(node, "count") !== null || child(node, "device_ids") !== null);
  const known = fields(found);
  return named || known === null ? found : sorted([...Object.entries(known), ["count", -1]]);
};
const count: Shape = (node) => (node.kind === "scalar" && node.text.toLowerCase() === "all" ? -1 : number(node));

const device: Shape = (node) => {
  if (node.kind !== "scalar") return object({ source: text, target: text, permissions: text })(node);
  const [source = "", target = "", permissions = "rwm"] = node.text.split(":");
  return { permissions, source, target: target || source };
};

const fileMount =
  (target: (source: Json) => Json | undefined): Shape =>
  (node) => {
    const found = node.kind === "scalar" ? { source: node.text } : LONG_FILE(node);
    const known = fields(found);
    const there = known === null || "target" in known ? undefined : target(known["source"] ?? "");
    return known === null || there === undefined ? found : sorted([...Object.entries(known), ["target", there]]);
  };
const LONG_FILE = object({ source: text, target: text, uid: text, gid: text, mode }, ["mode"]);
const secret = fileMount((source) => `/run/secrets/${String(source)}`);

const hook = object({ command, user: text, privileged: flag, working_dir: text, environment: variables });

/** `KEY` alone stays null: its value is the caller's. */
function variables(node: Node): Json | undefined {
  return mapOf(text, null)(asMap(node, (item) => splitPair(item.text, item)));
}
const splitPair = (line: string, item: Node): readonly [string, Node] => {
  const equals = line.indexOf("=");
  const value = equals < 0 ? null : line.slice(equals + 1);
  return [equals < 0 ? line : line.slice(0, equals), { kind: "scalar", at: item.at, path: item.path, tag: null, value, text: value ?? "" }];
};

const LONG_PORT = object({ name: text, mode: text, host_ip: text, target: number, published: text, protocol: text, app_protocol: text });

function ports(node: Node): Json | undefined {
  if (node.kind !== "list") return asWritten(node);
  return node.items.flatMap((item): Json[] => {
    if (item.kind !== "scalar") {
      const found = fields(LONG_PORT(item));
      return found === null ? [] : [sorted(Object.entries({ mode: "ingress", protocol: "tcp", ...found }))];
    }
    const parts = splitPort(item.text);
    const targets = parts === null ? null : range(parts.target);
    if (parts === null || targets === null) return [item.text];
    const sources = range(parts.published);
    const host = parts.host === "" ? [] : [["host_ip", parts.host] as const];
    const each = sources !== null && sources.last - sources.first === targets.last - targets.first;
    const found = Array.from({ length: targets.last - targets.first + 1 }, (_, index) => {
      const published = each ? String(sources.first + index) : parts.published;
      return sorted([
        ...host,
        ["mode", "ingress"],
        ["protocol", parts.protocol],
        ...(published === "" ? [] : [["published", published] as const]),
        ["target", targets.first + index],
      ]);
    });
    return found.sort((a, b) => byText(`${String(a["target"])}/`, `${String(b["target"])}/`));
  });
}

const clean = (path: string): string => posix.normalize(path).replace(/(.)\/$/, "$1");
const target: Shape = (node) => (node.kind === "scalar" ? clean(node.text) : asWritten(node));
const LONG_MOUNT = object(
  {
    type: text,
    source: text,
    target,
    read_only: flag,
    consistency: text,
    bind: object({ selinux: text, propagation: text, create_host_path: flag, recursive: text }),
    volume: object({ nocopy: flag, subpath: text }),
    tmpfs: object({ size: bytes, mode }),
    image: object({ subpath: text }),
  },
  ["bind", "volume", "tmpfs"],
);

const PROPAGATIONS = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

function mount(node: Node): Json | undefined {
  if (node.kind !== "scalar") return LONG_MOUNT(node);
  const [first = "", second, written = ""] = node.text.split(":");
  if (second === undefined) return { target: clean(first), type: "volume", volume: {} };
  const options = written.split(",");
  const readOnly = options.includes("ro") ? [["read_only", true] as const] : [];
  const selinux = options.findLast((option) => option === "z" || option === "Z");
  const propagation = options.findLast((option) => PROPAGATIONS.includes(option));
  const bind = {
    ...(/^[./~]/.test(first) ? { create_host_path: true } : {}),
    ...(propagation === undefined ? {} : { propagation }),
    ...(selinux === undefined ? {} : { selinux }),
  };
  const kind = /^[./~]/.test(first)
    ? ([["type", "bind"]] as const)
    : ([
        ["type", "volume"],
        ["volume", options.includes("nocopy") ? { nocopy: true } : {}],
      ] as const);
  return sorted([
    ...kind,
    ["source", first],
    ["target", clean(second)],
    ...readOnly,
    ...(Object.keys(bind).length > 0 ? [["bind", bind] as const] : []),
  ]);
}

const dependency: Shape = (node) => sorted(Object.entries({ condition: "service_started", required: true, ...fields(DEPENDENCY(node)) }));
const DEPENDENCY = object({ condition: text, restart: flag, required: flag }, ["required"]);

const build: Shape = (node) => {
  const found = node.kind === "map" ? fields(BUILD(node)) : { context: text(node) ?? "." };
  const inline = found !== null && "dockerfile_inline" in found;
  return sorted(Object.entries({ context: ".", ...(inline ? {} : { dockerfile: "Dockerfile" }), ...found }));
};
const BUILD = object({
  additional_contexts: pairs,
  args: variables,
  cache_from: texts,
  cache_to: texts,
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  entitlements: texts,
  extra_hosts: hosts,
  isolation: text,
  labels: pairs,
  network: text,
  no_cache: flag,
  platforms: texts,
  privileged: flag,
  pull: flag,
  secrets: listOf(fileMount(() => undefined)),
  shm_size: bytes,
  // Compose's own form, `- id: path`, is one that Compose does not read again.
  ssh: (node) =>
    node.kind === "map" ? Object.entries(pairs(node) as object).map(([id, path]) => (path === "" ? id : `${id}=${path}`)) : texts(node),
  tags: texts,
  target: text,
  ulimits: limits,
});

const throttle = listOf(object({ path: text, rate: bytes }));
const rollout = object({ parallelism: number, delay: span, failure_action: text, monitor: span, max_failure_ratio: number, order: text }, [
  "parallelism",
]);
const resource = object({
  cpus: number,
  memory: bytes,
  pids: number,
  devices: listOf(deviceRequest),
  generic_resources: listOf(object({ discrete_resource_spec: object({ kind: text, value: number }) })),
});

export const SERVICE_SHAPE: Readonly<Record<string, Shape>> = {
  annotations: pairs,
  attach: flag,
  blkio_config: object({
    weight: number,
    weight_device: listOf(object({ path: text, weight: number })),
    device_read_bps: throttle,
    device_read_iops: throttle,
    device_write_bps: throttle,
    device_write_iops: throttle,
  }),
  build,
  cap_add: texts,
  cap_drop: texts,
  cgroup: text,
  cgroup_parent: text,
  command,
  configs: listOf(fileMount(() => undefined)),
  container_name: text,
  cpu_count: number,
  cpu_percent: number,
  cpu_period: number,
  cpu_quota: number,
  cpu_rt_period: number,
  cpu_rt_runtime: number,
  cpu_shares: number,
  cpus: number,
  cpuset: text,
  credential_spec: object({ config: text, file: text, registry: text }),
  depends_on: (node) => mapOf(dependency)(asMap(node, startedDependency)),
  deploy: object(
    {
      endpoint_mode: text,
      labels: pairs,
      mode: text,
      placement: object({ constraints: texts, preferences: listOf(object({ spread: text })), max_replicas_per_node: number }),
      replicas: number,
      resources: object({ limits: resource, reservations: resource }, ["limits", "reservations"]),
      restart_policy: object({ condition: text, delay: duration, max_attempts: number, window: duration }, [
        "delay",
        "max_attempts",
        "window",
      ]),
      rollback_config: rollout,
      update_config: rollout,
    },
    ["replicas", "restart_policy", "rollback_config", "update_config"],
  ),
  develop: object({
    watch: listOf(object({ path: text, action: text, target: text, exec: hook, ignore: texts, include: texts, initial_sync: flag })),
  }),
  device_cgroup_rules: texts,
  devices: listOf(device),
  dns: texts,
  dns_opt: texts,
  dns_search: texts,
  domainname: text,
  entrypoint: command,
  environment: variables,
  expose: texts,
  external_links: texts,
  extra_hosts: hosts,
  gpus: (node) => (node.kind === "scalar" && !isNull(node) ? [{ count: -1 }] : listOf(deviceRequest)(node)),
  group_add: texts,
  healthcheck: object(
    { test, interval: duration, timeout: duration, start_period: duration, start_interval: duration, retries: number, disable: flag },
    ["interval", "timeout", "start_period", "start_interval", "retries"],
  ),
  hostname: text,
  image: text,
  init: flag,
  ipc: text,
  isolation: text,
  labels: pairs,
  links: texts,
  logging: object({ driver: text, options: pairs }),
  mac_address: text,
  mem_limit: bytes,
  mem_reservation: bytes,
  mem_swappiness: bytes,
  memswap_limit: bytes,
  network_mode: text,
  networks: (node) =>
    mapOf(
      object({
        aliases: texts,
        driver_opts: pairs,
        gw_priority: number,
        interface_name: text,
        ipv4_address: text,
        ipv6_address: text,
        link_local_ips: texts,
        mac_address: text,
        priority: number,
      }),
      null,
    )(asMap(node, network)),
  oom_kill_disable: flag,
  oom_score_adj: number,
  pid: text,
  pids_limit: number,
  platform: text,
  ports,
  post_start: listOf(hook),
  pre_stop: listOf(hook),
  privileged: flag,
  profiles: texts,
  pull_policy: (node) => (text(node) === "if_not_present" ? "missing" : text(node)),
  pull_refresh_after: duration,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: number,
  secrets: listOf(secret),
  security_opt: texts,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: duration,
  stop_signal: text,
  storage_opt: pairs,
  sysctls: pairs,
  tmpfs: texts,
  tty: flag,
  ulimits: limits,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: listOf(mount),
  volumes_from: texts,
  working_dir: text,
};

/** Written even when they say false, 0 or nothing: there it differs from their absence. */
const KEPT = ["attach", "build", "command", "deploy", "entrypoint", "healthcheck", "init", "networks", "scale", "stop_grace_period"];

export const service = object(SERVICE_SHAPE, KEPT);
