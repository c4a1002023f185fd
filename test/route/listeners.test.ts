import { expect, test } from "vitest";
import { listenersOf, overlap } from "../../src/route/listeners.ts";
import { hostEntries } from "../../src/route/maps.ts";
import { DB, EMPTY, listener, SETTINGS, WEB } from "./tables.ts";

const domain = { host: "a.test", path: null, backend: WEB };

test.each<[string | null, string | null, boolean]>([
  [null, null, true],
  [null, "::1", true],
  ["10.0.0.1", null, true],
  ["10.0.0.1", "10.0.0.1", true],
  ["10.0.0.1", "10.0.0.2", false],
  ["0.0.0.0", "10.0.0.1", true],
  ["fd00::1", "::", true],
  ["::", "10.0.0.1", false],
])("%s and %s at one port", (a, b, refused) => {
  expect(overlap(a, b)).toBe(refused);
});

test("a port claimed twice tells by whom; a TCP port is not the domains' own", () => {
  const table = { ...EMPTY, listeners: [listener(80, DB, { mode: "tcp" })], domains: [domain] };
  expect(() => listenersOf(table, SETTINGS)).toThrow(
    expect.objectContaining({ code: "INS1009", message: expect.stringContaining(`by ${DB} and by the domains`) }),
  );
});

test("a domain said twice alike is one", () => {
  expect([...hostEntries({ ...EMPTY, domains: [domain, domain] })]).toEqual([["a.test/", WEB]]);
});
