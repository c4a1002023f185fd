import { expect, test } from "vitest";
import { hostKeys, processKeys } from "../../src/engine/docker/container-keys.ts";
import type { ContainerSpec } from "../../src/spec/container.ts";

test("nothing said, nothing sent", () => {
  expect([processKeys({}), hostKeys({}, "1.41")]).toEqual([{}, {}]);
});

const CASES: readonly (readonly [ContainerSpec, object])[] = [
  [{ ulimits: { nofile: { soft: 1, hard: 2 } } }, { Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }] }],
  [
    { shmSizeBytes: 1, cpuShares: 2, cpuPeriodUs: 3, cpuQuotaUs: 4 },
    { ShmSize: 1, CpuShares: 2, CpuPeriod: 3, CpuQuota: 4 },
  ],
  [
    { cpuRealtimePeriodUs: 1, cpuRealtimeRuntimeUs: 2, cpuset: "0" },
    { CpuRealtimePeriod: 1, CpuRealtimeRuntime: 2, CpusetCpus: "0" },
  ],
  [
    { memorySwappiness: 0, memorySwapBytes: -1 },
    { MemorySwappiness: 0, MemorySwap: -1 },
  ],
  [
    { oomKillDisable: true, oomScoreAdj: 5, storageOptions: { a: "b" } },
    { OomKillDisable: true, OomScoreAdj: 5, StorageOpt: { a: "b" } },
  ],
  [
    {
      blkio: {
        weight: 10,
        weightDevices: [{ path: "/dev/a", weight: 20 }],
        readBps: [{ path: "/dev/a", rate: 1 }],
        readIops: [],
        writeBps: [],
        writeIops: [],
      },
    },
    {
      BlkioWeight: 10,
      BlkioWeightDevice: [{ Path: "/dev/a", Weight: 20 }],
      BlkioDeviceReadBps: [{ Path: "/dev/a", Rate: 1 }],
      BlkioDeviceReadIOps: [],
      BlkioDeviceWriteBps: [],
      BlkioDeviceWriteIOps: [],
    },
  ],
  [
    { extraHosts: ["a:1.1.1.1"], dns: ["9.9.9.9"], dnsOptions: ["x"], dnsSearch: ["y"], groupAdd: ["mail"] },
    { ExtraHosts: ["a:1.1.1.1"], Dns: ["9.9.9.9"], DnsOptions: ["x"], DnsSearch: ["y"], GroupAdd: ["mail"] },
  ],
  [
    { devices: [{ source: "/dev/a", target: "/dev/b", permissions: "r" }], deviceCgroupRules: ["c 1:3 r"] },
    { Devices: [{ PathOnHost: "/dev/a", PathInContainer: "/dev/b", CgroupPermissions: "r" }], DeviceCgroupRules: ["c 1:3 r"] },
  ],
  [
    { deviceRequests: [{ driver: "nvidia", count: -1, ids: [], capabilities: ["gpu", "utility"], options: { a: "b" } }] },
    { DeviceRequests: [{ Driver: "nvidia", Count: -1, DeviceIDs: [], Capabilities: [["gpu", "utility"]], Options: { a: "b" } }] },
  ],
  [
    { privileged: true, sysctls: { a: "1" }, runtime: "runc" },
    { Privileged: true, Sysctls: { a: "1" }, Runtime: "runc" },
  ],
  [
    { ipc: "host", pid: "host", uts: "host", usernsMode: "host", cgroup: "private", cgroupParent: "/m" },
    { IpcMode: "host", PidMode: "host", UTSMode: "host", UsernsMode: "host", CgroupnsMode: "private", CgroupParent: "/m" },
  ],
  [
    { securityOptions: ["label=disable", "systempaths=unconfined"] },
    { SecurityOpt: ["label=disable"], MaskedPaths: [], ReadonlyPaths: [] },
  ],
];

test.each(CASES)("%j", (spec, expected) => {
  expect(hostKeys(spec, "1.41")).toEqual(expected);
});

test("the process has a terminal, an input and a domain", () => {
  expect(processKeys({ tty: true, stdinOpen: true, domainname: "d" })).toEqual({ Tty: true, OpenStdin: true, Domainname: "d" });
});

test("annotations only where the engine knows them", () => {
  expect(hostKeys({ annotations: { a: "b" } }, "1.42")).toEqual({});
  expect(hostKeys({ annotations: { a: "b" } }, "1.43")).toEqual({ Annotations: { a: "b" } });
});
