import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { compile } from "../../src/route/compile.ts";
import { difference } from "../../src/route/difference.ts";
import { backendName, isIpv6, safeAddress, safeBackend, safeDirectory, safeHost, safePath } from "../../src/route/names.ts";
import { countEntries, previewEntries } from "../../src/route/pins.ts";
import type { RouteTable } from "../../src/route/types.ts";
import { runs } from "../seed.ts";
import { backend, EMPTY, listener, SETTINGS, server, WEB } from "./tables.ts";

/** What ends a directive, a map entry or a command somewhere, often enough to be tried. */
const nasty = fc.constantFrom(
  "\n",
  "\r",
  " ",
  "\t",
  '"',
  "'",
  "#",
  "\\",
  "%",
  ";",
  "{",
  "}",
  "\0",
  "$",
  "\u2028",
  "é",
  "${X}",
  "\n  bind :1",
  " weight 0",
  "; shutdown",
  "%[src]",
);
const text = fc.oneof(
  fc
    .array(
      fc.oneof({ weight: 3, arbitrary: fc.constantFrom("a", "b", "-", ".", "_", "0", "/", ":", "*") }, { weight: 1, arbitrary: nasty }),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const wild = fc.record({
  stack: fc.oneof({ weight: 6, arbitrary: fc.constant("shop") }, text),
  service: fc.oneof({ weight: 6, arbitrary: fc.constant("web") }, text),
  name: fc.oneof({ weight: 6, arbitrary: fc.constant("shop-web-r1-1-a1") }, text),
  address: fc.oneof({ weight: 6, arbitrary: fc.constant("10.0.0.1") }, fc.ipV4(), fc.ipV6(), text),
  hostIp: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, fc.ipV4(), text),
  host: fc.oneof({ weight: 6, arbitrary: fc.constant("shop.test") }, fc.domain(), text),
  path: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    text.map((tail) => `/${tail}`),
    text,
  ),
});
type Wild = typeof wild extends fc.Arbitrary<infer T> ? T : never;

const tableOf = (said: Wild): RouteTable => {
  const name = `be:${said.stack}:${said.service}:80`;
  return {
    listeners: [listener(8080, name, { hostIp: said.hostIp })],
    domains: [{ host: said.host, path: said.path, backend: name }],
    backends: [{ ...backend(name, [server(said.name, { address: said.address })]), stack: said.stack, service: said.service }],
  };
};

/** One `bind` line for every listener, whatever its address. */
const ONE_FAMILY = { ...SETTINGS, ipv6: false };

/** The first word of every line: what a configuration can say at all, without what it says it about. */
const shape = (config: string): readonly string[] => config.split("\n").map((line) => /^ *\S*/.exec(line)?.[0] ?? "");
const attempt = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof InstarError && (cause.code === "INS1014" || cause.code === "INS1009")) return null;
    throw cause;
  }
};

