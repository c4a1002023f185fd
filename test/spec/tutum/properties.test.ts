import fc from "fast-check";
import { expect, test } from "vitest";
import { InstarError } from "../../../src/errors.ts";
import { checkStack } from "../../../src/spec/check.ts";
import { TUTUM_KEYS } from "../../../src/spec/tutum/keys.ts";
import { imported } from "./importing.ts";

/** Stackfiles as Tutum took them: whatever they say, Instar's own reader takes what becomes of them. */
const NAMES = ["web", "api", "db", "cache", "a", "a-b", "lb", "lb2"] as const;
const name = fc.constantFrom(...NAMES);
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 3 });
const port = fc.constantFrom(80, 443, 1936, 3306, 8080, 9000);
const path = fc.constantFrom("/data", "/b-c", "/b/c", "/var/lib/db", "/x.y", "/-");
const flag = fc.constantFrom(true, false, "yes", "no", "$FLAG");
const host = fc.constantFrom(
  "a.example",
  "https://b.example",
  "*.c.example",
  "a.example/api",
  "*/x",
  "*",
  "http://d.example:81/y/*",
  "$HOST",
  "x_y",
);
const line = fc.oneof(
  some(host).map((hosts) => `VIRTUAL_HOST=${hosts.join(",")}`),
  some(port).map((ports) => `TCP_PORTS=${ports.join(",")}`),
  some(port).map((ports) => `EXCLUDE_PORTS=${ports.join(",")}`),
  fc.constantFrom("SERVICE_PORTS=3000", "BALANCE=leastconn", "BALANCE=source", "COOKIE=SRV insert indirect nocache", "COOKIE=x"),
  fc.constantFrom("HTTP_CHECK=GET /up", "HTTP_CHECK=OPTIONS *", "MODE=tcp", "STATS_PORT=9000", "VIRTUAL_HOST", "virtual_host=e.example"),
  fc.constantFrom("VIRTUAL_HOST_WEIGHT=1", "SSL_CERT=x", "FORCE_SSL=y", "P=pa$", "P=$(date)", "P=$FLAG", "P=${X:-$}", "BARE", "Q=$$"),
);
const unique = (lines: readonly string[]) => [...new Map(lines.map((one) => [one.split("=", 1)[0]?.toUpperCase(), one])).values()];

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  command: fc.constantFrom("run --all", "sh -c 'echo $(date); sleep 1'", ["sh", "-c", "a && b", 5]),
  entrypoint: fc.constantFrom("/entry.sh", ["/entry.sh", "x"]),
  environment: fc.oneof(
    some(line).map(unique),
    some(line).map((lines) =>
      Object.fromEntries(unique(lines).map((one) => [one.split("=", 1)[0], one.includes("=") ? one.slice(one.indexOf("=") + 1) : null])),
    ),
  ),
  labels: fc.constantFrom({ a: "b", "dev.instar.stack": "x" }, ["com.docker.compose.project=x"], ["a=b", "c"]),
  links: some(
    fc.oneof(
      name,
      fc.tuple(name, fc.constantFrom("db", "web", "other", "a b", "x.y")).map(([to, alias]) => `${to}:${alias}`),
      fc.constantFrom("db.stack:db", "nobody", "$LINK"),
    ),
  ),
  ports: some(
    fc.oneof(
      port,
      fc.tuple(port, port).map(([outer, inner]) => `${outer}:${inner}`),
      fc.tuple(port, port).map(([outer, inner]) => `${outer}:${inner}/udp`),
      fc.constantFrom("127.0.0.1:80:80", "$PORT:80", "${NONE:-7071}:81", "53/udp", "8000-8002:8000-8002"),
    ),
  ).map((ports) => [...new Set(ports.map(String))]),
  expose: fc.uniqueArray(
    fc.oneof(
      port,
      port.map((one) => `${one}/udp`),
    ),
    { minLength: 1, maxLength: 3, selector: (one) => Number.parseInt(String(one), 10) },
  ),
  volumes: fc
    .uniqueArray(path, { minLength: 1, maxLength: 3 })
    .chain((paths) =>
      fc.tuple(
        ...paths.map((to) =>
          fc.constantFrom(to, `/srv${to}:${to}`, `/srv:${to}:ro`, `named:${to}`, `a-b-c:${to}`, `$DIR:${to}`, `${"${DIR:-/y}"}:${to}`),
        ),
      ),
    ),
  volumes_from: some(
    fc.oneof(
      name,
      name.map((one) => `${one}:ro`),
      fc.constant("data.stack"),
    ),
  ),
  target_num_containers: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant("$COUNT")),
  deployment_strategy: fc.constantFrom("emptiest_node", "high_availability", "every_node"),
  tags: fc.constantFrom(["a", "b"], "a"),
  sequential_deployment: flag,
  restart: fc.constantFrom("no", "on-failure", "always", false),
  autorestart: fc.constantFrom("off", "on_failure", "always"),
  autodestroy: fc.constantFrom("no", "on-success", "always"),
  autoredeploy: flag,
  roles: fc.constant(["global"]),
  privileged: flag,
  net: fc.constantFrom("bridge", "host"),
  pid: fc.constantFrom("none", "host"),
  dns: fc.constantFrom("8.8.8.8", ["8.8.8.8", "9.9.9.9"]),
  dns_search: fc.constantFrom("example.com", ["a.example", "b.example"]),
  cap_add: fc.constant(["ALL"]),
  cap_drop: fc.constant(["NET_ADMIN", "SYS_ADMIN"]),
  devices: fc.constant(["/dev/ttyUSB0:/dev/ttyUSB0"]),
  extra_hosts: fc.constant(["somehost:162.242.195.82"]),
  security_opt: fc.constant(["label:user:USER", "label:role:ROLE"]),
  cgroup_parent: fc.constant("m-executor-abcd"),
  working_dir: fc.constant("/app"),
  user: fc.constantFrom("root", 1000, "1000:1000"),
  hostname: fc.constantFrom("foo", "dev.example.com"),
  domainname: fc.constant("foo.com"),
  mac_address: fc.constant("02:42:ac:11:65:43"),
  cpu_shares: fc.constantFrom(512, "512"),
  cpuset: fc.constantFrom(0, "0,1"),
  mem_limit: fc.constantFrom("512m", 104857600),
  memswap_limit: fc.constantFrom("1g", -1),
  read_only: flag,
  stdin_open: flag,
  tty: flag,
};

