import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { MODELS } from "../../src/api/model.ts";
import { StackSpecModel } from "../../src/api/spec-models.ts";
import { load } from "../spec/reading.ts";

const EVERYTHING = `services:
  web:
    image: a
    build: {context: ., ulimits: {nofile: 1}, extra_hosts: ["a:1.1.1.1"], dockerfile_inline: FROM x, labels: {a: b}, no_cache: true}
    ulimits: {nofile: 1, nproc: {soft: 1, hard: -1}}
    shm_size: 1m
    cpu_shares: 2
    cpu_period: 1ms
    cpu_quota: -1
    cpu_rt_period: 1ms
    cpu_rt_runtime: 1ms
    cpuset: "0-1"
    mem_swappiness: 5
    memswap_limit: -1
    oom_kill_disable: true
    oom_score_adj: -5
    blkio_config: {weight: 10, weight_device: [{path: /dev/a, weight: 10}], device_read_bps: [{path: /dev/a, rate: 1m}]}
    storage_opt: {size: 1G}
    devices: ["/dev/a:/dev/b:r", "v.com/c=d"]
    device_cgroup_rules: ["c 1:3 mr"]
    gpus: [{count: 1, capabilities: [gpu], options: {a: b}}]
    extra_hosts: ["a:1.1.1.1"]
    dns: 1.1.1.1
    dns_opt: [a]
    dns_search: b
    domainname: c
    privileged: true
    security_opt: ["no-new-privileges:true"]
    group_add: [mail]
    sysctls: {a.b: 1}
    ipc: host
    pid: host
    uts: host
    userns_mode: host
    cgroup: host
    cgroup_parent: /m
    runtime: runc
    tty: true
    stdin_open: true
    annotations: {a: b}
    platform: linux/amd64
    tmpfs: "/t:uid=1,exec"
    volumes: ["v:/v:nocopy", {type: volume, source: v, target: /w, volume: {subpath: a}}, "./b:/b:rslave"]
    networks: {n: {driver_opts: {a: 1}}}
    secrets: [s, {source: e, target: x, mode: 0440, uid: "1", gid: "2"}]
    configs: [c]
volumes: {v: }
networks: {n: {driver_opts: {a: 1}}}
secrets: {s: {file: ./s}, e: {external: true}}
configs: {c: {content: x}}
`;

test("what a file can say, the API takes; and nothing else", () => {
  const ajv = new Ajv({ strict: false });
  for (const schema of MODELS) ajv.addSchema(schema);
  const fits = ajv.compile(StackSpecModel);
  const spec = JSON.parse(JSON.stringify(load(EVERYTHING).spec)) as { services: { web: { container: object } } };
  expect(fits(spec), JSON.stringify(fits.errors)).toBe(true);
  Object.assign(spec.services.web.container, { capabilities: "all" });
  expect(fits(spec)).toBe(false);
});
