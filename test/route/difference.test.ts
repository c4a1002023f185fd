import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { difference, skeleton } from "../../src/route/difference.ts";
import type { RouteTable, Server, ServerState } from "../../src/route/types.ts";
import { runs } from "../seed.ts";
import { backend, DB, EMPTY, listener, SETTINGS, server, shop, WEB } from "./tables.ts";

const texts = (from: RouteTable, to: RouteTable): readonly string[] => difference(from, to, SETTINGS).commands.map(({ text }) => text);
const OPTIONS =
  "check inter 500ms fastinter 200ms downinter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down pool-purge-delay 1s pool-conn-name var(txn.fresh)";
const at = (name: string): string => `${WEB}/${name}`;

describe("servers move at run time", () => {
  test("equal tables: nothing to do", () => {
    expect(difference(shop(), shop(), SETTINGS)).toEqual({ structural: false, commands: [], reachable: shop() });
  });

  test("one that comes is added, checked, enabled", () => {
    expect(texts(shop([]), shop([server("a", { weight: 7 })]))).toEqual([
      `add server ${at("a")} 10.209.0.10:8080 ${OPTIONS} weight 7`,
      `enable health ${at("a")}`,
      `enable server ${at("a")}`,
    ]);
  });

  test("one that comes drained or in maintenance takes nothing", () => {
    expect(texts(shop([]), shop([server("a", { state: "drain" })]))[2]).toBe(`set server ${at("a")} state drain`);
    expect(texts(shop([]), shop([server("a", { state: "maint" })]))).toHaveLength(2);
  });

  test("one that goes is in maintenance everywhere first", () => {
    expect(difference(shop([server("a")]), shop([]), SETTINGS).commands).toEqual([
      { text: `set server ${at("a")} state maint`, workers: "every", about: at("a"), kind: "change" },
      { text: `del server ${at("a")}`, workers: "current", about: at("a"), kind: "remove" },
    ]);
  });

  test("a drain goes to every worker", () => {
    const { commands } = difference(shop([server("a")]), shop([server("a", { state: "drain" })]), SETTINGS);
    expect(commands).toEqual([{ text: `set server ${at("a")} state drain`, workers: "every", about: at("a"), kind: "change" }]);
  });

  test.each<ServerState>(["drain", "maint"])("one that comes back from %s says its weight again", (state) => {
    expect(texts(shop([server("a", { state })]), shop([server("a")]))).toEqual([
      `set server ${at("a")} weight 100`,
      `set server ${at("a")} state ready`,
    ]);
  });

  test("a weight matters while the server is ready only", () => {
    expect(texts(shop([server("a")]), shop([server("a", { weight: 0 })]))).toEqual([`set server ${at("a")} weight 0`]);
    expect(texts(shop([server("a", { state: "drain" })]), shop([server("a", { state: "drain", weight: 3 })]))).toEqual([]);
  });

  test("a new address", () => {
    expect(texts(shop([server("a")]), shop([server("a", { address: "10.0.0.9", port: 81 })]))).toEqual([
      `set server ${at("a")} addr 10.0.0.9 port 81`,
    ]);
  });

  test("what comes is there before what leaves goes", () => {
    const commands = texts(shop([server("old"), server("older")]), shop([server("new"), server("old", { state: "drain" })]));
    expect(commands.map((text) => text.split(" ").slice(0, 2).join(" "))).toEqual([
      "add server",
      "enable health",
      "enable server",
      "set server",
      "set server",
      "del server",
    ]);
    expect(commands[3]).toBe(`set server ${at("old")} state drain`);
  });
});

