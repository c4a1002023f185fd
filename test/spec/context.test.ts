import { describe, expect, it } from "vitest";
import { hashOf } from "../../src/lib/hash.ts";
import { contextFault, contextIdentity, peersIn } from "../../src/spec/context.ts";
import { diffSpecs } from "../../src/spec/diff.ts";
import { load, refusal } from "./reading.ts";

const file = (context: string, more = ""): string => `
services:
  web: { image: a, expose: [8080], ports: ["8000:80"] }
  mute: { image: a }
  proxy:
    image: b
    x-instar: { context: ${context} }
${more}`;
const of = (template: string, more = ""): string => file(`{ target: /context, files: { it.conf: ${JSON.stringify(template)} }${more} }`);

describe("x-instar.context", () => {
  it("reads its target, its files and what a change does", () => {
    const { spec } = load(of("{{#peers.web}}{{address}}{{/peers.web}}", ", on_change: signal HUP"));
    expect(spec.services.proxy?.context).toEqual({
      target: "/context",
      files: { "it.conf": "{{#peers.web}}{{address}}{{/peers.web}}" },
      onChange: { kind: "signal", signal: "SIGHUP" },
    });
    expect(peersIn(spec.services.proxy?.context as never)).toEqual(["web"]);
    expect("context" in (spec.services.web ?? {})).toBe(false);
    expect(contextFault(spec.services)).toBeNull();
  });

  it.each([
    ["signal: USR1", ", on_change: { signal: USR1 }", { kind: "signal", signal: "SIGUSR1" }],
    ["replace", ", on_change: replace", { kind: "replace" }],
    ["without", "", { kind: "nothing" }],
  ])("on_change %s", (_name, more, onChange) => {
    expect(load(of("x", more)).spec.services.proxy?.context?.onChange).toEqual(onChange);
  });

  it.each([
    ["a section left open", of("{{#peers.web}}"), /line 1 of the template: .*never closed/],
    ["the wrong end", of("a\\n{{#peers.web}}{{/peers.mute}}".replaceAll("\\n", "\n")), /line 2 .*awaited/],
    ["a stray brace", of("{{ x"), /belongs to no tag/],
    ["an unknown name", of("{{colour}}"), /colour.* is not known/],
    ["a name of a peer outside of peers", of("{{address}}"), /address.* is not known/],
    ["an unknown service", of("{{#peers.wbe}}{{/peers.wbe}}"), /did you mean web/],
    ["a port of a service that has none", of("{{#peers.mute}}{{port}}{{/peers.mute}}"), /mute has no port/],
    ["a port that is not published", of("{{ports.web.81}}"), /is no port of web/],
    [
      "a port that each instance has another of",
      of("{{ports.far.53}}", "").replace("mute:", "far: { image: a, ports: [{ target: 53, mode: host }] }\n  mute:"),
      /ports\.far\.53.* another for each instance/,
    ],
    ["itself under replace", of("{{count.proxy}}", ", on_change: replace"), /for ever/],
    ["a signal that ends", of("x", ", on_change: signal KILL"), /KILL/],
    ["a file in a folder", file("{ target: /c, files: { ../it: x } }"), /name of a context file/],
    ["the link's own name", file("{ target: /c, files: { ..data: x } }"), /name of a context file/],
    ["the root", file("{ target: /, files: { it: x } }"), /directory of its own/],
    ["a way up", file("{ target: /a/../b, files: { it: x } }"), /directory of its own/],
    ["no shared network", `${of("{{count.far}}")}  far: { image: a, networks: [other] }\nnetworks: { other: {} }\n`, /shares no network/],
  ])("refuses %s", (_name, text, message) => {
    expect(refusal(() => load(text))).toMatch(new RegExp(`^INS1034 \\d+:\\d+ .*${message.source}`, "s"));
  });

  it("a circle of replacements is refused, a circle with a signal in it is not", () => {
    const two = (how: string): string =>
      `services:\n  a: { image: a, x-instar: { context: { target: /c, files: { f: "{{count.b}}" }, on_change: replace } } }\n  b: { image: a, x-instar: { context: { target: /c, files: { f: "{{count.a}}" }, on_change: ${how} } } }\n`;
    expect(refusal(() => load(two("replace")))).toMatch(/^INS1034/);
    expect(load(two("signal HUP")).spec.services.b?.context?.onChange.kind).toBe("signal");
  });
});

