import { describe, expect, test } from "vitest";
import { refusal } from "../reading.ts";
import { imported, onlyImported, said, web } from "./importing.ts";

describe("links", () => {
  test("a link is a name on the network and a dependency; an alias is the other service's", () => {
    const { document, spec, notes } = imported("web: {image: a, links: [db, 'cache:redis']}\ndb: {image: b}\ncache: {image: c}");
    expect(document.services["web"]?.["links"]).toEqual(["db", "cache:redis"]);
    expect(Object.keys(spec.services["web"]?.dependsOn ?? {})).toEqual(["cache", "db"]);
    expect(spec.services["cache"]?.networks["default"]?.aliases).toEqual(["redis"]);
    expect(said({ notes }, "web").join()).toContain("DB_ENV_…) are not set");
  });

  test("one that closes a circle is left out, and its alias stays a name", () => {
    const { document, spec, became } = imported("a: {image: a, links: ['b:other']}\nb: {image: b, links: ['a:back']}");
    expect(document.services["b"]).toEqual({ image: "b" });
    expect(became).toContain("2:23 b.links out");
    expect(spec.services["a"]?.networks["default"]?.aliases).toEqual(["back"]);
    expect(spec.services["b"]?.dependsOn).toEqual({});
  });

  test("a name that another service answers to is told, and the link stays without it", () => {
    const read = imported(
      "a: {image: a, links: ['db1:db']}\nb: {image: a, links: ['db2:db', 'db1:b', 'db1:a']}\ndb1: {image: d}\ndb2: {image: d}",
    );
    expect(read.document.services["b"]?.["links"]).toEqual(["db2", "db1"]);
    expect(said(read, "b").slice(0, 4).join("\n")).toMatch(/db is that of db1 already: it is reached as db2.*a is that of a already/s);
  });

  test("of another stack, of no service, from the host's network: told", () => {
    const read = imported("web: {image: a, links: ['db.data:db', dbb]}\ndb: {image: b}\nhost: {image: a, net: host, links: [db]}");
    expect(read.document.services["web"]).toEqual({ image: "a" });
    expect(said(read, "web").join()).toMatch(/"db.data:db": there is no such service.*declared as external.*did you mean db\?/);
    expect(said(read, "host").join()).toContain("finds no other by name");
  });
});

describe("volumes", () => {
  test("one without a name gets one; what each of several instances had stays its own", () => {
    const read = imported("db: {image: a, volumes: [/var/lib/db, /b]}\nmany: {image: a, target_num_containers: 2, volumes: [/data]}");
    expect(read.document.services["db"]?.["volumes"]).toEqual(["db-var-lib-db:/var/lib/db", "db-b:/b"]);
    expect(read.document.services["many"]?.["volumes"]).toEqual(["/data"]);
    expect(read.document.volumes).toEqual({ "db-var-lib-db": {}, "db-b": {} });
    expect(read.became).toContain("1:26 db.volumes volumes.db-var-lib-db");
    expect(said(read, "many").join()).toContain("each instance has its own");
  });

  test("no two services come to one volume by their names", () => {
    const read = imported("a: {image: a, volumes: [/b-c, /b/c]}\na-b: {image: a, volumes: [/c, 'a-b-c:/x']}");
    const mounted = Object.values(read.spec.services).flatMap(({ mounts }) => mounts.map(({ source }) => source));
    expect(new Set(mounted).size).toBe(4);
  });

  test("volumes_from mounts the same ones, through others too; two writers are declared as shared", () => {
    const read = imported(
      "data: {image: a, volumes: [/rows, '/etc/x:/etc/x:ro']}\nmid: {image: a, volumes_from: [data], volumes: [/own]}\nend: {image: a, volumes_from: ['mid:ro']}",
    );
    expect(read.document.services["mid"]?.["volumes"]).toEqual(["data-rows:/rows", "/etc/x:/etc/x:ro", "mid-own:/own"]);
    expect(read.document.services["end"]?.["volumes"]).toEqual(["mid-own:/own:ro", "data-rows:/rows:ro", "/etc/x:/etc/x:ro"]);
    expect(read.document.volumes).toEqual({ "data-rows": { "x-instar": { shared: true } }, "mid-own": {} });
    expect(read.spec.volumes["data-rows"]?.shared).toBe(true);
    expect(said(read, "mid").join()).toContain("data and mid write to it side by side");
  });

  test("a mount of one's own wins, a circle ends, and nothing to mount is told", () => {
    const read = imported(
      "a: {image: a, volumes: [/x], volumes_from: [b]}\nb: {image: a, volumes: ['/h:/x'], volumes_from: [a]}\nc: {image: a, volumes_from: [d]}\nd: {image: a}",
    );
    expect(read.document.services["a"]?.["volumes"]).toEqual(["a-x:/x"]);
    expect(read.document.services["b"]?.["volumes"]).toEqual(["/h:/x"]);
    expect(said(read, "c").join()).toContain("what the image of d declares as VOLUME is not seen here");
  });
});

describe("ports", () => {
  test("on one machine a host port is one service's", () => {
    const read = imported('a: {image: a, ports: ["80:80", "81:80"]}\nb: {image: a, ports: ["80:8080", "80:80/udp", "127.0.0.1:81:81"]}');
    expect(read.document.services["b"]?.["ports"]).toEqual(["80:80/udp"]);
    expect(said(read, "b")[0]).toContain("a has the host port 80/tcp already");
  });

  test("UDP of several instances, and any port on the host's network, are told", () => {
    const read = imported(
      'a: {image: a, target_num_containers: 2, ports: ["53:53/udp", "54/udp"]}\nb: {image: a, net: host, ports: ["80:80"]}',
    );
    expect(read.document.services["a"]?.["ports"]).toEqual(["54/udp"]);
    expect(read.document.services["b"]).toEqual({ image: "a", network_mode: "host" });
  });
});