describe("in which order, and to whom", () => {
  test("what comes is added before what stays is drained, wherever it stands", () => {
    const commands = texts(shop([server("old")]), shop([server("old", { state: "drain" }), server("new")]));
    expect(commands.map((text) => text.split(" ").slice(0, 2).join(" "))).toEqual([
      "add server",
      "enable health",
      "enable server",
      "set server",
    ]);
  });

  test("one that comes back with another weight says it once, to the worker that takes new connections", () => {
    const { commands } = difference(shop([server("a", { state: "drain" })]), shop([server("a", { weight: 50 })]), SETTINGS);
    expect(commands.map(({ text, workers }) => [text, workers])).toEqual([
      [`set server ${at("a")} weight 50`, "current"],
      [`set server ${at("a")} state ready`, "current"],
    ]);
  });

  test("the weight that grows most is first, and a line holds 64 of them", () => {
    const two = (one: number, other: number) => shop([server("one", { weight: one }), server("other", { weight: other })]);
    expect(texts(two(0, 200), two(100, 210))).toEqual([`set server ${at("one")} weight 100; set server ${at("other")} weight 210`]);
    const many = (weight: number) => shop(Array.from({ length: 65 }, (_, nth) => server(`s${nth}`, { weight })));
    const lines = difference(many(1), many(2), SETTINGS).commands;
    expect(lines.map(({ text }) => text.split("; ").length)).toEqual([64, 1]);
    expect(lines[1]?.about).toBe(at("s64"));
  });
});

describe("maps move at run time", () => {
  const both = (domains: RouteTable["domains"]): RouteTable => shop([], { domains, listeners: [listener(80, WEB)] });
  const one = { host: "a.test", path: null, backend: WEB };

  test("domains come, change and go", () => {
    const two = backend("be:shop:two:80");
    const more = (domains: RouteTable["domains"]): RouteTable => ({ ...both(domains), backends: [...both([]).backends, two] });
    expect(texts(both([]), both([one]))).toEqual([`add map /router/g1/hosts.map a.test/ ${WEB}`]);
    expect(texts(more([one]), more([{ ...one, backend: two.name }]))).toEqual([`set map /router/g1/hosts.map a.test/ ${two.name}`]);
    expect(texts(both([one, { ...one, path: "/x" }]), both([one]))).toEqual(["del map /router/g1/hosts.map a.test/x/"]);
  });

  test("a hold comes, changes and goes", () => {
    const held = (holdMs: number): RouteTable =>
      shop([], { backends: [backend(WEB, [], { holdMs, holdLimit: 5 }), backend(DB, [], { mode: "tcp" })] });
    expect(texts(held(0), held(100))).toEqual([`add map /router/g1/hold.map ${WEB} 100/5`]);
    expect(texts(held(100), held(200))).toEqual([`set map /router/g1/hold.map ${WEB} 200/5`]);
    expect(texts(held(200), held(0))).toEqual([`del map /router/g1/hold.map ${WEB}`]);
  });
});

describe("listeners and backends need a reload", () => {
  const other = backend("be:shop:other:80", [server("o")]);
  const structural = (to: RouteTable, from = shop()): boolean => difference(from, to, SETTINGS).structural;

  test("each of them, and nothing else", () => {
    expect(structural(shop([], { listeners: [] }))).toBe(true);
    expect(structural(shop(undefined, { backends: [...shop().backends, other] }))).toBe(true);
    expect(structural(shop(undefined, { backends: shop().backends.map((one) => ({ ...one, serverTimeoutMs: 1 })) }))).toBe(true);
    expect(structural(shop(undefined, { backends: shop().backends.map((one) => ({ ...one, balance: "leastconn" as const })) }))).toBe(true);
    expect(structural(shop(undefined, { domains: [{ host: "first.test", path: null, backend: WEB }] }))).toBe(true);
    expect(structural(shop([]))).toBe(false);
    expect(structural(shop(undefined, { backends: shop().backends.toReversed() }))).toBe(false);
  });

  test("meanwhile drains go through, and nothing leads to a backend that is not there", () => {
    const to = shop([server("web-1", { state: "drain" })], {
      backends: [...shop([server("web-1", { state: "drain" })]).backends, other],
      listeners: [listener(80, WEB), listener(8080, WEB)],
      domains: [{ host: "a.test", path: null, backend: other.name }],
    });
    const from = shop([server("web-1")], { listeners: [listener(80, WEB)], domains: [{ host: "a.test", path: null, backend: WEB }] });
    const { commands, reachable } = difference(from, to, SETTINGS);
    expect(commands.map(({ text }) => text)).toEqual([`set server ${at("web-1")} state drain`]);
    expect(reachable.domains).toEqual(from.domains);
    expect(reachable.listeners).toEqual(from.listeners);
  });

  test("the first domain comes with the listener it needs", () => {
    const { commands, reachable } = difference(
      shop(),
      shop(undefined, { domains: [{ host: "a.test", path: null, backend: WEB }] }),
      SETTINGS,
    );
    expect(commands).toEqual([]);
    expect(reachable.domains).toEqual([]);
  });

  test("a domain does not lead to a backend that is TCP until the reload, and its servers stay", () => {
    const table = (mode: "http" | "tcp", name: string, domains: RouteTable["domains"]): RouteTable =>
      shop([], { listeners: [listener(80, null)], backends: [backend(WEB, [server(name)], { mode })], domains });
    const to = table("http", "new", [{ host: "a.test", path: null, backend: WEB }]);
    expect(difference(table("tcp", "old", []), to, SETTINGS)).toMatchObject({ structural: true, commands: [] });
  });

  test("of the domains there are, only the one whose new backend is awaited goes on as it is", () => {
    const domain = (host: string, path: string | null, name: string) => ({ host, path, backend: name });
    const listeners = [listener(80, null)];
    const first = domain("a.test", null, WEB);
    const from = shop([], { listeners, domains: [first, domain("a.test", "/x", WEB), domain("b.test", null, WEB)] });
    const to = shop([], { listeners, domains: [domain("a.test", null, other.name)], backends: [...from.backends, other] });
    expect(difference(from, to, SETTINGS).reachable.domains).toEqual([first]);
  });

  test("a backend whose protocol changes keeps its servers until the reload", () => {
    const to = shop(undefined, {
      backends: shop([server("new")]).backends.map((one) => (one.name === WEB ? { ...one, protocol: "h2" as const } : one)),
    });
    expect(difference(shop(), to, SETTINGS)).toMatchObject({ structural: true, commands: [] });
  });
});

