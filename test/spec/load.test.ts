import { expect, test } from "vitest";
import { nameFromFolder } from "../../src/spec/discover.ts";
import { load, notices, refusal } from "./reading.ts";

const MINIMAL = "services: {web: {image: a}}";
const image = (name: string) => `services: {web: {image: ${name}}}`;

test("files are found as Compose does: by name, upwards, with the override", () => {
  const found = (files: Record<string, string>, cwd: string, env = {}) => {
    const reader = (path: string) => files[path] ?? null;
    const { spec, sources } = load("", { env, more: { cwd, readFile: reader } });
    return [spec.services["web"]?.image, sources.map(({ file }) => file)];
  };
  expect(
    found({ "/a/compose.yml": image("yml"), "/a/compose.yaml": image("yaml"), "/a/docker-compose.yml": image("old") }, "/a/b/c"),
  ).toEqual(["yaml", ["/a/compose.yaml"]]);
  expect(found({ "/a/docker-compose.yml": image("old"), "/a/docker-compose.override.yml": image("over") }, "/a")).toEqual([
    "over",
    ["/a/docker-compose.yml", "/a/docker-compose.override.yml"],
  ]);
  expect(found({ "/a/compose.yaml": image("near"), "/compose.yaml": image("far") }, "/a/b")).toEqual(["near", ["/a/compose.yaml"]]);
  expect(found({ "/x/1.yaml": image("one"), "/x/2.yaml": image("two") }, "/x", { COMPOSE_FILE: "1.yaml:2.yaml" })).toEqual([
    "two",
    ["/x/1.yaml", "/x/2.yaml"],
  ]);
  expect(refusal(() => found({}, "/a/b"))).toContain("INS1001 - there is no compose.yaml in /a/b or a folder above it");
});

test("files are named with -f; the project's folder is the first one's", () => {
  const files = {
    "/srv/one.yaml": "services: {web: {image: a, volumes: [./x:/x]}}",
    "/app/sub/two.yaml": "services: {web: {volumes: [./y:/y]}}",
  };
  const { spec } = load(MINIMAL, { files, more: { files: ["/srv/one.yaml", "sub/two.yaml"] } });
  expect([spec.name, spec.services["web"]?.mounts.map(({ source }) => source)]).toEqual(["srv", ["/srv/x", "/srv/y"]]);
  expect(refusal(() => load(MINIMAL, { more: { files: ["gone.yaml"] } }))).toContain("INS1001 - /app/gone.yaml does not exist");
});

test("the name: --stack, COMPOSE_PROJECT_NAME, name:, the folder", () => {
  const named = `name: own\n${MINIMAL}`;
  const env = { COMPOSE_PROJECT_NAME: "env" };
  expect(load(named, { env, more: { stack: "flag" } }).spec.name).toBe("flag");
  expect(load(named, { env }).spec.name).toBe("env");
  expect(load(named).spec.name).toBe("own");
  expect(load(MINIMAL).spec.name).toBe("app");
  expect(load(MINIMAL, { files: { ".env": "COMPOSE_PROJECT_NAME=dot" } }).spec.name).toBe("dot");
  expect(refusal(() => load(MINIMAL, { more: { stack: "A b" } }))).toContain("INS1007");
});

test.each([
  ["/srv/My Shop!", "myshop"],
  ["/srv/_x.y", "xy"],
  ["/srv/ÄÖ", null],
  ["/", null],
])("the folder %s makes the name %s", (folder, name) => {
  expect(nameFromFolder(folder)).toBe(name);
});

test("profiles: from the caller, from COMPOSE_PROFILES, and *", () => {
  const text = "services: {web: {image: a}, dev: {image: b, profiles: [dev, test]}}";
  const names = (around: object) => Object.keys(load(text, around).spec.services);
  expect(names({})).toEqual(["web"]);
  expect(names({ env: { COMPOSE_PROFILES: "x, test" } })).toEqual(["dev", "web"]);
  expect(names({ more: { profiles: ["dev"] } })).toEqual(["dev", "web"]);
  expect(names({ more: { profiles: ["*"] } })).toEqual(["dev", "web"]);
  expect(notices(text)).toEqual(["inactive-profile 1:29 services.dev: left out: its profile dev, test is not active"]);
});

