import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RouteTable } from "../../src/route/types.ts";
import type { MountSpec } from "../../src/spec/types.ts";
import { House, stack, WEB } from "./house.ts";
import { applied, leads } from "./tables.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const names = async (): Promise<string[]> => (await house.daemon.control.services()).map(({ service }) => service).sort();
const events = async (kind: string): Promise<string[]> =>
  (await house.daemon.control.events({ limit: 1000 })).filter((one) => one.kind === kind).map(({ message }) => message);
const bare = { ports: WEB.ports.map((port) => ({ ...port, published: null })) };

describe("a service under another name", () => {
  it.each([
    ["a host port", {}, { site: {} }, "the port 8080/tcp of site belongs to web"],
    [
      "a domain",
      { ports: [], expose: [8080], domainPort: 8080, domains: [{ host: "shop.example", path: null, weight: 50 }] },
      { site: { ports: [], expose: [8080], domainPort: 8080, domains: [{ host: "shop.example", path: null, weight: 50 }] } },
      "the domain shop.example of site belongs to web",
    ],
    ["a host port that was given to a bare one", bare, { site: { ports: [{ ...WEB.ports[0], published: 20_000 }] } }, "20000/tcp of site"],
  ])("is refused without --prune where it wants %s of the old one: nothing changes", async (_, web, file, words) => {
    await house.upToTheEnd({ web } as never);
    const refused = {
      code: "INS1009",
      message: expect.stringContaining(words),
      hint: expect.stringContaining("--prune removes web once site"),
    };
    await expect(house.up(file as never)).rejects.toMatchObject(refused);
    await expect(house.plan(file as never)).rejects.toMatchObject(refused);
    expect(await names()).toEqual(["web"]);
  });

  it.each(["site", "zoo"])(
    "with --prune %s takes its port over before it has succeeded: somebody is ready behind it all the time",
    async (name) => {
      await house.upToTheEnd({ web: {} });
      expect((await house.plan({ [name]: {} }, { prune: true })).notices).toContainEqual({
        ...{ code: "hands-over", message: `web serves until ${name} has succeeded, and goes then`, at: null },
      });
      const tables = applied(house);
      const [heir] = await house.upToTheEnd({ [name]: {} }, { prune: true });
      expect(heir).toMatchObject({ service: name, outcome: "succeeded" });
      await house.until(async () => (await house.engine.instances()).every(({ service }) => service === name));
      await house.until(async () => (await names()).join() === name);
      for (const table of tables) expect(leads(table)[8080]).not.toEqual([]);
      expect(tables.map((table) => leads(table)[8080]?.[0]?.slice(0, 10))).toEqual(
        expect.arrayContaining(["shop-web-r", `shop-${name}-r`.slice(0, 10)]),
      );
      expect(leads(house.router.control.table())[8080]).toEqual([`shop-${name}-r1-1-a1:8080`, `shop-${name}-r1-2-a1:8080`]);
      expect(await events("group.started")).toEqual([expect.stringMatching(`web goes once ${name} has succeeded$`)]);
    },
  );

  it("has the port before the old one drains, however slow the router is and whoever looks meanwhile", async () => {
    await house.upToTheEnd({ web: {} });
    const { instances, control } = house.engine;
    const old = "shop-web-r1-1-a1";
    // The rows have changed hands, the router's table waits for this answer, and an event has the old one looked at.
    house.engine.instances = async (...asked) => {
      if (asked[1] === "all" && control.hasContainer(old)) control.touch(old, "rename");
      if (asked[1] === "all") await new Promise((resolve) => setTimeout(resolve, 100));
      return instances(...asked);
    };
    const tables = applied(house);
    await house.upToTheEnd({ site: {} }, { prune: true });
    await house.until(async () => (await names()).join() === "site");
    for (const table of tables) expect(leads(table)[8080]).not.toEqual([]);
  });

  it("that fails changes nothing: the old one stays and serves", async () => {
    await house.upToTheEnd({ web: {} });
    const tables = applied(house);
    const [site] = await house.upToTheEnd({ site: { image: "shop/web:bad" } }, { prune: true });
    expect(site?.outcome).toBe("failed");
    const serving = ["shop-web-r1-1-a1:8080", "shop-web-r1-2-a1:8080"];
    for (const table of tables) expect(leads(table)[8080]).toEqual(serving);
    expect(await house.serving()).toHaveLength(2);
    const [again] = await house.upToTheEnd({ site: {} }, { prune: true });
    expect(again?.outcome).toBe("succeeded");
    await house.until(async () => (await names()).join() === "site");
    expect(leads(house.router.control.table())[8080]).toHaveLength(2);
  });

  it.each([
    ["of mode host", { mode: "host" }],
    ["of UDP", { protocol: "udp" }],
  ] as const)("with a port %s, which its instances have themselves, waits until the old one has gone", async (_, own) => {
    const bound = { replicas: 1, ports: WEB.ports.map((port) => ({ ...port, ...own })) };
    await house.upToTheEnd({ web: bound });
    await house.upToTheEnd({ web: { ...bound, image: "shop/web:v2" } });
    house.engine.control.behave("shop/web:v2", { stopMs: 20 });
    house.engine.control.calls.length = 0;
    await expect(house.up({ site: bound })).rejects.toMatchObject({
      ...{
        code: "INS1009",
        message: expect.stringContaining(" of site belongs to web, "),
        hint: expect.stringContaining("removes web first"),
      },
    });
    await expect(
      house.up({}, { prune: true, spec: { ...stack({ site: bound, api: { ports: [] } }), atomic: true } }),
    ).rejects.toMatchObject({
      ...{ code: "INS1009", message: expect.stringContaining("could not come back with the rest") },
    });
    const { deployments, notices } = await house.up({ site: bound }, { prune: true });
    expect(notices.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^web goes first: instances of site have its port 8080\/(tcp|udp) themselves$/),
    );
    for (const { id } of deployments) expect(await house.ended(id)).toMatchObject({ outcome: "succeeded" });
    expect(await names()).toEqual(["site"]);
    const order = house.engine.control.calls.map(({ call, name }) => `${call} ${name}`);
    expect(order).toContain("remove shop-web-r2-1-a1");
    expect(order.indexOf("create shop-site-r1-1-a1")).toBeGreaterThan(order.indexOf("remove shop-web-r2-1-a1"));
    // Beside each other they have ports of their own, and none waits for the other.
    const other = { ...bound, ports: bound.ports.map((port) => ({ ...port, published: 9090 })) };
    const { notices: none } = await house.up({ zoo: other }, { prune: true });
    expect(none).toEqual([]);
  });

  it("others of the file go their own way, and who hands over nothing goes at once", async () => {
    await house.upToTheEnd({ web: {}, old: { ports: [] } });
    house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
    const { deployments } = await house.up({ site: { image: "shop/web:v2", readyTimeoutMs: 60_000 }, api: { ports: [] } }, { prune: true });
    expect(deployments.map(({ service }) => service).sort()).toEqual(["api", "old", "site"]);
    for (const one of deployments) if (one.service !== "site") expect((await house.ended(one.id)).outcome).toBe("succeeded");
    expect((await names()).includes("web")).toBe(true);
    expect(await house.serving()).toHaveLength(2);
  });
});