describe("a server is spoken to as it says, else as its backend does", () => {
  const grpc = (...servers: readonly Server[]): RouteTable => shop([], { backends: [backend(WEB, servers, { protocol: "h2" })] });
  const rest = OPTIONS.replace(" pool-conn-name var(txn.fresh)", "");

  test("from the moment it is added", () => {
    const added = texts(grpc(), grpc(server("new"), server("old", { protocol: "h1" }), server("tls", { protocol: "https" })));
    expect(added.filter((text) => text.startsWith("add server"))).toEqual([
      `add server ${at("new")} 10.209.0.10:8080 ${rest} proto h2 weight 100`,
      `add server ${at("old")} 10.209.0.10:8080 ${OPTIONS} weight 100`,
      `add server ${at("tls")} 10.209.0.10:8080 ${OPTIONS} ssl verify none weight 100`,
    ]);
  });

  test.each([
    [grpc(server("a", { protocol: "h1" })), grpc(server("a"))],
    [grpc(server("a")), grpc(server("a", { protocol: "h1" }))],
  ])("one that is there changes by a reload, and by nothing before it", (from, to) => {
    const { structural, commands, reachable } = difference(from, to, SETTINGS);
    expect({ structural, commands, reachable }).toEqual({ structural: true, commands: [], reachable: from });
    expect(difference(to, to, SETTINGS).structural).toBe(false);
  });

  test("meanwhile what else is to happen to it happens", () => {
    const { commands } = difference(grpc(server("a", { protocol: "h1" })), grpc(server("a", { state: "drain" })), SETTINGS);
    expect(commands.map(({ text }) => text)).toEqual([`set server ${at("a")} state drain`]);
  });

  test("to say what the backend says anyway is no difference", () => {
    expect(difference(grpc(server("a")), grpc(server("a", { protocol: "h2" })), SETTINGS).structural).toBe(false);
  });
});

