import { describe, expect, it } from "vitest";
import { renderEtc } from "../../src/plan/context.ts";
import { etcFiles, type OwnName } from "../../src/plan/context-etc.ts";
import type { EtcTexts } from "../../src/spec/context-etc.ts";

const OWN: OwnName = { hostname: "5bd40062f2d9", addresses: ["10.0.0.2", "10.1.0.2"] };
const lines = (text: string | undefined): string[] => (text ?? "").split("\n");
const hosts = (said: string, spec: Parameters<typeof etcFiles>[1] = {}, own = OWN): string[] =>
  lines(etcFiles({ hosts: said }, spec, own).hosts).slice(1);
const resolv = (said: string, spec: Parameters<typeof etcFiles>[1] = {}): string[] =>
  lines(etcFiles({ "resolv.conf": said }, spec, OWN)["resolv.conf"]).slice(1);

/** What Docker 20.10 wrote for a container with `--add-host extra:1.2.3.4`. */
const ENGINES = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "ff00::0\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

describe("a managed hosts file", () => {
  it("has the engine's lines, extra_hosts and the own name, then what the template says", () => {
    expect(hosts("10.0.0.9 db", { container: { extraHosts: ["extra:1.2.3.4", "six:fd00::1"] } })).toEqual([
      ...ENGINES,
      "1.2.3.4\textra",
      "fd00::1\tsix",
      "10.0.0.2\t5bd40062f2d9",
      "10.1.0.2\t5bd40062f2d9",
      "10.0.0.9 db",
      "",
    ]);
  });

  it.each([
    ["a domain", "web", "shop.example", "web.shop.example web"],
    ["a full name", "web.shop.example", undefined, "web.shop.example web"],
    ["a short name", "web", undefined, "web"],
  ])("names itself in full and in short: %s", (_name, hostname, domainname, words) => {
    const container = domainname === undefined ? {} : { container: { domainname } };
    expect(hosts("", container, { hostname, addresses: ["10.0.0.2"] }).at(-2)).toBe(`10.0.0.2\t${words}`);
  });

  it("has no line of its own before its name is known", () => {
    expect(hosts("", {}, { hostname: null, addresses: ["10.0.0.2"] })).toEqual([...ENGINES, ""]);
  });
});

describe("a managed resolv.conf", () => {
  it("is what the template says", () => expect(resolv("nameserver 10.0.0.3\n")).toEqual(["nameserver 10.0.0.3", ""]));
  it("has the template's server, however many blanks are before it", () =>
    expect(resolv("nameserver \t 10.0.0.3\n")).toEqual(["nameserver \t 10.0.0.3", ""]));

  it("asks the engine where no server came out", () => {
    expect(resolv("# nameserver 1.1.1.1\noptions timeout:1")).toEqual([
      "# nameserver 1.1.1.1",
      "options timeout:1",
      "nameserver 127.0.0.11",
      "",
    ]);
  });

  it("has dns_search and dns_opt before the template, whose search wins", () => {
    const container = { dnsSearch: ["a.example", "b.example"], dnsOptions: ["ndots:2"] };
    expect(resolv("search c.example\nnameserver 10.0.0.3", { container })).toEqual([
      "search a.example b.example",
      "options ndots:2",
      "search c.example",
      "nameserver 10.0.0.3",
      "",
    ]);
  });
});

it("templates are over the same facts as files", () => {
  const etc: EtcTexts = { hosts: "{{#peers.web}}\n{{address}} web-{{slot}}\n{{/peers.web}}\n" };
  const web = [1, 2].map((slot) => ({ name: `w${slot}`, address: `10.0.0.${slot}`, port: null, slot, revision: 1 }));
  const facts = { stack: "shop", service: "proxy", peers: { web }, ports: {} };
  expect(renderEtc({ files: {}, etc, onChange: { kind: "nothing" } }, facts)).toEqual({ hosts: "10.0.0.1 web-1\n10.0.0.2 web-2\n" });
});