test("networks and volumes: names, external, only those in use", () => {
  const { spec, notices: told } = load(`services:
  web: {image: a, networks: [n, old, ext, default], volumes: ["v:/v", "w:/w", "e:/e"]}
networks: {n: {internal: true, labels: {a: b}}, old: {external: {name: there}}, ext: {external: true}, idle: {}, default: {name: main}}
volumes: {v: {driver: d, driver_opts: {o: 1}, x-instar: {shared: false}}, w: {name: my-w}, e: {external: true, name: real}, idle: }
x-instar: {atomic: false}`);
  expect(spec.networks).toEqual({
    n: { name: "app_n", external: false, internal: true, labels: { a: "b" } },
    old: { name: "there", external: true, internal: false, labels: {} },
    ext: { name: "ext", external: true, internal: false, labels: {} },
    default: { name: "main", external: false, internal: false, labels: {} },
  });
  expect(spec.volumes).toEqual({
    v: { name: "app_v", external: false, driver: "d", driverOpts: { o: "1" }, labels: {}, shared: false },
    w: { name: "my-w", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null },
    e: { name: "real", external: true, driver: "local", driverOpts: {}, labels: {}, shared: null },
  });
  expect(spec.atomic).toBe(false);
  expect(told.map(({ code, message }) => `${code} ${message.split(":")[0]}`)).toEqual(["unused networks.idle", "unused volumes.idle"]);
});

test("equal meaning gives equal bytes: key order, anchors, variables, short and long forms, comments", () => {
  const one = load(`services:
  web: {image: "a:1", environment: {A: "1", B: "2"}, ports: ["80:8080", "81:81"], volumes: ["v:/v", "./x:/x"], depends_on: [db], cap_add: [SYS_TIME, NET_ADMIN]}
  db: {image: b, environment: {A: "1", B: "2"}}
volumes: {v: {}}`);
  const two = load(
    `# the same
x-env: &env {B: 2}
volumes:
  v:
services:
  db:
    environment:
      <<: *env
      A: 1
    image: "\${DB:-b}"
  web:
    depends_on: {db: {condition: service_started}}
    cap_add: [CAP_NET_ADMIN, SYS_TIME]
    volumes:
      - {type: bind, source: /app/x, target: /x/, bind: {create_host_path: true}}
      - {type: volume, source: v, target: /v}
    ports: [{target: 81, published: "81"}, {published: 80, target: 8080, protocol: tcp}]
    environment: [B=2, A=1]
    image: a:\${TAG}`,
    { env: { TAG: "1" } },
  );
  expect(JSON.stringify(two.spec)).toBe(JSON.stringify(one.spec));
});

test("keys that change nothing are ignored with a notice at their place", () => {
  expect(
    notices(`version: "3.9"
services:
  web:
    image: a
    privileged: false
    x-mine: 1
    x-instr: {}
    volumes: ["./a:/a:z,cached"]
    deploy: {placement: {constraints: [a]}}
    depends_on: {db: {condition: service_started, restart: true}}
    command: a && b
  db: {image: b}`),
  ).toEqual([
    "ignored-key 1:1 version: ignored: files have no version any more",
    "near-miss 7:5 services.web.x-instr: a key of your own; did you mean x-instar?",
    "ignored-key 9:14 services.web.deploy.placement: ignored: there is one machine",
    "ignored-key 10:51 services.web.depends_on.db.restart: ignored: a service's instances are not restarted with those of its dependency",
    'command-cut 11:14 services.web.command: no shell reads this command: as in Compose it ends before "&& b"; for a shell write ["sh", "-c", "…"]',
    "ignored-key 8:15 services.web.volumes[0]: the SELinux option z is ignored",
    "ignored-key 8:15 services.web.volumes[0]: cached means nothing on Linux and is ignored",
  ]);
});

