import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PortSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";
import { applied, leads } from "./tables.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const port = (published: number, target: number): PortSpec => ({
  ...{ published, target, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" },
});
const web = (ports: readonly PortSpec[]) => ({ web: { replicas: 1, ports } });
const BEFORE = [port(8080, 8080)];
const NAME = "shop-web-r1-1-a1";

describe("a revision that changes only routes", () => {
  it.each([
    ["a second port", [port(8080, 8080), port(9090, 9090)], { 8080: [`${NAME}:8080`], 9090: [`${NAME}:9090`] }],
    ["another container port behind the same host port", [port(8080, 3000)], { 8080: [`${NAME}:3000`] }],
    ["another host port and container port", [port(8081, 3000)], { 8081: [`${NAME}:3000`] }],
  ])("is in force when it has succeeded, and replaces nothing: %s", async (_, ports, wanted) => {
    await house.upToTheEnd(web(BEFORE));
    const tables = applied(house);
    const [second] = await house.upToTheEnd(web(ports));
    expect(second).toMatchObject({ outcome: "succeeded", steps: [] });
    // What the router had been told by the time the deployment had ended, and what it has in the end.
    expect(tables.map(leads)).toContainEqual(expect.objectContaining(wanted));
    await house.until(async () => JSON.stringify(leads(house.router.control.table())) === JSON.stringify(wanted));
  });

  it("a domain that goes to another exposed port", async () => {
    const site = (domainPort: number) => ({
      web: { replicas: 1, ports: [], expose: [8080, 3000], domains: [{ host: "shop.example", path: null }], domainPort },
    });
    await house.upToTheEnd(site(8080));
    await house.upToTheEnd(site(3000));
    const { domains, backends } = house.router.control.table();
    expect(domains).toMatchObject([{ host: "shop.example", backend: "be:shop:web:3000" }]);
    expect(backends.find(({ name }) => name === "be:shop:web:3000")?.servers).toMatchObject([{ name: NAME, port: 3000, state: "ready" }]);
  });

  it("with new content too: the domain has somebody ready all the time", async () => {
    const site = (image: string, domainPort: number) => ({
      web: { image, replicas: 1, ports: [], expose: [8080, 3000], domains: [{ host: "shop.example", path: null }], domainPort },
    });
    await house.upToTheEnd(site("shop/web:v1", 8080));
    const tables = applied(house);
    expect(await house.upToTheEnd(site("shop/web:v2", 3000))).toMatchObject([{ outcome: "succeeded" }]);
    for (const { domains, backends } of tables)
      expect(backends.find(({ name }) => name === domains[0]?.backend)?.servers.some(({ state }) => state === "ready")).toBe(true);
    expect(tables.length).toBeGreaterThan(2);
  });

  it("with new content behind the same host port and a new one: each has its requests at its own container port, somebody all the time", async () => {
    await house.upToTheEnd(web(BEFORE));
    const tables = applied(house);
    const after = { web: { ...web([port(8080, 3000), port(9090, 9090)]).web, image: "shop/web:v2" } };
    expect(await house.upToTheEnd(after)).toMatchObject([{ outcome: "succeeded" }]);
    const served = tables.map(leads).map((ports) => [ports[8080]?.toSorted().join(" "), ports[9090]?.join(" ") ?? ""]);
    const [was, is, other] = [`${NAME}:8080`, "shop-web-r2-1-a1:3000", "shop-web-r2-1-a1:9090"];
    const during = [
      [was, ""],
      [`${was} ${is}`, other],
      [is, other],
    ];
    for (const one of served) expect(during).toContainEqual(one);
    for (const one of during) expect(served).toContainEqual(one);
  });

  it("goes back when the instance does not answer there; it is neither lost nor without requests meanwhile", async () => {
    await house.upToTheEnd(web(BEFORE));
    house.silent.add(3000);
    const tables = applied(house);
    const [second] = await house.upToTheEnd(web([port(8080, 3000), port(9090, 9090)]));
    expect(second).toMatchObject({ outcome: "rolled-back", steps: [] });
    expect(second?.reason).toContain(`${NAME} did not answer within 1500 ms where the new routes lead`);
    expect(second?.reason).toContain("on port 3000: connection refused");
    expect(new Set(tables.map((table) => leads(table)[8080]?.join()))).toEqual(new Set([`${NAME}:8080`]));
    expect(await house.serving()).toEqual([NAME]);
    await house.until(async () => JSON.stringify(leads(house.router.control.table())) === JSON.stringify({ 8080: [`${NAME}:8080`] }));
  });

  it("a daemon that begins in the middle of it does not take the instance for one that fails", async () => {
    await house.upToTheEnd(web(BEFORE));
    house.silent.add(3000);
    const { deployments } = await house.up(web([port(8080, 3000)]));
    await house.reopen();
    const ended = await house.ended(deployments[0]?.id ?? "");
    expect(ended).toMatchObject({ outcome: "rolled-back", steps: [] });
    expect(await house.serving()).toEqual([NAME]);
  });

  it("an instance that is not routed yet is ready by the wanted check, not by its own", async () => {
    house.silent.add(8080);
    await house.up(web(BEFORE));
    await house.until(async () => house.engine.control.containers().some(({ state }) => state === "running"));
    const [second] = await house.upToTheEnd(web([port(8080, 3000)]));
    expect(second).toMatchObject({ outcome: "succeeded" });
    expect(await house.serving()).toEqual([NAME]);
  });
});

it("a step that brings nothing is not done again and again: less and less often, told once", async () => {
  await house.upToTheEnd(web(BEFORE));
  house.router.observe = async () => [];
  const before = house.router.control.calls.length;
  const { id } = await house.daemon.control.deploy({ stack: "shop", service: "web" }, "shop/web:v2", "me");
  const told = await house.until(async () => {
    const events = await house.daemon.control.events({ limit: 1000 });
    return events.some(({ kind }) => kind === "step.repeated") && events;
  });
  const messages = told.filter(({ kind }) => kind === "step.repeated").map(({ message }) => message);
  expect(new Set(messages).size).toBe(messages.length);
  const routed = (await house.daemon.control.deployment(id)).steps.filter((step) => step.do === "route");
  expect(new Set(routed.map(({ instance }) => instance)).size).toBe(routed.length);
  expect(house.router.control.calls.slice(before).filter(({ call }) => call === "apply").length).toBeLessThan(20);
});
