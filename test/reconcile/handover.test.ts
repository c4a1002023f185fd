import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

  it("with --prune takes its port over once it has succeeded: somebody is ready behind it all the time", async () => {
    await house.upToTheEnd({ web: {} });
    expect((await house.plan({ site: {} }, { prune: true })).notices).toContainEqual({
      ...{ code: "hands-over", message: "web serves until site has succeeded, and goes then", at: null },
    });
    const tables = applied(house);
    const [site] = await house.upToTheEnd({ site: {} }, { prune: true });
    expect(site).toMatchObject({ service: "site", outcome: "succeeded" });
    await house.until(async () => (await house.engine.instances()).every(({ service }) => service === "site"));
    await house.until(async () => (await names()).join() === "site");
    for (const table of tables) expect(leads(table)[8080]).not.toEqual([]);
    expect(tables.map((table) => leads(table)[8080]?.[0]?.slice(0, 10))).toEqual(expect.arrayContaining(["shop-web-r", "shop-site-"]));
    expect(leads(house.router.control.table())[8080]).toEqual(["shop-site-r1-1-a1:8080", "shop-site-r1-2-a1:8080"]);
    expect(await events("group.started")).toEqual([expect.stringMatching(/web goes once site has succeeded$/)]);
  });

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
