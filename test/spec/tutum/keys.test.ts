import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OLDER_NAMES, TUTUM_KEYS } from "../../../src/spec/tutum/keys.ts";
import { refusal } from "../reading.ts";
import { web } from "./importing.ts";

/** The reference's keys, each with a value that it shows, and what is to be in the new file; null: a note only. */
const REFERENCE: Readonly<Record<string, readonly [old: string, now: object | null]>> = {
  image: ["", { image: "acme/web:1" }],
  command: ["command: echo 'Hello World!'", { command: "echo 'Hello World!'" }],
  entrypoint: ["entrypoint: /usr/sbin/sshd -D", { entrypoint: "/usr/sbin/sshd -D" }],
  environment: ["environment: [PASSWORD=x, BARE]", { environment: ["PASSWORD=x", "BARE"] }],
  labels: ["labels: {com.example.x: 1}", { labels: { "com.example.x": 1 } }],
  links: ["links: [web]", null],
  ports: ['ports: ["80:8080", "53:53/udp", 3306]', { ports: ["80:8080", "53:53/udp", "3306"] }],
  expose: ["expose: [80, 90/udp]", { expose: ["80", "90/udp"] }],
  volumes: ["volumes: [/data, /etc/x:/etc/x:ro]", { volumes: ["web-data:/data", "/etc/x:/etc/x:ro"] }],
  volumes_from: ["volumes_from: [other.stack]", null],
  target_num_containers: ["target_num_containers: 3", { deploy: { replicas: 3 } }],
  deployment_strategy: ["deployment_strategy: every_node", { deploy: { mode: "global" } }],
  tags: ["tags: [prod]", null],
  sequential_deployment: ["sequential_deployment: true", { deploy: { update_config: { parallelism: 1 } } }],
  restart: ["restart: on-failure", { restart: "on-failure" }],
  autodestroy: ["autodestroy: on-success", null],
  autoredeploy: ["autoredeploy: true", { "x-instar": { autoredeploy: "same-tag" } }],
  roles: ["roles: [global]", null],
  privileged: ["privileged: yes", { privileged: "yes" }],
  net: ["net: host", { network_mode: "host" }],
  pid: ["pid: host", { pid: "host" }],
  dns: ["dns: 8.8.8.8", { dns: "8.8.8.8" }],
  dns_search: ["dns_search: [dc1.example.com, dc2.example.com]", { dns_search: ["dc1.example.com", "dc2.example.com"] }],
  cap_add: ["cap_add: [ALL]", { cap_add: ["ALL"] }],
  cap_drop: ["cap_drop: [NET_ADMIN]", { cap_drop: ["NET_ADMIN"] }],
  devices: ['devices: ["/dev/ttyUSB0:/dev/ttyUSB0"]', { devices: ["/dev/ttyUSB0:/dev/ttyUSB0"] }],
  extra_hosts: ['extra_hosts: ["somehost:162.242.195.82"]', { extra_hosts: ["somehost:162.242.195.82"] }],
  security_opt: ['security_opt: ["label:user:USER"]', { security_opt: ["label:user:USER"] }],
  cgroup_parent: ["cgroup_parent: m-executor-abcd", { cgroup_parent: "m-executor-abcd" }],
  working_dir: ["working_dir: /app", { working_dir: "/app" }],
  user: ["user: 1000", { user: "1000" }],
  hostname: ["hostname: foo", { hostname: "foo" }],
  domainname: ["domainname: foo.com", { domainname: "foo.com" }],
  mac_address: ["mac_address: 02:42:ac:11:65:43", null],
  cpu_shares: ["cpu_shares: 512", { cpu_shares: 512 }],
  cpuset: ["cpuset: 0", { cpuset: "0" }],
  mem_limit: ["mem_limit: 100000m", { mem_limit: "100000m" }],
  memswap_limit: ["memswap_limit: 200000m", { memswap_limit: "200000m" }],
  read_only: ["read_only: true", { read_only: true }],
  stdin_open: ["stdin_open: true", { stdin_open: true }],
  tty: ["tty: true", { tty: true }],
};

test("the table has every key of the reference, and no other", () => {
  expect(Object.keys(REFERENCE)).toHaveLength(41);
  expect(Object.keys(TUTUM_KEYS).sort()).toEqual(Object.keys(REFERENCE).sort());
});

test.each(Object.entries(REFERENCE))("%s is in the new file, or noted", (key, [old, now]) => {
  const { document, notes } = web(old);
  if (now === null) expect(notes.map((note) => [note.key, note.became, note.note.length > 10])).toContainEqual([key, null, true]);
  else expect(document.services["web"]).toMatchObject(now);
  const renamed = now !== null && !(key in now);
  if (renamed) expect(notes.map((note) => [note.key, note.became === null])).toContainEqual([key, false]);
});

test("docs/import.md says of each key what becomes of it", () => {
  const page = readFileSync(new URL("../../../docs/import.md", import.meta.url), "utf8");
  const named = [...Object.keys(TUTUM_KEYS), ...Object.keys(OLDER_NAMES)];
  expect(
    named.filter((key) => !page.split("\n").some((line) => line.startsWith("| `") && line.split("|")[1]?.includes(`\`${key}\``))),
  ).toEqual([]);
});

test.each([
  ["privileged: maybe", "INS1004 3:15", "neither true nor false"],
  ["target_num_containers: many", "INS1004 3:26", "is not a number"],
  ["target_num_containers: 1.5", "INS1004 3:26", "whole number"],
  ["ports: 80", "INS1004 3:10", "it should be a list"],
  ["ports: [a]", "INS1004 3:11", "this is not a port"],
  ["links: {a: b}", "INS1004 3:10", "it should be a list"],
  ["links: ['a:b:c']", "INS1004 3:11", "is not a link"],
  ["restart: allways", "INS1004 3:12", "did you mean always?"],
  ["net: none", "INS1004 3:8", "bridge, host"],
  ["hostname: [a]", "INS1004 3:13", "it should be a text"],
  ["hostname: a b", "INS1004 3:13", "is not a host name"],
  ["environment: 5", "INS1004 3:16", "it should be a list"],
  ["target_num_container: 2", "INS1003 3:3", "did you mean target_num_containers?"],
  ["build: .", "INS1003 3:3", "stackfiles had images only"],
  ["env_file: x", "INS1003 3:3", "stackfiles had none"],
  ["deploy: {}", "INS1003 3:3", "docs/import.md lists the keys"],
  ["restart: always\nautorestart: always", "INS1004 4:3", "under its older name too"],
  ["command: echo 'a", "INS1004 3:12", "do not match"],
])("%s is refused at its place", (lines, at, words) => {
  const said = refusal(() => web(lines));
  expect(said).toContain(at);
  expect(said).toContain(words);
});
