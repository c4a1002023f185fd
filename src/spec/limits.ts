import { asMap } from "./deploy.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { boolean, bytes, duration, integer, list, mapping, optional, record, text } from "./values.ts";

/** What an instance may use up, beyond `ResourcesSpec`. */
export interface LimitKeys {
  /** -1: no limit. */
  readonly ulimits?: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly shmSizeBytes?: number;
  readonly cpuShares?: number;
  readonly cpuPeriodUs?: number;
  readonly cpuQuotaUs?: number;
  readonly cpuRealtimePeriodUs?: number;
  readonly cpuRealtimeRuntimeUs?: number;
  readonly cpuset?: string;
  readonly memorySwappiness?: number;
  /** Memory and swap together; -1: no limit. */
  readonly memorySwapBytes?: number;
  readonly oomKillDisable?: boolean;
  readonly oomScoreAdj?: number;
  readonly blkio?: BlkioSpec;
  readonly storageOptions?: Readonly<Record<string, string>>;
}

export interface BlkioSpec {
  /** 0: not given. */
  readonly weight: number;
  readonly weightDevices: readonly { readonly path: string; readonly weight: number }[];
  readonly readBps: readonly DeviceRate[];
  readonly readIops: readonly DeviceRate[];
  readonly writeBps: readonly DeviceRate[];
  readonly writeIops: readonly DeviceRate[];
}

/** Bytes or operations a second. */
export interface DeviceRate {
  readonly path: string;
  readonly rate: number;
}

type Said<T> = { readonly [K in keyof T]?: T[K] | undefined };

const MAX = Number.MAX_SAFE_INTEGER;

export function readLimits(service: MapNode): Said<LimitKeys> {
  const found = {
    ulimits: optional(service, "ulimits", readUlimits, undefined),
    shmSizeBytes: optional(service, "shm_size", bytes, undefined),
    cpuShares: optional(service, "cpu_shares", (node) => integer(node, 0, 262_144), undefined),
    cpuPeriodUs: optional(service, "cpu_period", micros, undefined),
    cpuQuotaUs: optional(service, "cpu_quota", (node) => (text(node) === "-1" ? -1 : micros(node)), undefined),
    cpuRealtimePeriodUs: optional(service, "cpu_rt_period", micros, undefined),
    cpuRealtimeRuntimeUs: optional(service, "cpu_rt_runtime", micros, undefined),
    cpuset: optional(service, "cpuset", readCpuset, undefined),
    memorySwappiness: optional(service, "mem_swappiness", (node) => integer(node, 0, 100), undefined),
    memorySwapBytes: optional(service, "memswap_limit", (node) => (text(node) === "-1" ? -1 : bytes(node)), undefined),
    oomKillDisable: optional(service, "oom_kill_disable", boolean, false) || undefined,
    oomScoreAdj: optional(service, "oom_score_adj", (node) => integer(node, -1000, 1000), 0) || undefined,
    blkio: optional(service, "blkio_config", (node) => readBlkio(mapping(node)), undefined),
    storageOptions: optional(service, "storage_opt", readTexts, undefined),
  };
  refuseTwoQuotas(service, found);
  return found;
}

function refuseTwoQuotas(service: MapNode, { cpuPeriodUs, cpuQuotaUs }: Said<LimitKeys>): void {
  const limits = asMap(asMap(asMap(service, "deploy"), "resources"), "limits");
  const cpus = child(service, "cpus") ?? (limits === null ? null : child(limits, "cpus"));
  if (cpus !== null && (cpuPeriodUs ?? cpuQuotaUs) !== undefined)
    fail("INS1004", cpus, "cpus and cpu_period or cpu_quota say the same in two ways", "keep one of the two");
}

/** Soft and hard limit; a single number is both. */
export function readUlimits(node: Node): NonNullable<LimitKeys["ulimits"]> {
  const limit = (value: Node): number => integer(value, -1, MAX);
  const found = [...mapping(node).entries.values()].map(({ key, value }): [string, { soft: number; hard: number }] => {
    const map = value.kind === "map" ? value : null;
    const one = map === null ? limit(value) : 0;
    const [soft, hard] = map === null ? [one, one] : [optional(map, "soft", limit, 0), optional(map, "hard", limit, 0)];
    if (hard !== -1 && (soft > hard || soft === -1)) return fail("INS1004", value, "the soft limit is above the hard one");
    return [key, { soft, hard }];
  });
  return record(found);
}

/** `50000` is µs; a duration with its unit is let in too (Compose Specification, cpu_rt_runtime). */
function micros(node: Node): number {
  const written = text(node);
  if (/^\d+$/.test(written)) return integer(node, 0, MAX);
  const short = /^(\d+)(us|µs)$/.exec(written);
  return short === null ? duration(node) * 1000 : Number(short[1]);
}

function readCpuset(node: Node): string {
  const written = text(node).replaceAll(" ", "");
  return /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(written)
    ? written
    : fail("INS1004", node, `${show(written)} is not a list of cores`, 'write it like "0-3" or "0,2"');
}

function readTexts(node: Node): Readonly<Record<string, string>> {
  return record([...mapping(node).entries.values()].map(({ key, value }): [string, string] => [key, text(value)]));
}

function readBlkio(map: MapNode): BlkioSpec | undefined {
  const weight = (node: Node): number => integer(node, 10, 1000);
  const rates = (key: string, read: (node: Node) => number): DeviceRate[] =>
    entries(map, key).map((item) => ({ path: devicePath(item), rate: optional(item, "rate", read, 0) }));
  const operations = (node: Node): number => integer(node, 0, MAX);
  const found = {
    weight: optional(map, "weight", weight, 0),
    weightDevices: entries(map, "weight_device").map((item) => ({ path: devicePath(item), weight: optional(item, "weight", weight, 0) })),
    readBps: rates("device_read_bps", bytes),
    readIops: rates("device_read_iops", operations),
    writeBps: rates("device_write_bps", bytes),
    writeIops: rates("device_write_iops", operations),
  };
  return Object.values(found).every((part) => (typeof part === "number" ? part === 0 : part.length === 0)) ? undefined : found;
}

const entries = (map: MapNode, key: string): MapNode[] => optional(map, key, (node) => list(node).items.map(mapping), []);

function devicePath(item: MapNode): string {
  const node = child(item, "path") ?? fail("INS1004", item, "needs the key path");
  const path = text(node);
  return path.startsWith("/") ? path : fail("INS1004", node, `${show(path)} is not a device`, "write it like /dev/sda");
}