describe("a volume of a service that the file has no more", () => {
  const mount: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
  const db = { ports: [], replicas: 1, mounts: [mount] };

  it("is written by nobody else beside it", async () => {
    await house.upToTheEnd({ db });
    await expect(house.up({ database: db })).rejects.toMatchObject({
      code: "INS2091",
      message: "database would write to the volume shop_data beside db, which is not in the file and goes on running",
    });
    await expect(
      house.up({}, { prune: true, spec: { ...stack({ database: db, api: { ports: [] } }), atomic: true } }),
    ).rejects.toMatchObject({
      ...{ code: "INS2091", message: expect.stringContaining("could not come back with the rest") },
    });
    expect(await names()).toEqual(["db"]);
    await house.upToTheEnd({ other: { ...db, mounts: [{ ...mount, readOnly: true }] } });
    expect(await names()).toEqual(["db", "other"]);
  });

  it("is still that of one that is only stopped", async () => {
    await house.upToTheEnd({ db });
    await house.daemon.control.stop({ stack: "shop", service: "db" }, "me");
    await expect(house.up({ database: db })).rejects.toMatchObject({
      code: "INS2091",
      message: expect.stringMatching(/beside db, .* only stopped$/),
    });
    const { notices } = await house.up({ api: { ports: [] } });
    expect(notices.map(({ message }) => message)).toContain("db is not in the file and is only stopped; --prune removes it");
  });

  it("is let go of with --prune before the next one is made, and stays", async () => {
    await house.upToTheEnd({ db });
    house.engine.control.calls.length = 0;
    const { deployments, notices } = await house.up({ database: db }, { prune: true });
    expect(notices).toContainEqual({ code: "hands-over", message: "db goes first: database writes to its volume shop_data", at: null });
    for (const { id } of deployments) expect((await house.ended(id)).outcome).toBe("succeeded");
    const order = house.engine.control.calls
      .filter(({ call }) => /^(create|start|stop|remove)$/.test(call))
      .map(({ call, name }) => `${call} ${name}`);
    expect(order.indexOf("remove shop-db-r1-1-a1")).toBeGreaterThanOrEqual(0);
    expect(order.indexOf("remove shop-db-r1-1-a1")).toBeLessThan(order.indexOf("create shop-database-r1-1-a1"));
    expect(house.engine.control.container("shop-database-r1-1-a1").blueprint.volumeNames).toEqual({ data: "shop_data" });
  });

  it("that an earlier file gave to both may go on being written by both", async () => {
    await house.upToTheEnd({ db, worker: db });
    const { notices } = await house.up({ db });
    expect(notices.map(({ code }) => code)).toEqual(["orphaned"]);
  });
});

