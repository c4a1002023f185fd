import fc from "fast-check";
import { expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { difference } from "../../src/route/difference.ts";
import { partsIn, partsText } from "../../src/route/parts.ts";
import type { DomainPart, RouteTable } from "../../src/route/types.ts";
import { backend, listener, part, SETTINGS, shop, WEB } from "./tables.ts";

const NEXT = "be:shop:next:3000";
const parts = fc.uniqueArray(
  fc.record<DomainPart>({
    backend: fc.integer({ min: 1, max: 65_535 }).map((port) => `be:shop:web:${port}`),
    weight: fc.integer({ min: 1, max: 10_000 }),
    holds: fc.boolean(),
    sticky: fc.constantFrom(null, "SRV", "a-b_c"),
    revisions: fc.array(fc.integer({ min: 1, max: 999_999_999 }), { maxLength: 4 }),
  }),
  { selector: (one) => one.backend, minLength: 2, maxLength: 20 },
);

test("what a worker holds of a shared domain is read back as it was written, in one word of a command", () => {
  fc.assert(
    fc.property(parts, (some) => {
      const written = partsText(some);
      expect(written).toMatch(/^[A-Za-z0-9:/,+_.-]+$/);
      expect(partsIn(written)).toEqual(some.toSorted((a, b) => (a.backend < b.backend ? -1 : 1)));
      expect(partsText(some.toReversed())).toBe(written);
    }),
  );
  expect(partsIn(WEB)).toBeNull();
});

test.each<[string, readonly DomainPart[]]>([
  ["one part alone", [part(WEB, 1)]],
  ["a weight of 0", [part(WEB, 0), part(NEXT, 1)]],
  ["a weight above 10,000", [part(WEB, 10_001), part(NEXT, 1)]],
  ["half a weight", [part(WEB, 0.5), part(NEXT, 1)]],
  ["no backend", [part("web", 1), part(NEXT, 1)]],
  ["a cookie that ends the word", [part(WEB, 1, { sticky: "a b" }), part(NEXT, 1)]],
  ["a cookie that ends the part", [part(WEB, 1, { sticky: "a,b" }), part(NEXT, 1)]],
  ["half a revision", [part(WEB, 1, { revisions: [1.5] }), part(NEXT, 1)]],
])("%s is refused", (_what, some) => {
  expect(() => partsText(some)).toThrow(InstarError);
});

const shared = (weight: number, more: Partial<RouteTable> = {}): RouteTable =>
  shop([], {
    listeners: [listener(80, WEB)],
    domains: [{ host: "shop.test", path: null, backend: NEXT, parts: [part(NEXT, weight), part(WEB, 90)] }],
    backends: [backend(WEB), backend(NEXT)],
    ...more,
  });

test("other weights are one command at run time", () => {
  const { structural, commands, reachable } = difference(shared(10), shared(20), SETTINGS);
  expect(structural).toBe(false);
  expect(commands.map(({ text }) => text)).toEqual([
    "set map /router/g1/hosts.map shop.test/ be:shop:next:3000/20/0/-/-,be:shop:web:8080/90/0/-/-",
  ]);
  expect(reachable).toEqual(shared(20));
});

test("until the reload that brings the second service, the first has the domain alone", () => {
  const alone = { domains: [{ host: "shop.test", path: null, backend: WEB }], backends: [backend(WEB)] };
  const { structural, commands, reachable } = difference(shared(10, alone), shared(10), SETTINGS);
  expect(structural).toBe(true);
  expect(commands).toEqual([]);
  expect(reachable.domains).toEqual(alone.domains);
});