describe("words", () => {
  test.each([
    ["autorestart: on_failure", { restart: "on-failure" }, "3:3 web.autorestart restart"],
    ["restart: no", { restart: "no" }, null],
    ["restart: false", { restart: "no" }, null],
    ["sequential_deployment: false", {}, "3:3 web.sequential_deployment out"],
    ["autoredeploy: false", {}, "3:3 web.autoredeploy out"],
    ["autoredeploy: $X", { "x-instar": { autoredeploy: "$X" } }, "3:3 web.autoredeploy x-instar.autoredeploy"],
    ["deployment_strategy: HIGH_AVAILABILITY", {}, "3:3 web.deployment_strategy out"],
    ["deployment_strategy: every_node\ntarget_num_containers: 3", { deploy: { mode: "global" } }, "4:3 web.target_num_containers out"],
    ["net: bridge", {}, "3:3 web.net out"],
    ["pid: none", {}, "3:3 web.pid out"],
    ["tags:", {}, "3:3 web.tags out"],
    ["tty: false", { tty: false }, null],
    ["labels: {dev.instar.x: 1, mine: 2}", { labels: { mine: 2 } }, "3:12 web.labels.dev.instar.x out"],
    [
      "environment: {VIRTUAL_HOST: a.example}",
      { environment: { VIRTUAL_HOST: "a.example" } },
      "3:17 web.environment.VIRTUAL_HOST environment",
    ],
  ])("%j", (lines, now, note) => {
    const { document, became } = web(lines);
    expect(document.services["web"]).toEqual({ image: "acme/web:1", ...now });
    expect(became).toEqual(note === null ? [] : expect.arrayContaining([note]));
  });

  test("variables stay, and a dollar sign that begins none stands for itself", () => {
    const read = web("command: sh -c 'echo $(date) $A ${B} $$C'\nenvironment: {P: 'pa$', Q: '$A', R: '${A:-x}'}", { A: "1" });
    expect(read.document.services["web"]).toMatchObject({
      command: "sh -c 'echo $$(date) $A ${B} $$C'",
      environment: { P: "pa$$", Q: "$A", R: "${A:-x}" },
    });
    expect(read.spec.services["web"]?.command?.[2]).toBe("echo $(date) 1  $C");
    expect(read.spec.services["web"]?.environment).toEqual({ P: "pa$", Q: "1", R: "1" });
    expect(read.became).toEqual(["3:3 web.command command", "4:3 web.environment environment"]);
  });

  test("the registry that is gone is told", () => {
    expect(imported("a: {image: tutum.co/me/app}").notes[0]?.note).toContain("push the image to another one");
  });
});

describe("files", () => {
  test("several are merged as Compose merges, and places stay those of each file", () => {
    const read = imported(
      "web: {image: a, environment: [A=1, B=2], ports: ['80:80']}",
      {},
      {
        "/app/tutum.override.yml": "web: {environment: {A: 3}, ports: ['81:81'], tags: [x]}",
      },
    );
    expect(read.spec.services["web"]).toMatchObject({ environment: { A: "3", B: "2" }, ports: [{ published: 80 }, { published: 81 }] });
    expect(read.notes.map(({ at }) => at.file)).toEqual(["/app/tutum.override.yml"]);
  });

  test.each([
    ["services: {web: {image: a}}", "INS1200 1:1 this is a Compose file already"],
    ["version: '2'\nservices: {web: {image: a}}", "INS1200 2:1"],
    ["{}", "INS1200 1:1 there are no services"],
    ["[a]", "INS1004 1:1 an old stackfile is a mapping"],
    ["", "INS1004 1:1 the file is empty"],
    ["web: a", "INS1004 1:6 web: this is a text"],
    ["web: {ports: []}", "INS1004 1:1 web: needs the key image"],
    ["web: {image: a", "INS1002"],
    ["'a b': {image: a}", "INS1007 1:1"],
    ["Web: {image: a, ports: ['80:80']}", "INS1007 1:1"],
    ["lb: {image: tutum/haproxy}", "INS1202 1:1"],
    ["a: {image: A/B}", "INS1004 1:12"],
  ])("%s is refused", (text, start) => {
    expect(refusal(() => imported(text)).startsWith(start)).toBe(true);
  });

  test("a file is bounded as every stack file is", () => {
    expect(refusal(() => imported(`a: {image: ${"x".repeat(1024 * 1024)}}`))).toContain("INS1012 1:1");
    expect(refusal(() => imported(`a: {image: a, tags: ${"[".repeat(300)}${"]".repeat(300)}}`))).toContain("INS1012 1:");
    expect(imported("a: &a {image: a}\nb: *a").document.services["b"]).toEqual({ image: "a" });
  });

  test("what only a variable may decide is given back, not refused", () => {
    const unset = onlyImported("web: {image: a, volumes: ['$DIR:/data']}");
    expect(unset.unsettled).toMatchObject({ code: "INS1004", at: { line: 1, column: 27 } });
    expect(onlyImported("web: {image: a, volumes: ['$DIR:/data']}", { DIR: "/x" }).unsettled).toBeNull();
    expect(onlyImported("web: {image: a, volumes: ['$DIR:/data']}", {}, { "/app/.env": "DIR=/y" }).unsettled).toBeNull();
    expect(onlyImported("web: {image: '${IMAGE:?which}'}").unsettled?.code).toBe("INS1005");
  });
});
