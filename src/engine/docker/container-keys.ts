import type Docker from "dockerode";
import { apiAtLeast } from "../../lib/api-version.ts";
import type { ContainerSpec } from "../../spec/container.ts";
import type { BlkioSpec, DeviceRate } from "../../spec/limits.ts";

type Host = NonNullable<Docker.ContainerCreateOptions["HostConfig"]>;

/** Keys of a body or of its HostConfig; those that nothing asked for are left out. */
type Said<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** What the rarer keys say outside of HostConfig. */
export const processKeys = ({
  domainname,
  tty,
  stdinOpen,
}: ContainerSpec): Pick<Docker.ContainerCreateOptions, "Domainname" | "Tty" | "OpenStdin"> =>
  said({ Domainname: domainname, Tty: tty, OpenStdin: stdinOpen });

/** What they say inside it. The engine refuses in its own words what its kernel or drivers cannot do (INS3005). */
export const hostKeys = (spec: ContainerSpec, apiVersion: string): Host => ({
  ...limits(spec),
  ...access(spec),
  ...isolation(spec, apiVersion),
});

const limits = (spec: ContainerSpec): Host =>
  said({
    Ulimits: spec.ulimits && ulimits(spec.ulimits),
    ShmSize: spec.shmSizeBytes,
    CpuShares: spec.cpuShares,
    CpuPeriod: spec.cpuPeriodUs,
    CpuQuota: spec.cpuQuotaUs,
    CpuRealtimePeriod: spec.cpuRealtimePeriodUs,
    CpuRealtimeRuntime: spec.cpuRealtimeRuntimeUs,
    CpusetCpus: spec.cpuset,
    MemorySwappiness: spec.memorySwappiness,
    MemorySwap: spec.memorySwapBytes,
    OomKillDisable: spec.oomKillDisable,
    OomScoreAdj: spec.oomScoreAdj,
    StorageOpt: spec.storageOptions && { ...spec.storageOptions },
    ...(spec.blkio === undefined ? {} : blkio(spec.blkio)),
  });

export const ulimits = (of: NonNullable<ContainerSpec["ulimits"]>): { Name: string; Soft: number; Hard: number }[] =>
  Object.entries(of).map(([Name, { soft, hard }]) => ({ Name, Soft: soft, Hard: hard }));

const rates = (of: readonly DeviceRate[]): { Path: string; Rate: number }[] => of.map(({ path, rate }) => ({ Path: path, Rate: rate }));

const blkio = (of: BlkioSpec): Host => ({
  ...(of.weight === 0 ? {} : { BlkioWeight: of.weight }),
  BlkioWeightDevice: of.weightDevices.map(({ path, weight }) => ({ Path: path, Weight: weight })),
  BlkioDeviceReadBps: rates(of.readBps),
  BlkioDeviceReadIOps: rates(of.readIops),
  BlkioDeviceWriteBps: rates(of.writeBps),
  BlkioDeviceWriteIOps: rates(of.writeIops),
});

const access = (spec: ContainerSpec): Host =>
  said({
    ExtraHosts: spec.extraHosts && [...spec.extraHosts],
    Dns: spec.dns && [...spec.dns],
    DnsOptions: spec.dnsOptions && [...spec.dnsOptions],
    DnsSearch: spec.dnsSearch && [...spec.dnsSearch],
    Devices: spec.devices?.map(({ source, target, permissions }) => ({
      PathOnHost: source,
      PathInContainer: target,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: spec.deviceCgroupRules && [...spec.deviceCgroupRules],
    DeviceRequests: spec.deviceRequests?.map(({ driver, count, ids, capabilities, options }) => ({
      Driver: driver,
      Count: count,
      DeviceIDs: [...ids],
      // One list of lists: all of the inner one must be there.
      Capabilities: capabilities.length === 0 ? [] : [[...capabilities]],
      Options: { ...options },
    })),
    GroupAdd: spec.groupAdd && [...spec.groupAdd],
  });

/** An option that the command line of the engine takes apart too: the paths that are otherwise masked. */
const SYSTEM_PATHS = "systempaths=unconfined";

const isolation = (spec: ContainerSpec, apiVersion: string): Host & { Annotations?: Record<string, string> } =>
  said({
    Privileged: spec.privileged,
    SecurityOpt: spec.securityOptions?.filter((option) => option !== SYSTEM_PATHS),
    ...(spec.securityOptions?.includes(SYSTEM_PATHS) ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
    Sysctls: spec.sysctls && { ...spec.sysctls },
    IpcMode: spec.ipc,
    PidMode: spec.pid,
    UTSMode: spec.uts,
    UsernsMode: spec.usernsMode,
    CgroupnsMode: spec.cgroup,
    CgroupParent: spec.cgroupParent,
    Runtime: spec.runtime,
    Annotations: apiAtLeast(apiVersion, "1.43") ? spec.annotations && { ...spec.annotations } : undefined,
  });

const said = <T extends object>(keys: T): Said<T> =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Said<T>;
