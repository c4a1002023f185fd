import { expect, test } from "vitest";
import { diffSpecs } from "../../src/spec/diff.ts";
import { load, notices, refusal, service } from "./reading.ts";

const PROFILE = '{ "defaultAction": "SCMP_ACT_ALLOW" }';
const container = (keys: string) => service(keys, { files: { "p.json": PROFILE, "l.env": "team=shop\nstage=x\n" } }).container;

test.each([
  [
    "ulimits: {nofile: 1024, nproc: {soft: 10, hard: -1}}",
    { ulimits: { nofile: { soft: 1024, hard: 1024 }, nproc: { soft: 10, hard: -1 } } },
  ],
  ["shm_size: 128m", { shmSizeBytes: 128 * 2 ** 20 }],
  ["cpu_shares: 512\ncpu_period: 50000\ncpu_quota: 25ms", { cpuShares: 512, cpuPeriodUs: 50_000, cpuQuotaUs: 25_000 }],
  ["cpu_rt_runtime: 400ms\ncpu_rt_period: 1400us", { cpuRealtimeRuntimeUs: 400_000, cpuRealtimePeriodUs: 1400 }],
  ["cpuset: '0-3, 5'", { cpuset: "0-3,5" }],
  ["mem_swappiness: 0\nmemswap_limit: -1", { memorySwappiness: 0, memorySwapBytes: -1 }],
  ["memswap_limit: 2g\noom_kill_disable: true\noom_score_adj: -500", { memorySwapBytes: 2 ** 31, oomKillDisable: true, oomScoreAdj: -500 }],
  [
    "blkio_config: {weight: 300, device_write_bps: [{path: /dev/sda, rate: 1mb}]}",
    {
      blkio: { weight: 300, weightDevices: [], readBps: [], readIops: [], writeBps: [{ path: "/dev/sda", rate: 2 ** 20 }], writeIops: [] },
    },
  ],
  ["storage_opt: {size: 1G}", { storageOptions: { size: "1G" } }],
  [
    "devices: [/dev/a, '/dev/b:/dev/c:r', {source: /dev/d, target: /dev/e}]",
    {
      devices: [
        { source: "/dev/a", target: "/dev/a", permissions: "rwm" },
        { source: "/dev/b", target: "/dev/c", permissions: "r" },
        { source: "/dev/d", target: "/dev/e", permissions: "rwm" },
      ],
    },
  ],
  [
    "devices: [vendor.com/gpu=all]",
    { deviceRequests: [{ driver: "cdi", count: 0, ids: ["vendor.com/gpu=all"], capabilities: [], options: {} }] },
  ],
  ["device_cgroup_rules: ['c 1:3 mr', 'a *:* rwm']", { deviceCgroupRules: ["c 1:3 mr", "a *:* rwm"] }],
  ["gpus: all", { deviceRequests: [{ driver: "", count: -1, ids: [], capabilities: ["gpu"], options: {} }] }],
  [
    "deploy: {resources: {reservations: {devices: [{capabilities: [gpu, utility], driver: nvidia, device_ids: ['3']}]}}}",
    { deviceRequests: [{ driver: "nvidia", count: 0, ids: ["3"], capabilities: ["gpu", "utility"], options: {} }] },
  ],
  ["extra_hosts: ['a:10.0.0.1', 'b=::1', 'c=[::2]', 'd:host-gateway']", { extraHosts: ["a:10.0.0.1", "b:::1", "c:::2", "d:host-gateway"] }],
  ["extra_hosts: {a: [10.0.0.1, 10.0.0.2]}", { extraHosts: ["a:10.0.0.1", "a:10.0.0.2"] }],
  ["dns: 9.9.9.9\ndns_search: [a.b]\ndns_opt: ['ndots:2']", { dns: ["9.9.9.9"], dnsSearch: ["a.b"], dnsOptions: ["ndots:2"] }],
  ["domainname: shop.example", { domainname: "shop.example" }],
  ["sysctls: {net.core.somaxconn: 1024}", { sysctls: { "net.core.somaxconn": "1024" } }],
  ["sysctls: [net.core.somaxconn=1024]", { sysctls: { "net.core.somaxconn": "1024" } }],
  ["group_add: [mail, 999]", { groupAdd: ["999", "mail"] }],
  [
    "security_opt: ['no-new-privileges:true', 'label:disable', 'seccomp:unconfined']",
    { securityOptions: ["no-new-privileges=true", "label=disable", "seccomp=unconfined"] },
  ],
  ["security_opt: ['seccomp:./p.json']", { securityOptions: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] }],
  [
    "ipc: host\npid: host\nuts: host\nuserns_mode: host\ncgroup: private",
    { ipc: "host", pid: "host", uts: "host", usernsMode: "host", cgroup: "private" },
  ],
  ["cgroup_parent: /m\nruntime: runc\ntty: true\nstdin_open: true", { cgroupParent: "/m", runtime: "runc", tty: true, stdinOpen: true }],
  ["annotations: [a=b]", { annotations: { a: "b" } }],
  ["platform: linux/x86_64", { platform: "linux/amd64" }],
  ["privileged: true", { privileged: true }],
  ["image: a", undefined],
])("%s", (keys, expected) => {
  expect(container(keys === "image: a" ? "labels: {}" : keys)).toEqual(expected);
});

