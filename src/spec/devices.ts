import { asMap } from "./deploy.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { integer, list, optional, pairs, record, text, texts } from "./values.ts";

export interface DeviceKeys {
  readonly devices?: readonly DeviceSpec[];
  readonly deviceCgroupRules?: readonly string[];
  readonly deviceRequests?: readonly DeviceRequestSpec[];
}

export interface DeviceSpec {
  readonly source: string;
  readonly target: string;
  /** Of `r`, `w`, `m`. */
  readonly permissions: string;
}

/** What a driver of the engine is asked for: GPUs, mostly. */
export interface DeviceRequestSpec {
  readonly driver: string;
  /** -1: all of them. */
  readonly count: number;
  readonly ids: readonly string[];
  readonly capabilities: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** `devices`, `device_cgroup_rules`, `gpus` and `deploy.resources.reservations.devices`. Raises INS1004. */
export function readDevices(service: MapNode, deploy: MapNode | null): DeviceKeys {
  const found: (DeviceSpec | string)[] = optional(service, "devices", (node) => list(node).items.map(readDevice), []);
  const reservations = asMap(asMap(deploy, "resources"), "reservations");
  return {
    devices: found.filter((device) => typeof device !== "string"),
    deviceCgroupRules: optional(service, "device_cgroup_rules", (node) => texts(node).map(readRule), []),
    deviceRequests: [
      ...cdiRequest(found.filter((device) => typeof device === "string")),
      ...optional(service, "gpus", readGpus, []),
      ...optional(reservations, "devices", (node) => list(node).items.map((item) => readRequest(item, [])), []),
    ],
  };
}

/** A text is the name of a CDI device (`vendor.com/class=name`). */
function readDevice(node: Node): DeviceSpec | string {
  const map = node.kind === "map" ? node : null;
  if (map === null && /^[^/:]+\/[^/:=]+=[^:]+$/.test(text(node))) return text(node);
  const [source = "", target = source, permissions = "rwm"] =
    map === null
      ? text(node).split(":")
      : ["source", "target", "permissions"].map((key) => optional<string, undefined>(map, key, text, undefined));
  if (!source.startsWith("/") || !target.startsWith("/"))
    return fail("INS1004", node, `${show(source)} is not a device`, "write it like /dev/x, /dev/x:/dev/y or /dev/x:/dev/y:r");
  if (!/^[rwm]{1,3}$/.test(permissions)) return fail("INS1004", node, `${show(permissions)} are not permissions`, "use r, w and m");
  return { source, target, permissions };
}

const cdiRequest = (ids: readonly string[]): DeviceRequestSpec[] =>
  ids.length === 0 ? [] : [{ driver: "cdi", count: 0, ids, capabilities: [], options: {} }];

function readRule({ value, node }: { readonly value: string; readonly node: Node }): string {
  return /^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(value)
    ? value
    : fail("INS1004", node, `${show(value)} is not a rule for devices`, 'write it like "c 1:3 mr"');
}

function readGpus(node: Node): DeviceRequestSpec[] {
  if (node.kind !== "list") return [{ driver: "", count: -1, ids: [], capabilities: ["gpu"], options: {} }];
  return node.items.map((item) => readRequest(item, ["gpu"]));
}

/** Without `count` and `device_ids`: all of them (Compose Deploy Specification, devices). */
function readRequest(node: Node, besides: readonly string[]): DeviceRequestSpec {
  const map = node.kind === "map" ? node : null;
  const words = (key: string): string[] => optional(map, key, (value) => texts(value).map((item) => item.value), []);
  const ids = words("device_ids");
  const count = optional(map, "count", (value) => (text(value) === "all" ? -1 : integer(value, -1, 1_000_000)), null);
  if (count !== null && ids.length > 0)
    return fail("INS1004", (map === null ? null : child(map, "count")) ?? node, "count and device_ids exclude each other", "keep one");
  return {
    driver: optional(map, "driver", text, ""),
    count: count ?? (ids.length > 0 ? 0 : -1),
    ids,
    capabilities: [...new Set([...besides, ...words("capabilities")])],
    options: optional(map, "options", (value) => record(pairs(value).map((pair): [string, string] => [pair.key, pair.value ?? ""])), {}),
  };
}
