import { describe, expect, test } from "vitest";
import { imported, onlyImported, said } from "./importing.ts";

/** A proxy before `web`, with these keys of each. */
const behind = (web: string, lb = "", more = "") =>
  imported(`lb: {image: 'tutum/haproxy:0.2', links: ['web:web'], ports: ['80:80']${lb}}\nweb: {image: acme/web:1${web}}\n${more}`);

describe("a proxy without hosts", () => {
  test("its port is the service's now, and every key of it is accounted for", () => {
    const read = imported(
      "lb:\n  image: dockercloud/haproxy\n  links: [web]\n  ports: ['80:80', '443:443', '1936:1936', '9:9']\n  roles: [global]\n  restart: always\n  environment:\n    STATS_AUTH: me:s3cr3t\nweb: {image: a}",
    );
    expect(read.document).toEqual({ services: { web: { image: "a", ports: ["80:80"] } } });
    expect(read.became).toEqual([
      "2:3 lb.image out",
      "3:3 lb.links out",
      "4:11 lb.ports web.ports",
      "4:20 lb.ports out",
      "4:31 lb.ports out",
      "4:44 lb.ports out",
      "5:3 lb.roles out",
      "6:3 lb.restart out",
      "8:5 lb.environment.STATS_AUTH out",
    ]);
    expect(read.notes[2]?.note).toContain("its port is not in the file, and 80 is taken");
    expect(JSON.stringify(read.notes)).not.toContain("s3cr3t");
  });

  test.each([
    [", expose: [8080]", "", [{ target: 8080, published: "80", app_protocol: "http" }]],
    [", environment: ['SERVICE_PORTS=3000']", "", [{ target: 3000, published: "80", app_protocol: "http" }]],
    [", expose: [9000, 80]", "", ["80:80"]],
    [", expose: [9000, 9001], environment: [EXCLUDE_PORTS=9000]", "", [{ target: 9001, published: "80", app_protocol: "http" }]],
    [", expose: [3306]", ", environment: {MODE: tcp}", [{ target: 3306, published: "80", app_protocol: "tcp" }]],
  ])("web has%s", (web, lb, ports) => {
    const read = behind(web, lb);
    expect(read.document.services["web"]?.["ports"]).toEqual(ports);
    expect(read.spec.services["web"]?.ports[0]?.published).toBe(80);
  });

  test("a UDP port of it led nowhere", () => {
    const read = imported("lb: {image: tutum/haproxy, links: [web], ports: ['80:80/udp']}\nweb: {image: a}");
    expect(read.document.services["web"]).toEqual({ image: "a" });
    expect(said(read, "lb").join()).toContain("TCP ports only");
  });

  test("of several services the first publishes it, and the others are named", () => {
    const read = imported("lb: {image: tutum/haproxy, links: [web, api], ports: ['80:80']}\nweb: {image: a}\napi: {image: b}");
    expect(read.spec.services["web"]?.ports).toHaveLength(1);
    expect(read.spec.services["api"]?.ports).toEqual([]);
    expect(said(read, "lb").join()).toContain("api answered there in turn with it: give each a domain");
  });

  test("TCP_PORTS are published as TCP by who has them", () => {
    const read = imported(
      "lb: {image: tutum/haproxy, links: [web, db], ports: ['80:80', '3307:3306']}\nweb: {image: a}\ndb: {image: b, environment: [TCP_PORTS=3306]}",
    );
    expect(read.document.services["db"]).toEqual({
      image: "b",
      environment: ["TCP_PORTS=3306"],
      ports: [{ target: 3306, published: "3307", app_protocol: "tcp" }],
    });
  });
});