test("privileged is honoured with a notice at its line", () => {
  expect(notices("services:\n  web:\n    image: a\n    privileged: true")).toEqual([
    expect.stringMatching(/^privileged 4:17 services\.web\.privileged: instances can do to the host/),
  ]);
});

test("label_file comes before labels", () => {
  const { labels } = service("label_file: ./l.env\nlabels: {stage: y}", { files: { "l.env": "team=shop\nstage=x\n" } });
  expect(labels).toEqual({ stage: "y", team: "shop" });
});

test("how a volume or a bind is mounted", () => {
  const { mounts } = service(
    "volumes: ['v:/a:nocopy', './b:/b:ro,rshared', {type: volume, source: v, target: /c, volume: {subpath: in/here}}, {type: bind, source: ., target: /d, bind: {propagation: slave}}, './e:/e:rprivate']",
    { tail: "volumes: {v: }\n" },
  );
  expect(mounts).toEqual([
    { kind: "volume", source: "v", target: "/a", readOnly: false, createHostPath: false, noCopy: true },
    { kind: "bind", source: "/app/b", target: "/b", readOnly: true, createHostPath: true, propagation: "rshared" },
    { kind: "volume", source: "v", target: "/c", readOnly: false, createHostPath: false, subpath: "in/here" },
    { kind: "bind", source: "/app", target: "/d", readOnly: false, createHostPath: false, propagation: "slave" },
    { kind: "bind", source: "/app/e", target: "/e", readOnly: false, createHostPath: true },
  ]);
});

const TWO = (web: string, db = "") =>
  load(`services:\n  web:\n    image: a\n${web}  db:\n    image: b\n${db}networks: {back: }\nvolumes: {data: }\n`).spec.services;

test("container_name is an alias on every network of the service", () => {
  const { web } = TWO("    container_name: shop-web\n    networks: {default: , back: {aliases: [w]}}\n");
  expect(web?.networks).toEqual({ back: { aliases: ["shop-web", "w"] }, default: { aliases: ["shop-web"] } });
  expect(notices("services:\n  web:\n    image: a\n    container_name: shop")[0]).toContain(
    "container-name 4:21 services.web.container_name: instances have names of their own; others reach the service as shop",
  );
  expect(notices("services:\n  web:\n    image: a\n    container_name: web")).toEqual([]);
});

test("a link is a dependency, and its alias one of the other service, where both meet", () => {
  const { web, db } = TWO("    links: ['db:database', db]\n", "    networks: [default, back]\n");
  expect(web?.dependsOn).toEqual({ db: { condition: "service_started", required: true } });
  expect(db?.networks).toEqual({ back: { aliases: [] }, default: { aliases: ["database"] } });
  const said = TWO("    links: [db]\n    depends_on: {db: {condition: service_healthy}}\n").web?.dependsOn;
  expect(said).toEqual({ db: { condition: "service_healthy", required: true } });
});