describe("a port or a domain that the file gives to another service", () => {
  const at = (published: number) => ({ ports: WEB.ports.map((port) => ({ ...port, published })) });
  const bareOf = { ports: [] };
  /** Who has instances behind it that take requests. */
  const servedBy = (table: RouteTable, port: number): string[] => [
    ...new Set((leads(table)[port] ?? []).map((name) => name.replace(/^shop-([a-z]+)-r.*$/, "$1"))),
  ];
  const slow = { image: "shop/web:v2", readyTimeoutMs: 60_000 };

  it("is served all the time, by the one that had it until both have succeeded, and by the other from then on", async () => {
    await house.upToTheEnd({ web: {} });
    house.engine.control.behave("shop/web:v2", { readyAfterMs: 300 });
    const tables = applied(house);
    const words = "the port 8080/tcp is web's until web and api have succeeded, both or none, and api's then";
    const file = { api: slow, web: bareOf };
    expect((await house.plan(file)).notices).toContainEqual({ code: "hands-over", message: words, at: null });
    const ends = await house.upToTheEnd(file);
    expect(ends.map(({ service, outcome, group }) => [service, outcome, group])).toEqual([
      ["api", "succeeded", "G1"],
      ["web", "succeeded", "G1"],
    ]);
    for (const { steps } of ends) expect(steps.at(-1)?.do).toBe("take-over");
    const owners = tables.map((table) => servedBy(table, 8080).join());
    expect(owners.filter((one, n) => one !== owners[n - 1])).toEqual(["web", "api"]);
    expect(servedBy(house.router.control.table(), 8080)).toEqual(["api"]);
  });

  it("has not succeeded before the router has it", async () => {
    await house.upToTheEnd({ web: {} });
    const { apply } = house.router;
    const refused: Promise<never>[] = [];
    house.router.apply = async (table) => {
      if (servedBy(table, 8080).join() !== "api") return apply(table);
      refused.push(Promise.reject(new Error("the router is away")));
      return refused.at(-1);
    };
    const { deployments } = await house.up({ api: {}, web: { ...bareOf, image: "shop/web:v2" } });
    await house.until(async () => refused.length >= 3);
    const ids = deployments.map(({ id }) => id);
    const outcomes = async () => Promise.all(ids.map(async (id) => (await house.daemon.control.deployment(id)).outcome));
    expect(await outcomes()).toEqual(["running", "running"]);
    house.router.apply = apply;
    for (const id of ids) expect((await house.ended(id)).outcome).toBe("succeeded");
    expect(servedBy(house.router.control.table(), 8080)).toEqual(["api"]);
  });

  it("stays where it was when one of them fails", async () => {
    await house.upToTheEnd({ web: {} });
    const tables = applied(house);
    const ends = await house.upToTheEnd({ api: { image: "shop/web:bad" }, web: bareOf });
    expect(ends.map(({ service, outcome }) => [service, outcome])).toEqual([
      ["api", "failed"],
      ["web", "rolled-back"],
    ]);
    for (const table of tables) expect(servedBy(table, 8080)).toEqual(["web"]);
  });

  it("they exchange theirs at once", async () => {
    await house.upToTheEnd({ web: at(8080), api: at(9090) });
    const tables = applied(house);
    const ends = await house.upToTheEnd({ web: { ...at(9090), image: "shop/web:v2" }, api: at(8080) });
    expect(ends.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
    const owners = tables.map((table) => `${servedBy(table, 8080)} ${servedBy(table, 9090)}`);
    expect(owners.filter((one, n) => one !== owners[n - 1])).toEqual(["web api", "api web"]);
  });

  it("a domain too", async () => {
    const domains = [{ host: "shop.example", path: null }];
    const site = { ports: [], expose: [8080], domainPort: 8080, domains };
    await house.upToTheEnd({ web: site });
    const tables = applied(house);
    house.engine.control.behave("shop/web:v2", { readyAfterMs: 300 });
    await house.upToTheEnd({ api: { ...site, ...slow }, web: { ...site, domainPort: null, domains: [] } });
    const owners = tables.map((table) => table.domains[0]?.backend);
    expect(owners.filter((one, n) => one !== owners[n - 1])).toEqual(["be:shop:web:8080", "be:shop:api:8080"]);
  });

  it.each([{ mode: "host" }, { protocol: "udp" }] as const)("not where the instances bind it themselves: %o", async (own) => {
    const bound = { replicas: 1, ports: WEB.ports.map((port) => ({ ...port, ...own })) };
    expect(await house.upToTheEnd({ web: bound })).toMatchObject([{ outcome: "succeeded" }]);
    expect((await house.plan({ api: bound, web: bareOf })).notices).toEqual([]);
  });

  it("is refused where who has it is pinned", async () => {
    await house.upToTheEnd({ web: {} });
    await house.upToTheEnd({ web: { image: "shop/web:v2" } });
    const { id } = await house.daemon.control.rollback({ stack: "shop", service: "web" }, { to: 1, data: false }, "me");
    await house.ended(id);
    await expect(house.up({ api: {}, web: bareOf })).rejects.toMatchObject({
      ...{ code: "INS1009", message: "the port 8080/tcp of api belongs to web, and web is pinned and keeps it" },
    });
    const ends = await house.upToTheEnd({ api: {}, web: bareOf }, { unpin: true });
    expect(ends.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
  });
});

it("a deployment whose port somebody else has, who lets go of nothing, has not succeeded", async () => {
  const at = (published: number) => ({ ports: WEB.ports.map((port) => ({ ...port, published })) });
  await house.upToTheEnd({ api: at(20_000) });
  await house.upToTheEnd({ api: at(9090), web: { ports: [] } });
  await house.upToTheEnd({ api: at(9090), web: bare });
  expect(leads(house.router.control.table())[20_000]).toEqual(["shop-web-r1-1-a1:8080", "shop-web-r1-2-a1:8080"]);
  const { id } = await house.daemon.control.rollback({ stack: "shop", service: "api" }, { to: 1, data: false }, "me");
  expect(await house.ended(id)).toMatchObject({ outcome: "rolled-back", reason: "INS4001 port 20000 leads to shop/web" });
  expect(leads(house.router.control.table())[20_000]).toHaveLength(2);
});

it("a number that was given to a bare port is nobody else's of the same file; it is free once the file says another", async () => {
  await house.upToTheEnd({ web: bare });
  const api = { ports: WEB.ports.map((port) => ({ ...port, published: 20_000 })) };
  await expect(house.up({ web: bare, api })).rejects.toMatchObject({
    code: "INS1009",
    message: expect.stringContaining("20000/tcp of shop/api"),
  });
  const ends = await house.upToTheEnd({ web: { ports: WEB.ports }, api });
  expect(ends.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
});

it("a rollback to a port that another service has by now is refused, and says whose it is; once that has gone back too it is not", async () => {
  const other = { ports: WEB.ports.map((port) => ({ ...port, published: 9090 })) };
  await house.upToTheEnd({ web: {}, api: other });
  await house.upToTheEnd({ web: { ports: [] }, api: {} });
  const back = (service: string) => house.daemon.control.rollback({ stack: "shop", service }, { to: 1, data: false }, "me");
  await expect(back("web")).rejects.toMatchObject({
    ...{
      code: "INS1009",
      message: "the port 8080/tcp of revision 1 belongs to shop/api now",
      hint: expect.stringContaining("roll back shop/api first"),
    },
  });
  for (const service of ["api", "web"]) expect((await house.ended((await back(service)).id)).outcome).toBe("succeeded");
  expect(leads(house.router.control.table())[8080]).toHaveLength(2);
});
