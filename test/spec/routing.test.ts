import { describe, expect, test } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import type { PortSpec } from "../../src/spec/types.ts";
import { load, refusal, service } from "./reading.ts";

/** Under `services.web`, whose keys begin at line 4, column 5. */
const refused = (keys: string): string => refusal(() => service(keys));
const port = (more: string): string => `ports: [{target: 8080, published: 80, ${more}}]`;
const DOMAIN = "x-instar: {domains: [shop.example]}";

describe("domains lead to HTTP", () => {
  test.each(["tcp", "ws", "wss", "kubernetes.io/h2c", "redis"])("not to a port with app_protocol: %s", (word) => {
    const said = refused(`${port(`app_protocol: ${word}`)}\n${DOMAIN}`);
    expect(said).toContain(
      "INS1004 5:25 services.web.x-instar.domains: the domains lead to port 8080, which its app_protocol makes plain tcp",
    );
    expect(said).toContain("app_protocol: http");
  });

  test.each([
    [
      "of several, the one that is named",
      "ports: [{target: 80}, {target: 8080, app_protocol: tcp}]\nx-instar: {domains: [a.b], port: 8080}",
    ],
    [
      "beside the same one in HTTP",
      "ports: [{target: 80, published: 1}, {target: 80, published: 2, app_protocol: tcp}]\nx-instar: {domains: [a.b]}",
    ],
  ])("nor %s", (_what, keys) => {
    expect(refused(keys)).toContain("INS1004");
  });

  test.each([
    ["no domain", port("app_protocol: tcp")],
    ["another port", "ports: [{target: 80}, {target: 5432, app_protocol: tcp}]\nx-instar: {domains: [a.b], port: 80}"],
    ["a port of the file's that says nothing", `${port("mode: ingress")}\n${DOMAIN}`],
    ["one that says http", `${port("app_protocol: http")}\n${DOMAIN}`],
    ["one that the instance binds itself", `${port("app_protocol: tcp, mode: host")}\n${DOMAIN}`],
  ])("but %s is fine", (_what, keys) => {
    expect(refused(keys)).toBe("accepted");
  });
});

const HOST_IPS: readonly (readonly [string, boolean])[] = [
  ["10.0.0.1", true],
  ["::1", true],
  ["FD00::5", true],
  ["::", true],
  ["64:ff9b::a00:1", true],
  ["::ffff:1", true],
  ["::ffff:10.0.0.1", false],
  ["::FFFF:10.0.0.1", false],
  ["0:0:0:0:0:ffff:a00:1", false],
  ["64:ff9b::10.0.0.1", false],
  ["fe80::1%eth0", false],
];

test.each(HOST_IPS)("host_ip %s can be had by a listener: %s", (address, fine) => {
  expect(refused(port(`host_ip: "${address}"`))).toMatch(fine ? /^accepted$/ : /^INS1014 4:52 services.web.ports\[0\].host_ip: /);
  expect(refused(`ports: ["[${address}]:80:80"]`) === "accepted").toBe(fine);
});

describe("over the wire it is the same", () => {
  const { spec } = load("services:\n  web: {image: a, ports: ['127.0.0.1:80:8080'], x-instar: {domains: [a.b]}}");
  const web = spec.services["web"];
  const altered = (more: Partial<PortSpec>): string =>
    refusal(() =>
      checkStack({ ...spec, services: { web: { ...web, ports: web?.ports.map((one) => ({ ...one, ...more })) } as typeof web & object } }),
    );

  test("domains in TCP", () => {
    expect(altered({})).toBe("accepted");
    expect(altered({ appProtocol: "tcp" })).toContain("INS1004 - services.web.domains: they lead to port 8080, which is plain tcp");
  });

  test.each(HOST_IPS)("the address %s: %s", (hostIp, fine) => {
    expect(altered({ hostIp })).toMatch(fine ? /^accepted/ : /^INS1014 - services.web.ports/);
  });
});