test("a name that another service answers to is refused: callers would reach either", () => {
  const three = (keys: string) =>
    `services:\n  a: {image: a, links: ["db:store"]}\n  b: {image: b, ${keys}}\n  db: {image: c}\n  other: {image: d, networks: {default: {aliases: [extra]}}}\n`;
  const said = (keys: string) => refusal(() => load(three(keys)));
  expect(said("links: ['db:store']")).toBe("accepted");
  expect(said("links: ['other:store']")).toMatch(
    /^INS1006 3:25 services\.b\.links\[0\]: "store" would be a name of other, and db answers to it/,
  );
  expect(said("links: ['db:extra']")).toContain("and other answers to it already");
  expect(said("container_name: other")).toContain('INS1006 3:33 services.b.container_name: "other" would be a name of b');
});

test("volumes_from brings the named mounts of the other service; one's own win", () => {
  const { web } = TWO("    volumes: [./own:/conf]\n    volumes_from: ['db:ro']\n", "    volumes: [data:/data, ./conf:/conf]\n");
  expect(web?.mounts.map(({ source, target, readOnly }) => [source, target, readOnly])).toEqual([
    ["/app/own", "/conf", false],
    ["data", "/data", true],
  ]);
  expect(() => TWO("    volumes_from: [db]\n", "    volumes: [/anonymous]\n")).toThrow(/no name to mount it by/);
});

test("options of a build, only those that are said", () => {
  expect(service("build: .").build).not.toHaveProperty("options");
  const keys =
    "build: {dockerfile_inline: FROM x, network: host, extra_hosts: ['a:1.1.1.1'], shm_size: 1m, labels: {a: b}, cache_from: [c], no_cache: true, pull: true, ulimits: {nofile: 5}}";
  expect(service(keys).build?.options).toEqual({
    inline: "FROM x",
    network: "host",
    extraHosts: ["a:1.1.1.1"],
    shmSizeBytes: 2 ** 20,
    labels: { a: "b" },
    ulimits: { nofile: { soft: 5, hard: 5 } },
    cacheFrom: ["c"],
    noCache: true,
    pull: true,
  });
});

test("options of a network and of joining it", () => {
  const { spec } = load(
    "services: {web: {image: a, networks: {n: {driver_opts: {x: 1}}}}}\nnetworks: {n: {driver_opts: {com.docker.network.driver.mtu: 1400}}}",
  );
  expect(spec.networks["n"]?.driverOpts).toEqual({ "com.docker.network.driver.mtu": "1400" });
  expect(spec.services["web"]?.networks).toEqual({ n: { aliases: [], driverOpts: { x: "1" } } });
});

test("words that mean the same here are let in, the rest with a notice", () => {
  const file = (keys: string) => `services:\n  web:\n    image: a\n    ${keys}\n`;
  expect(load(file("network_mode: bridge")).spec.services["web"]).toMatchObject({
    networkMode: null,
    networks: { default: { aliases: [] } },
  });
  expect(notices(file("network_mode: bridge"))[0]).toMatch(/^network-mode 4:19 .*default network is joined/);
  expect(load(file("pull_policy: daily")).spec.services["web"]?.pullPolicy).toBe("missing");
  expect(notices(file("pull_policy: every_12h"))[0]).toMatch(/^pull-policy 4:18 .*instar redeploy/);
  expect(load(`${file("networks: [n]")}networks: {n: {ipam: {driver: default}}}`).notices).toEqual([]);
});

test("further options of a tmpfs", () => {
  expect(service("tmpfs: ['/t:uid=1000,size=1m,exec,nosuid', '/u:nodev']").tmpfs).toEqual([
    { target: "/t", sizeBytes: 2 ** 20, mode: null, options: ["exec", "uid=1000"] },
    { target: "/u", sizeBytes: null, mode: null },
  ]);
});

test("a difference names the key, and replaces", () => {
  const [a, b] = [service("tty: true"), service("ulimits: {nofile: 5}")];
  expect(diffSpecs(a, b)).toEqual([
    { path: "container.tty", before: "true", after: null, replaces: true },
    { path: "container.ulimits.nofile.hard", before: null, after: "5", replaces: true },
    { path: "container.ulimits.nofile.soft", before: null, after: "5", replaces: true },
  ]);
});