describe("no text from outside becomes a directive", () => {
  test("every table has the shape of the plain one, or is refused", () => {
    const plain = compile(
      tableOf({ stack: "shop", service: "web", name: "a", address: "10.0.0.1", hostIp: null, host: "a.test", path: null }),
      ONE_FAMILY,
    );
    let compiled = 0;
    fc.assert(
      fc.property(wild, (said) => {
        const files = attempt(() => compile(tableOf(said), ONE_FAMILY));
        if (files === null) return;
        compiled++;
        expect(shape(files.config).toSorted()).toEqual(shape(plain.config).toSorted());
        // One entry of two words, and nothing that would be a comment.
        expect(files.maps.hosts).toMatch(/^[^\s#][^\s]* [^\s]+\n$/);
        expect(`${files.config}${files.maps.hosts}`).not.toMatch(/[^\x20-\x7e\n]/);
      }),
      { numRuns: runs(3_000) },
    );
    // The property is about tables that get through: enough of them must.
    expect(compiled).toBeGreaterThan(50);
  });

  test("every run-time command is one command", () => {
    fc.assert(
      fc.property(wild, (said) => {
        const table = tableOf(said);
        const bare = { ...table, domains: [], backends: table.backends.map((one) => ({ ...one, servers: [] })) };
        const served = { ...bare, listeners: [...bare.listeners, listener(80, null)] };
        const commands = attempt(() => difference(served, { ...table, listeners: served.listeners }, SETTINGS).commands) ?? [];
        for (const command of commands) {
          expect(command.text).toMatch(/^(add server|enable health|enable server|add map|set server) [\x21-\x7e]+( [\x21-\x7e]+)*$/);
          expect(command.text).not.toMatch(/[;\\"'#%<]/);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  test.each(["a\nb", "a b", 'a"b', "a'b", "a#b", "a\\b", "a%b", "a;b", "", " ", "a\n", "é", "a/b", "a:b", "A"])(
    "%j is no stack, no service",
    (bad) => {
      expect(() => backendName(bad, "web", 80)).toThrow(expect.objectContaining({ code: "INS1014" }));
      expect(() => backendName("shop", bad, 80)).toThrow(expect.objectContaining({ code: "INS1014" }));
    },
  );

  test.each(["/a b", "/a\n", "a", "/%41", "/a;b", '/"', "/a#b", "/a\\b", "/é", `/${"a".repeat(600)}`])("%j is no path", (bad) => {
    expect(() => safePath(bad)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test.each([
    "a..b",
    ".a",
    "a.",
    "-a",
    "a-",
    "*",
    "*.",
    "a.*.b",
    "**.a",
    "A.test",
    "a b",
    "a\n",
    `${"a".repeat(64)}.test`,
    `${"a.".repeat(127)}aa`,
    "a:80",
    "a/b",
  ])("%j is no host", (bad) => {
    expect(() => safeHost(bad)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test.each(["", "web", "xbe:a:b:80", "be:a:b:80x", "be:a:b:80\n"])("%j is no backend", (bad) => {
    expect(() => safeBackend(bad)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test.each(["", "/", "a", "x/a", "/a b", "/a\n", "/.."])("%j is no directory", (bad) => {
    expect(() => safeDirectory(bad)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test.each([`x${WEB}`, `${WEB}/2;x`, `${WEB}/2 `, `${WEB}~a b`, `${WEB}!often`, WEB.toUpperCase()])("%j is no key of a pin", (bad) => {
    const pins = { counts: { [bad]: 1 }, picks: {}, previews: {} };
    expect(() => countEntries({ ...EMPTY, pins })).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test.each(["", "x", "x2", "2x", "2\n"])("%j is no revision", (bad) => {
    const pins = { counts: {}, picks: {}, previews: { "a.test": bad } };
    expect(() => previewEntries({ ...EMPTY, pins })).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test("of what is refused 80 characters are told", () => {
    expect(() => safeHost("A".repeat(100))).toThrow(`"${"A".repeat(80)}"`);
  });

  test.each([
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1.",
    "10.0.0.1 x",
    "::g",
    ":::",
    "1::2::3",
    "localhost",
    "10.0.0.1\n",
    "",
    "x10.0.0.1",
    "10.0.0.1.5",
    "g::1",
  ])("%j is no address", (bad) => {
    expect(() => safeAddress(bad)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });

  test("what is plain gets through", () => {
    expect(backendName("shop", "web-2.a_b", 8080)).toBe("be:shop:web-2.a_b:8080");
    expect(["/", "/a/", "/a//", "/a-b_c.d~e/@x:y=1+2,3"].map(safePath)).toEqual([null, "/a", "/a", "/a-b_c.d~e/@x:y=1+2,3"]);
    expect(["shop.test", "*.a-b.test", "xn--bcher-kva.example", "localhost", "_x.test", "1.2"].map(safeHost)).toHaveLength(6);
    expect(safeHost(`${"a.".repeat(126)}a`)).toHaveLength(253);
    const keys = [WEB, `${WEB}/12/34`, `${WEB}~r12/34`, `${WEB}!never/0`, `${WEB}~shop-web-r1-1-a1`];
    const pins = { counts: Object.fromEntries(keys.map((key) => [key, 1])), picks: {}, previews: { "a.test": "12" } };
    expect([...countEntries({ ...EMPTY, pins }).keys()]).toEqual(keys);
    expect([...previewEntries({ ...EMPTY, pins })]).toEqual([["a.test", "12"]]);
    fc.assert(fc.property(fc.ipV4(), (address) => safeAddress(address) === address));
    fc.assert(fc.property(fc.ipV6(), (address) => (isIpv6(address) || address.includes(".")) === true));
  });

  test.each<Partial<RouteTable>>([
    { listeners: [listener(0, null)] },
    { listeners: [listener(65_536, null)] },
    { listeners: [listener(80.5, null)] },
    { backends: [backend("be:a:b:1", [server("a", { weight: 257 })])] },
    { backends: [backend("be:a:b:1", [server("a", { weight: -1 })])] },
    { backends: [backend("be:a:b:1", [], { serverTimeoutMs: Number.NaN })] },
    { backends: [backend("be:a:b:1", [], { holdMs: 1e12 })] },
    { backends: [backend("web")] },
    { backends: [backend("be:a:b:1", [], { stack: 'a"\n  bind :1' })] },
    { backends: [backend("be:a:b:1", [], { service: "b c" })] },
  ])("numbers and names out of range are refused: %j", (part) => {
    expect(() => compile({ ...EMPTY, ...part }, SETTINGS)).toThrow(expect.objectContaining({ code: "INS1014" }));
  });
});