describe("on random worlds", () => {
  const states = fc.constantFrom<ServerState>("ready", "drain", "maint");
  const servers = fc.uniqueArray(
    fc.record(
      {
        name: fc.constantFrom("a", "b", "c", "d"),
        address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
        port: fc.constant(80),
        weight: fc.integer({ min: 0, max: 256 }),
        state: states,
        protocol: fc.constantFrom("h2", "https"),
      },
      { requiredKeys: ["name", "address", "port", "weight", "state"] },
    ),
    { selector: (one) => one.name },
  );
  const names = ["be:s:a:1", "be:s:b:1", "be:s:c:1"] as const;
  const tables: fc.Arbitrary<RouteTable> = fc
    .record({
      there: fc.subarray([...names]),
      servers: fc.tuple(servers, servers, servers),
      hold: fc.constantFrom(0, 100),
      domains: fc.subarray([
        ["x.test", 0],
        ["y.test", 1],
        ["*.y.test", 2],
      ] as const),
      port: fc.constantFrom(81, 82),
    })
    .map(({ there, servers: lists, hold, domains, port }) => ({
      listeners: [listener(80, null), ...(there[0] === undefined ? [] : [listener(port, there[0])])],
      domains: domains.flatMap(([host, index]) => (there.includes(names[index]) ? [{ host, path: null, backend: names[index] }] : [])),
      backends: names.flatMap((name, index) =>
        there.includes(name) ? [backend(name, lists[index] as readonly Server[], { holdMs: hold, holdLimit: 3 })] : [],
      ),
    }));

  test("the commands lead to what is reachable, and it is the goal unless a reload is due", () => {
    fc.assert(
      fc.property(tables, tables, (from, to) => {
        const { structural, reachable } = difference(from, to, SETTINGS);
        expect(difference(reachable, reachable, SETTINGS).commands).toEqual([]);
        expect(skeleton(reachable, SETTINGS)).toBe(skeleton(from, SETTINGS));
        if (!structural) expect(difference(reachable, to, SETTINGS).commands).toEqual([]);
        // A second pass finds nothing more that it could do without the reload.
        expect(difference(reachable, to, SETTINGS).commands).toEqual([]);
      }),
      { numRuns: runs(500) },
    );
  });

  test("a server that stays ready is never touched", () => {
    fc.assert(
      fc.property(servers, servers, (before, after) => {
        const stays = server("stays");
        const commands = difference(shop([...before, stays]), shop([stays, ...after]), SETTINGS).commands;
        expect(commands.filter(({ about }) => about === at("stays"))).toEqual([]);
      }),
    );
  });

  test("from nothing, every server is added once", () => {
    fc.assert(
      fc.property(servers, (list) => {
        const added = texts(shop([]), shop(list)).filter((text) => text.startsWith("add server"));
        expect(added).toHaveLength(list.length);
      }),
    );
    expect(difference(EMPTY, EMPTY, SETTINGS).structural).toBe(false);
  });
});

test("weights are one line, those that grow first", () => {
  const to = shop([server("web-1", { weight: 0 }), server("web-2", { weight: 200 })]);
  const texts = difference(shop(), to, SETTINGS).commands.map(({ text }) => text);
  expect(texts).toEqual([`set server ${WEB}/web-2 weight 200; set server ${WEB}/web-1 weight 0`]);
});

test("no pin names a server that is not there yet, or counts one that goes", () => {
  const pins = (names: readonly string[]) => ({
    counts: { [WEB]: 1, [`${WEB}/2`]: names.length },
    picks: Object.fromEntries(names.map((name, nth) => [`${WEB}/2/${nth}`, name])),
    previews: {},
  });
  const one = shop([server("web-1")], { pins: pins(["web-1"]) });
  const two = shop([server("web-1"), server("web-2")], { pins: pins(["web-1", "web-2"]) });
  const kinds = (from: RouteTable, to: RouteTable) =>
    difference(from, to, SETTINGS).commands.map(({ text }) => text.split(" ").slice(0, 3).join(" "));
  expect(kinds(one, two)).toEqual([
    `add server ${WEB}/web-2`,
    `enable health ${WEB}/web-2`,
    `enable server ${WEB}/web-2`,
    "add map /router/g1/picks.map",
    "set map /router/g1/counts.map",
  ]);
  expect(kinds(two, one)).toEqual([
    "set map /router/g1/counts.map",
    "del map /router/g1/picks.map",
    `set server ${WEB}/web-2`,
    `del server ${WEB}/web-2`,
  ]);
});

test("fewer are counted before a name changes", () => {
  const pinned = (names: readonly string[]) => {
    const picks = Object.fromEntries(names.map((name, nth) => [`${WEB}/2/${nth}`, name]));
    return shop(undefined, { pins: { counts: { [`${WEB}/2`]: names.length }, picks, previews: {} } });
  };
  const kinds = texts(pinned(["web-1", "web-2"]), pinned(["web-2"])).map((text) => text.split(" ").slice(0, 3).join(" "));
  expect(kinds).toEqual(["set map /router/g1/counts.map", "set map /router/g1/picks.map", "del map /router/g1/picks.map"]);
});