describe("VIRTUAL_HOST", () => {
  test.each([
    ["shop.example", ["shop.example"], ""],
    ["Shop.example, *.shop.example", ["shop.example", "*.shop.example"], ""],
    ["https://shop.example", ["shop.example"], "plain HTTP: terminate TLS"],
    ["http://shop.example:8080", ["shop.example"], "on port 80, not 8080"],
    ["shop.example/api", ["shop.example/api"], "matched exactly"],
    ["wss://shop.example/api/*", ["shop.example/api"], "plain HTTP"],
    ["shop.example, https://shop.example/", ["shop.example"], "plain HTTP"],
    ["shop.example, */ping", ["shop.example"], '"*/ping": a domain names its host'],
    ["shop.example, s*p.example", ["shop.example"], "a wildcard stands first"],
    ["shop.example, a.example/x*y", ["shop.example"], "a plain beginning"],
  ])("%s", (value, domains, words) => {
    const read = behind(`, expose: [8080], environment: {VIRTUAL_HOST: '${value}', A: 1}`);
    expect(read.document.services["web"]).toEqual({
      image: "acme/web:1",
      environment: { A: 1 },
      expose: ["8080"],
      "x-instar": { domains, port: 8080 },
    });
    expect(said(read, "web").join("\n")).toContain(words);
    expect(said(read, "lb").join()).toContain("domains are served on port 80");
  });

  test("its own mapping goes when nothing is left in it, and any case of its name is read", () => {
    const read = behind(", environment: [virtual_host=a.example]");
    expect(read.document.services["web"]).toEqual({ image: "acme/web:1", "x-instar": { domains: ["a.example"], port: 80 } });
  });

  test("any host alone is as none: the port is published", () => {
    const read = behind(", environment: ['VIRTUAL_HOST=*']");
    expect(read.document.services["web"]).toEqual({ image: "acme/web:1", ports: ["80:80"] });
  });

  test("the same one of two services is shared by the number of their instances", () => {
    const read = imported(
      "lb: {image: tutum/haproxy, links: [a, b, c]}\na: {image: a, target_num_containers: 3, environment: [VIRTUAL_HOST=x.example]}\nb: {image: b, environment: [VIRTUAL_HOST=x.example]}\nc: {image: c}",
    );
    expect(read.spec.services["a"]?.domains).toEqual([{ host: "x.example", path: null, weight: 3 }]);
    expect(read.spec.services["b"]?.domains).toEqual([{ host: "x.example", path: null, weight: 1 }]);
    expect(said(read, "lb").join()).toContain("it sent nothing to c, without VIRTUAL_HOST");
  });

  test("its variable stays one", () => {
    const unset = onlyImported("lb: {image: tutum/haproxy, links: [web]}\nweb: {image: a, environment: [VIRTUAL_HOST]}");
    expect(unset.unsettled).toMatchObject({ code: "INS1014", at: { line: 2, column: 31 } });
    const read = imported("lb: {image: tutum/haproxy, links: [web]}\nweb: {image: a, environment: [VIRTUAL_HOST]}", {
      VIRTUAL_HOST: "a.example",
    });
    expect(read.document.services["web"]?.["x-instar"]).toMatchObject({ domains: ["$VIRTUAL_HOST"] });
    expect(read.spec.services["web"]?.domains).toEqual([{ host: "a.example", path: null }]);
  });

  test("port 80 of another service is in the way, and is told", () => {
    const read = behind(", environment: [VIRTUAL_HOST=a.example]", "", "other: {image: a, ports: ['80:80']}");
    expect(said(read, "web").join()).toContain("served on port 80, which other publishes");
  });

  test("a service on the host's network, and what links to the proxy, are told", () => {
    const read = behind(", net: host, environment: [VIRTUAL_HOST=a.example]", "", "app: {image: a, links: [lb]}");
    expect(read.document.services["web"]).toEqual({ image: "acme/web:1", network_mode: "host", environment: ["VIRTUAL_HOST=a.example"] });
    expect(said(read, "app").join()).toContain("the router takes the place of that service");
  });
});

describe("other variables of a service", () => {
  test.each([
    ["BALANCE=leastconn", { balance: "leastconn" }],
    ["COOKIE=SRV insert indirect nocache", { sticky: { cookie: "SRV" } }],
    ["HTTP_CHECK=GET /healthz", { ready: { http: "/healthz" } }],
    ["HTTP_CHECK=OPTIONS /up HTTP/1.1\\r\\nHost:\\ www", { ready: { http: "/up" } }],
  ])("%s has a word", (variable, own) => {
    const read = behind(`, environment: [VIRTUAL_HOST=a.example, '${variable}']`);
    expect(read.document.services["web"]?.["x-instar"]).toEqual({ ...own, domains: ["a.example"], port: 80 });
    expect(read.document.services["web"]?.["environment"]).toEqual([variable]);
  });

  test("a path is asked at the port that the proxy sent to, where the new file has no other", () => {
    const both = "web: {image: a}\napi: {image: b, environment: ['HTTP_CHECK=GET /up', SERVICE_PORTS=3000]}";
    const read = imported(`lb: {image: tutum/haproxy, links: [web, api], ports: ['80:80']}\n${both}`);
    expect(read.document.services["api"]?.["x-instar"]).toEqual({ ready: { http: "/up", port: 3000 } });
    const unknown = imported(
      `lb: {image: tutum/haproxy, links: [web, api], ports: ['80:80']}\n${both.replace(", SERVICE_PORTS=3000", "")}`,
    );
    expect(unknown.spec.services["api"]?.ready).toEqual({ kind: "http", path: "/up", port: 80 });
    expect(said(unknown, "api").join()).toContain("x-instar.ready.port: its port is not in the file, and 80 is taken");
  });

  test.each(["BALANCE=source", "HTTP_CHECK=OPTIONS *", "SSL_CERT=-----BEGIN", "FORCE_SSL=yes", "FAILOVER=1", "EXTRA_SETTINGS=x"])(
    "%s has none: it stays, and is told",
    (variable) => {
      const read = behind(`, environment: ['${variable}']`);
      expect(read.became.join()).toMatch(new RegExp(`2:\\d+ web\\.environment\\.${variable.split("=")[0]} environment`));
      expect(read.document.services["web"]?.["environment"]).toEqual([variable]);
      expect(read.document.services["web"]?.["x-instar"]).toBeUndefined();
      expect(JSON.stringify(read.notes)).not.toContain("BEGIN");
    },
  );

  test("a COOKIE of the application is nobody's business", () => {
    const read = behind(", environment: [COOKIE=s3cr3t]");
    expect(said(read, "web")).toEqual([]);
  });

  test("no cookie where a port is in TCP", () => {
    const read = behind(", ports: ['2222:22'], expose: [8080], environment: [VIRTUAL_HOST=a.example, COOKIE=SRV insert]");
    expect(read.document.services["web"]?.["x-instar"]).toEqual({ domains: ["a.example"], port: 8080 });
    expect(said(read, "web").join()).toContain("has a port in TCP too, where no cookie is read");
  });

  test("the proxy's leastconn is each service's", () => {
    expect(behind("", ", environment: {BALANCE: leastconn}").document.services["web"]?.["x-instar"]).toEqual({ balance: "leastconn" });
  });
});