const service = fc
  .record(VALUES, { requiredKeys: [] })
  .map(({ autorestart, ...rest }) => ({ ...rest, ...(autorestart === undefined || "restart" in rest ? {} : { autorestart }) }));
const image = fc.constantFrom("acme/web:1", "redis", "tutum/haproxy", "dockercloud/haproxy:1.6.7", "tutum.co/me/app");
const file = fc
  .uniqueArray(fc.tuple(name, image, service), { selector: ([one]) => one, minLength: 1, maxLength: 6 })
  .map((services) =>
    Object.fromEntries([...services.map(([one, from, keys]) => [one, { image: from, ...keys }] as const), ["app", { image: "a" }]]),
  );

const RUNS = Number(process.env["INSTAR_SIM_RUNS"] ?? 300);
const ENV = {
  FLAG: "true",
  HOST: "v.example",
  PORT: "7070",
  DIR: "/home/x",
  COUNT: "1",
  VIRTUAL_HOST: "w.example",
  BARE: "b",
  LINK: "app",
};

test("the generator knows every key", () => {
  expect(Object.keys(TUTUM_KEYS).filter((key) => key !== "image" && !(key in VALUES))).toEqual([]);
});

test("what comes out is taken by the reader and by the daemon's check, and every key is in it or noted", () => {
  fc.assert(
    fc.property(file, (old) => {
      const { document, notes, spec, unsettled } = imported(JSON.stringify(old), ENV);
      expect(unsettled).toBeNull();
      checkStack(spec);
      for (const [service, keys] of Object.entries(old as Record<string, Record<string, unknown>>))
        for (const [key, value] of Object.entries(keys)) {
          const now = document.services[service];
          const noted = (what: string) =>
            notes.some((note) => note.service === service && (note.key === what || note.key.startsWith(`${what}.`)));
          if (!(now !== undefined && key in now) && !noted(key)) throw new Error(`${service}.${key} is nowhere`);
          if (key !== "environment") continue;
          const names = Array.isArray(value) ? value.map((one) => String(one).split("=")[0] ?? "") : Object.keys(value as object);
          const kept = now?.["environment"] as object | string[] | undefined;
          const left = Array.isArray(kept) ? kept.map((one) => one.split("=")[0]) : Object.keys(kept ?? {});
          for (const one of names)
            if (!left.includes(one) && !noted(`environment.${one}`)) throw new Error(`${service}.environment.${one} is nowhere`);
        }
    }),
    { numRuns: RUNS },
  );
});

test("whatever is in a file, it is imported, or refused with a code of the stack file and a place", () => {
  const wild = fc.oneof(
    fc.constantFrom(...NAMES, "$", "a:b:c", ":", "", "80:80:80:80", null, -1, true),
    fc.string({ maxLength: 8 }),
    fc.array(fc.string({ maxLength: 6 }), { maxLength: 3 }),
  );
  const any = fc.dictionary(
    name,
    fc.record({ image, ...Object.fromEntries(Object.keys(VALUES).map((key) => [key, wild])) }, { requiredKeys: ["image"] }),
    { maxKeys: 3 },
  );
  fc.assert(
    fc.property(any, (old) => {
      try {
        imported(JSON.stringify(old), ENV);
      } catch (error) {
        if (!(error instanceof InstarError)) throw error;
        expect(error.code).toMatch(/^INS1/);
        expect(error.at).not.toBeNull();
      }
    }),
    { numRuns: RUNS },
  );
});
