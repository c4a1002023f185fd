import { describe, expect, it } from "vitest";
import { contextFault, peersIn } from "../../src/spec/context.ts";
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

it("max_age is read, and too short a one is refused", () => {
  const aged = (age: string): string => `services: { web: { image: a, x-instar: { max_age: ${age} } } }`;
  expect(load(aged("7d")).spec.services.web?.maxAgeMs).toBe(604_800_000);
  expect(refusal(() => load(aged("5s")))).toMatch(/^INS1035/);
});
