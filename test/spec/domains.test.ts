import { expect, test } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import { diffSpecs } from "../../src/spec/diff.ts";
import { load, refusal, service } from "./reading.ts";

const file = (...domains: readonly string[]): string =>
  `services:\n${domains.map((one, index) => `  s${index}: {image: a, expose: [80], x-instar: {domains: [${one}]}}`).join("\n")}`;
const weighed = (weight: number | string, domain = "a.b"): string => `{domain: ${domain}, weight: ${weight}}`;
const notes = (text: string): readonly string[] =>
  load(text)
    .notices.filter(({ code }) => code === "shares")
    .map(({ message }) => message);

test("a domain may have a weight", () => {
  expect(service(`expose: [80]\nx-instar: {domains: [{domain: Shop.Example/api/, weight: 90}, {domain: a.b}, c.d]}`).domains).toEqual([
    { host: "a.b", path: null },
    { host: "c.d", path: null },
    { host: "shop.example", path: "/api", weight: 90 },
  ]);
});

test("services that each say their weight share a domain, and a notice says who gets how much", () => {
  const text = file(weighed(90), weighed(10), "c.d");
  expect(notes(text)).toEqual([
    "services.s0: the requests of a.b go to s0 90 %, s1 10 %; while one of them has no ready instance the others get its share",
  ]);
  expect(() => checkStack(load(text).spec)).not.toThrow();
  expect(notes(file(weighed(1), weighed(1), weighed(1)))[0]).toContain("s0 33.33 %, s1 33.33 %, s2 33.33 %");
});

test("a weight beside which there is no other is remarked on", () => {
  expect(notes(file(weighed(5)))).toEqual(["services.s0: a.b is shared with no other service: s0 gets every request, whatever the weight"]);
  expect(notes(file("a.b"))).toEqual([]);
});

test.each([
  ["one of two without a weight", file(weighed(90), "a.b"), "INS1190 3:53 services.s1: the domain a.b is already claimed by s0"],
  ["the other of two without one", file("a.b", weighed(90)), "INS1190"],
  ["none with a weight", file("a.b", "a.b"), "INS1009"],
  ["the third without one", file(weighed(1), weighed(1), "a.b"), "INS1190"],
  ["a weight of 0", file(weighed(0)), "INS1004"],
  ["a weight above 10,000", file(weighed(10_001)), "INS1004"],
  ["half a weight", file(weighed(0.5)), "INS1004"],
  ["a percentage", file(weighed("90%")), "INS1004"],
  ["a weight without a domain", file("{weight: 1}"), "INS1004 2:53"],
  ["another key", file("{domain: a.b, wait: 1}"), "INS1003"],
  ["21 services", file(...Array.from({ length: 21 }, () => weighed(1))), "INS1191"],
])("%s: %s", (_what, text, said) => {
  expect(refusal(() => load(text))).toContain(said);
});

test("the refusal of two claims says how they could share", () => {
  expect(() => load(file("a.b", "a.b"))).toThrow(
    expect.objectContaining({ hint: "give each its own, or a weight to both: domains: [{ domain: a.b, weight: 90 }]" }),
  );
});

test("20 services can share a domain", () => {
  expect(Object.keys(load(file(...Array.from({ length: 20 }, () => weighed(1)))).spec.services)).toHaveLength(20);
});

test("what comes over the wire is held to the same", () => {
  const spec = (...domains: readonly object[]) => {
    const { spec } = load(file(weighed(90), weighed(10)));
    const changed = structuredClone(spec) as unknown as { services: Record<string, { domains: object[] }> };
    for (const [index, domain] of domains.entries()) {
      const one = changed.services[`s${index}`];
      if (one !== undefined) one.domains = [{ host: "a.b", path: null, ...domain }];
    }
    return changed as unknown as typeof spec;
  };
  expect(refusal(() => checkStack(spec({ weight: 0 })))).toContain("INS1004");
  expect(refusal(() => checkStack(spec({ weight: 1.5 })))).toContain("INS1004");
  expect(refusal(() => checkStack(spec({})))).toContain("INS1190");
  expect(refusal(() => checkStack(spec({}, {})))).toContain("INS1009");
  expect(refusal(() => checkStack(spec({ weight: 1 }, { weight: 1 })))).toBe("accepted");
});

test("a later entry for the same domain takes the earlier's place, whatever its spelling", () => {
  const twice = `expose: [80]\nx-instar: {domains: [${weighed(90, "a.b/x")}, A.B/x/]}`;
  expect(service(twice).domains).toEqual([{ host: "a.b", path: "/x" }]);
});

test("another weight is a change of the routing alone", () => {
  const of = (weight: number) => service(`expose: [80]\nx-instar: {domains: [${weighed(weight)}]}`);
  expect(diffSpecs(of(90), of(80))).toEqual([
    { path: "domains.a.b", before: "routed, weight 90", after: "routed, weight 80", replaces: false },
  ]);
});