test("a file of 200 services resolves", () => {
  const text = `services:\n${Array.from(
    { length: 200 },
    (_, i) =>
      `  s${i}: {image: "a:${i}", environment: {A: "1"}, ports: ["${8000 + i}:80"], depends_on: [s${(i + 1) % 200 === 0 ? 199 : i + 1}]}`,
  )
    .join("\n")
    .replace(", depends_on: [s199]}", "}")
    .replace(/s199: (.*), depends_on: \[s\d+\]/, "s199: $1")}`;
  expect(Object.keys(load(text).spec.services)).toHaveLength(200);
});

test("a volume with several writers is shared with a notice, unless the file speaks", () => {
  const told = (web: string, db: string, volume: string) =>
    refusalOr(`services: {web: {image: a, ${web}}, db: {image: b, ${db}}}\nvolumes: {v: ${volume}}`);
  const refusalOr = (text: string) => {
    const said = refusal(() => load(text));
    return said === "accepted" ? notices(text) : said;
  };
  const rw = "volumes: ['v:/v']";
  expect(told(rw, "user: u", "")).toEqual([]);
  expect(told(rw, "volumes: ['v:/v:ro']", "")).toEqual([]);
  expect(told(rw, rw, "")).toEqual([
    "shared-volume 2:11 volumes.v: shared, for db and web write to it; x-instar: { shared: false } would forbid that",
  ]);
  expect(told(`${rw}, scale: 3`, "user: u", "")).toEqual([
    "shared-volume 2:11 volumes.v: shared, for 3 instances of web write to it; x-instar: { shared: false } would forbid that",
  ]);
  expect(told(rw, rw, "{x-instar: {shared: true}}")).toEqual([]);
  expect(told(rw, rw, "{x-instar: {shared: false}}")).toContain(
    "INS1004 2:34 volumes.v.x-instar.shared: db and web write to a volume that is not to be shared",
  );
});

test("snapshots before deployments: how many are kept, and for how long; with several writers there is none", () => {
  const kept = (own: string) =>
    load(`services: {db: {image: b, volumes: ['v:/v']}}\nvolumes: {v: {x-instar: {snapshot: ${own}}}}`).spec.volumes["v"]?.snapshot;
  expect(kept("before-deploy")).toEqual({ keep: 5, maxAgeMs: null });
  expect(kept("{keep: 2}")).toEqual({ keep: 2, maxAgeMs: null });
  expect(kept("{when: before-deploy, max_age: 30d}")).toEqual({ keep: null, maxAgeMs: 30 * 86_400_000 });
  const said = (text: string) => refusal(() => load(text));
  const one = "services: {db: {image: b, volumes: ['v:/v']}}\n";
  expect(said(`${one}volumes: {v: {x-instar: {snapshot: daily}}}`)).toContain(
    'INS1004 2:36 volumes.v.x-instar.snapshot: "daily" is no moment',
  );
  expect(said(`${one}volumes: {v: {x-instar: {snapshot: {keep: 0}}}}`)).toContain("INS1004 2:43");
  const two = "services: {db: {image: b, scale: 2, volumes: ['v:/v']}}\n";
  expect(said(`${two}volumes: {v: {x-instar: {snapshot: before-deploy}}}`)).toContain("needs a single writer, and 2 instances write to it");
  expect(said(`${one}volumes: {v: {x-instar: {snapshot: before-deploy, shared: true}}}`)).toContain(
    "INS1004 2:14 volumes.v: a snapshot before a deployment needs a single writer, and shared: true allows more",
  );
  expect(said(`${one}volumes: {v: {x-instar: {snapshot: before-deploy, shared: true, freeze: {command: a, thaw: b}}}}`)).toBe("accepted");
});
