import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { House, WEB } from "./house.ts";
import { applied, leads } from "./tables.ts";

/** Ports that change hands between services of a file that both stay (ADR 0037), while something else happens to them. */
let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

/** Long enough for a machine with other work. */
const READY = { readyTimeoutMs: 60_000 };
const at = (published: number, target = 8080) => ({ ...READY, ports: WEB.ports.map((port) => ({ ...port, published, target })) });
const NO_PORT = { ...READY, ports: [], expose: [8080] };
const SLOW = { ...READY, image: "shop/web:v2" };
const key = (service: string) => ({ stack: "shop", service });
/** By whom 8080 was served, each change of it; an empty word where nobody took requests. */
const owners = (tables: ReturnType<typeof applied>): string[] =>
  tables
    .map((table) => [...new Set((leads(table)[8080] ?? []).map((name) => name.replace(/^shop-([a-z]+)-r.*$/, "$1")))].join())
    .filter((one, n, all) => one !== all[n - 1]);
/** The taker is up but not ready. */
const begun = async (file: Parameters<House["up"]>[0], more: Parameters<House["up"]>[1] = {}) => {
  house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
  const { deployments } = await house.up(file, more);
  await house.until(async () => (await house.engine.instances()).some(({ service, state }) => service === "api" && state === "running"));
  return (service: string): string => deployments.find((one) => one.service === service)?.id ?? "";
};

describe("who gives its port away and gets new instances", () => {
  it.each([
    ["that listen where the old ones did", { ...NO_PORT, image: "shop/web:v3" }],
    ["one of them alone, which would not run twice", { ...NO_PORT, image: "shop/web:v3", replicas: 1 }],
    ["behind another port", { ...at(8081, 9090), image: "shop/web:v3" }],
  ])("%s: somebody serves the port all the time", async (_, web) => {
    await house.upToTheEnd({ web: { ...READY, replicas: "replicas" in web ? 1 : 2 } });
    const tables = applied(house);
    const id = await begun({ api: SLOW, web });
    await house.until(async () => (await house.daemon.control.deployment(id("web"))).steps.some((step) => step.do === "arrive"));
    expect(owners(tables)).toEqual(["web"]);
    for (const { name } of (await house.engine.instances()).filter(({ service }) => service === "api"))
      house.engine.control.setReady(name, null);
    house.engine.control.behave("shop/web:v2", {});
    for (const service of ["api", "web"]) expect((await house.ended(id(service))).outcome).toBe("succeeded");
    expect(owners(tables)).toEqual(["web", "api"]);
    expect((await house.engine.instances({ service: "web" })).map(({ revision }) => revision)).toEqual("replicas" in web ? [2] : [2, 2]);
  });

  it("goes back with the other, and what served serves", async () => {
    await house.upToTheEnd({ web: READY });
    const tables = applied(house);
    const ends = await house.upToTheEnd({ api: { image: "shop/web:bad" }, web: { ...at(8081, 9090), image: "shop/web:v3" } });
    expect(ends.map(({ outcome }) => outcome).sort()).toEqual(["failed", "rolled-back"]);
    expect(owners(tables)).toEqual(["web"]);
    expect(await house.serving()).toHaveLength(2);
  });
});

describe("while they change hands", () => {
  const settled = async (tables: ReturnType<typeof applied>, ids: readonly string[]) => {
    expect(owners(tables)).toEqual(["web"]);
    for (const { name } of (await house.engine.instances()).filter(({ service }) => service === "api"))
      house.engine.control.setReady(name, null);
    house.engine.control.behave("shop/web:v2", {});
    for (const id of ids) expect((await house.ended(id)).outcome).toBe("succeeded");
    expect(owners(tables)).toEqual(["web", "api"]);
  };

  it.each([
    ["deployed", () => house.daemon.control.deploy(key("web"), "shop/web:v3", "me")],
    ["recycled", () => house.daemon.control.recycle(key("web"), "me")],
    [
      "changed by another file",
      async () =>
        (await house.up({ api: SLOW, web: { ...NO_PORT, image: "shop/web:v3" } })).deployments.find(({ service }) => service === "web"),
    ],
  ])("who gives is %s: its deployment takes the place of the one before", async (_, change) => {
    await house.upToTheEnd({ web: READY });
    const tables = applied(house);
    const id = await begun({ api: SLOW, web: NO_PORT });
    const next = await change();
    expect(next?.group).toBe("G1");
    expect((await house.daemon.control.deployment(id("web"))).outcome).toBe("superseded");
    await house.until(async () => (await house.daemon.control.deployment(next?.id ?? "")).steps.some((step) => step.do === "arrive"));
    await settled(tables, [next?.id ?? "", id("api")]);
  });

  it("who takes over from a service that goes is deployed again: that one goes all the same", async () => {
    await house.upToTheEnd({ web: READY });
    const tables = applied(house);
    await begun({ api: SLOW }, { prune: true });
    const next = await house.daemon.control.redeploy(key("api"), "me");
    await house.until(async () =>
      (await house.engine.instances()).some(({ generation, state }) => generation === 1 && state === "running"),
    );
    await settled(tables, [next.id]);
    await house.until(async () => (await house.daemon.control.services()).map(({ service }) => service).join() === "api");
  });

  it("another file makes another group of them, and the one before is over", async () => {
    await house.upToTheEnd({ web: READY });
    const tables = applied(house);
    await begun({ api: SLOW, web: NO_PORT });
    const { deployments } = await house.up({ api: { ...SLOW, environment: { A: "1" } }, web: { ...NO_PORT, environment: { A: "1" } } });
    expect(deployments.map(({ group }) => group)).toEqual(["G2", "G2"]);
    await house.until(
      async () => (await house.engine.instances()).filter(({ service, revision }) => service === "api" && revision === 2).length > 0,
    );
    await settled(
      tables,
      deployments.map(({ id }) => id),
    );
    const told = (await house.daemon.control.events({ limit: 1000 }))
      .filter(({ kind }) => kind.startsWith("group."))
      .map(({ message }) => message);
    expect(told.some((message) => message.startsWith("G1 superseded"))).toBe(true);
  });

  it("who is pinned takes nothing: refused, as for who gives", async () => {
    await house.upToTheEnd({ web: READY, api: { ports: [], image: "shop/web:v1" } });
    await house.upToTheEnd({ web: READY, api: { ports: [], image: "shop/web:v3" } });
    await house.ended((await house.daemon.control.rollback(key("api"), { to: 1, data: false }, "me")).id);
    const file = { web: NO_PORT, api: { image: "shop/web:v3" } };
    await expect(house.up(file)).rejects.toMatchObject({
      ...{ code: "INS1009", message: "the port 8080/tcp of api belongs to web, and api is pinned and takes nothing from the file" },
    });
    expect((await house.up(file, { unpin: true })).deployments.map(({ group }) => group)).toEqual(["G1", "G1"]);
  });

  it("a service that goes keeps what its last good revision has, also in the middle of a deployment that gives it up", async () => {
    await house.upToTheEnd({ web: READY });
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    await house.up({ web: { ...NO_PORT, image: "shop/web:v3", readyTimeoutMs: 60_000 } });
    await expect(house.up({ api: {} })).rejects.toMatchObject({ code: "INS1009", message: expect.stringContaining("8080/tcp of api") });
  });
});
