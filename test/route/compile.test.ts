import { expect, test } from "vitest";
import { compile, markOf } from "../../src/route/compile.ts";
import type { RouteTable } from "../../src/route/types.ts";
import { backend, DB, EMPTY, everything, listener, part, SETTINGS, server, shop, WEB } from "./tables.ts";

const golden = (name: string): string => `../golden/route/${name}`;
const files = (table: RouteTable, settings = SETTINGS): string => {
  const { config, maps } = compile(table, settings);
  return `${config}${Object.entries(maps)
    .map(([name, text]) => `# ${name}.map\n${text}`)
    .join("")}`;
};

test.each([
  ["empty", EMPTY, SETTINGS],
  ["shop", shop(), SETTINGS],
  ["everything", everything, SETTINGS],
  ["ipv4-only", shop(), { ...SETTINGS, ipv6: false, runDir: "/router/g12", maxconn: 400 }],
] as const)("%s compiles to the golden file", async (name, table, settings) => {
  await expect(files(table, settings)).toMatchFileSnapshot(golden(`${name}.cfg`));
});

test("the Lua of the hold is the golden file", async () => {
  await expect(compile(EMPTY, SETTINGS).lua).toMatchFileSnapshot(golden("hold.lua"));
});

test("equal tables give equal bytes, whatever the order of their rows", () => {
  const turned: RouteTable = {
    ...everything,
    listeners: everything.listeners.toReversed(),
    domains: everything.domains.toReversed(),
    backends: everything.backends.toReversed().map((one) => ({ ...one, servers: one.servers.toReversed() })),
  };
  expect(files(turned)).toBe(files(everything));
});

test("a restart begins from the truth: drain sends nothing new, maint is disabled", () => {
  const { config } = compile(everything, SETTINGS);
  expect(config).toMatch(/server shop-web-r1-1-a1 10\.209\.0\.10:8080 .* weight 0$/m);
  expect(config).toMatch(/server shop-web-r1-2-a1 10\.209\.0\.11:8080 .* weight 7 disabled$/m);
  expect(config).toMatch(/server shop-web-r2-1-a1 10\.209\.0\.12:8080 .* weight 100$/m);
});

test("domains get their port even when no service publishes it, and only then", () => {
  const domains = [{ host: "shop.test", path: null, backend: WEB }];
  expect(compile(shop([], { domains }), SETTINGS).config).toContain("frontend fe:80 from http");
  expect(compile(shop([]), SETTINGS).config).not.toContain("frontend fe:80 ");
  const own = compile(shop([], { domains, listeners: [listener(80, WEB)] }), SETTINGS).config;
  expect(own.match(/frontend fe:80 /g)).toHaveLength(1);
});

test("a hold is written for HTTP backends that have one", () => {
  const both = [
    backend(WEB, [], { holdMs: 9_000, holdLimit: 20 }),
    backend(DB, [], { mode: "tcp", holdMs: 9_000 }),
    backend("be:shop:c:1"),
  ];
  expect(compile(shop([], { backends: both }), SETTINGS).maps.hold).toBe(`${WEB} 9000/20\n`);
});

test("the mark changes with listeners, backends and settings, not with servers and domains", () => {
  const mark = markOf(shop(), SETTINGS);
  expect(markOf(shop([server("another")], { domains: [] }), SETTINGS)).toBe(mark);
  expect(markOf(shop([], { listeners: [listener(8080, WEB)] }), SETTINGS)).not.toBe(mark);
  expect(markOf(shop([], { backends: [backend(WEB), backend(DB, [], { mode: "tcp", serverTimeoutMs: 5 })] }), SETTINGS)).not.toBe(mark);
  expect(markOf(shop(), { ...SETTINGS, maxconn: 9_501 })).not.toBe(mark);
});

test.each<[string, string, RouteTable]>([
  [
    "a port on every address of a family and on one of it",
    "INS1009",
    shop([], { listeners: [listener(81, WEB, { hostIp: "0.0.0.0" }), listener(81, WEB, { hostIp: "10.0.0.1" })] }),
  ],
  ["a port twice", "INS1009", shop([], { listeners: [listener(8080, WEB), listener(8080, WEB, { hostIp: "127.0.0.1" })] })],
  [
    "a domain twice",
    "INS1009",
    shop([], {
      domains: [
        { host: "a.test", path: "/x", backend: WEB },
        { host: "a.test", path: "/x/", backend: "be:shop:c:1" },
      ],
      backends: [backend(WEB), backend("be:shop:c:1"), backend(DB, [], { mode: "tcp" })],
    }),
  ],
  [
    "a shared domain that is one service's as well",
    "INS1009",
    shop([], {
      domains: [
        { host: "a.test", path: null, backend: WEB, parts: [part(WEB, 1), part("be:shop:c:1", 1)] },
        { host: "a.test", path: null, backend: WEB },
      ],
      backends: [backend(WEB), backend("be:shop:c:1"), backend(DB, [], { mode: "tcp" })],
    }),
  ],
  [
    "a shared domain of which one part is a TCP service",
    "INS1014",
    shop([], { domains: [{ host: "a.test", path: null, backend: WEB, parts: [part(WEB, 1), part(DB, 1)] }] }),
  ],
  ["a server twice in one backend", "INS1014", shop([server("a"), server("a")])],
  ["a backend twice", "INS1014", shop([], { backends: [backend(WEB), backend(WEB), backend(DB, [], { mode: "tcp" })] })],
  ["a port that leads nowhere", "INS1014", shop([], { listeners: [listener(1, "be:shop:none:1")] })],
  ["an HTTP port with a TCP service", "INS1014", shop([], { listeners: [listener(1, DB)] })],
  ["a domain of a TCP service", "INS1014", shop([], { domains: [{ host: "a.test", path: null, backend: DB }] })],
  ["a TCP port without a service", "INS1014", shop([], { listeners: [listener(1, null, { mode: "tcp" })] })],
])("%s is refused with %s", (_what, code, table) => {
  expect(() => compile(table, SETTINGS)).toThrow(expect.objectContaining({ code }));
});

test("the same port may be bound on every address of one family and on one of the other", () => {
  const listeners = [listener(81, WEB, { hostIp: "0.0.0.0" }), listener(81, WEB, { hostIp: "::1" })];
  expect(compile(shop([], { listeners }), SETTINGS).config).toContain("bind [::1]:81 v6only");
});

test("the same port may be bound on two addresses", () => {
  const listeners = [
    listener(8080, WEB, { hostIp: "127.0.0.1" }),
    listener(8080, WEB, { hostIp: "10.0.0.1" }),
    listener(8080, WEB, { hostIp: "::1" }),
  ];
  const { config } = compile(shop([], { listeners }), SETTINGS);
  expect(config.match(/^ {2}bind .*8080.*$/gm)).toEqual(["  bind 10.0.0.1:8080", "  bind 127.0.0.1:8080", "  bind [::1]:8080 v6only"]);
});