describe("hosts and resolv.conf", () => {
  const etc = (keys: string, more = ""): string => `
services:
  web: { image: a, expose: [8080] }
  proxy:
    image: b
    ${more}
    x-instar:
      context:
        ${keys}
`;

  it("are read without a directory, and replace is what a change does", () => {
    const { spec } = load(etc('hosts: "{{#peers.web}}{{address}} web\\n{{/peers.web}}"\n        resolv.conf: "nameserver 10.0.0.1"'));
    expect(spec.services.proxy?.context).toEqual({
      files: {},
      etc: { hosts: "{{#peers.web}}{{address}} web\n{{/peers.web}}", "resolv.conf": "nameserver 10.0.0.1" },
      onChange: { kind: "replace" },
    });
    expect(peersIn(spec.services.proxy?.context as never)).toEqual(["web"]);
    expect(contextFault(spec.services)).toBeNull();
  });

  it("stand beside a directory, whose identity without them is what it was", () => {
    const both = load(etc('{ target: /c, files: { a: x }, hosts: "", on_change: nothing }')).spec.services.proxy?.context;
    expect(both).toEqual({ target: "/c", files: { a: "x" }, etc: { hosts: "" }, onChange: { kind: "nothing" } });
    if (both === undefined) throw new Error("no context");
    const { etc: _, ...without } = both;
    expect(contextIdentity(without)).toEqual({ target: "/c", files: { a: "x" } });
    expect(hashOf(contextIdentity(both))).not.toBe(hashOf(contextIdentity(without)));
  });

  it.each([
    ["an unknown name, where it stands", etc('hosts: "{{colour}}"'), /INS1034 9:16 .*colour/],
    ["a section left open", etc('resolv.conf: "{{#peers.web}}"'), /INS1034 9:22 .*never closed/],
    ["an unknown service", etc('hosts: "{{count.wbe}}"'), /INS1034 9:16 .*did you mean web/],
    ["itself, which would be replaced for ever", etc('hosts: "{{count.proxy}}"'), /INS1034 .*for ever/],
    ["a list", etc("hosts: [a]"), /INS1004 9:16 /],
    ["a target without files", etc('hosts: ""\n        target: /c'), /INS1004 .*names no file/],
    ["the host's network", etc('hosts: ""', "network_mode: host"), /INS1195 9:16 .*host's own/],
    ["resolv.conf on the host's network", etc('resolv.conf: ""', "network_mode: host"), /INS1195 9:22 .*host's own/],
    ["the host's name", etc('hosts: ""', "uts: host"), /INS1195 9:16 .*the host's name/],
    ["host-gateway", etc('hosts: ""', 'extra_hosts: ["up:host-gateway"]'), /INS1195 9:16 .*host-gateway/],
    ["a mount of one's own there", etc('hosts: ""', 'volumes: ["/srv/hosts:/etc/hosts"]'), /INS1195 9:16 .*mounted already/],
    [
      "a config there",
      `${etc('hosts: ""', "configs: [{ source: s, target: /etc/hosts }]")}configs: { s: { content: x } }`,
      /INS1195 9:16 .*mounted already/,
    ],
  ])("refuse %s", (_name, text, message) => {
    expect(refusal(() => load(text))).toMatch(message);
  });

  it("another template replaces the instances; how a change is told does not", () => {
    const of = (keys: string) => load(etc(keys)).spec.services.proxy ?? null;
    const rows = diffSpecs(of('{ hosts: "", "resolv.conf": "a" }'), of('{ hosts: "10.0.0.1 b", "resolv.conf": "a", on_change: nothing }'));
    expect(rows).toEqual([
      { path: "context.hosts", before: "", after: "10.0.0.1 b", replaces: true },
      { path: "context.onChange", before: "replace", after: "nothing", replaces: false },
    ]);
  });

  it("host-gateway is the engine's to resolve where only resolv.conf is managed", () => {
    expect(load(etc('resolv.conf: ""', 'extra_hosts: ["up:host-gateway"]')).spec.services.proxy?.context?.etc).toEqual({
      "resolv.conf": "",
    });
  });

  it("are checked again when they come over the wire", () => {
    const { spec } = load(etc('hosts: ""'));
    const { proxy } = spec.services;
    if (proxy?.context === undefined) throw new Error("no context");
    const over = (context: typeof proxy.context) => contextFault({ ...spec.services, proxy: { ...proxy, context } })?.message;
    expect(over({ ...proxy.context, etc: {} })).toMatch(/directory without files/);
    expect(over({ ...proxy.context, etc: { hosts: "{{x" } })).toMatch(/no tag/);
  });
});

it("max_age is read, and too short a one is refused", () => {
  const aged = (age: string): string => `services: { web: { image: a, x-instar: { max_age: ${age} } } }`;
  expect(load(aged("7d")).spec.services.web?.maxAgeMs).toBe(604_800_000);
  expect(refusal(() => load(aged("5s")))).toMatch(/^INS1035/);
});
