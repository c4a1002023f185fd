import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { upRequest } from "../conformance/up-request.ts";
import { Callers } from "./callers.ts";
import { House, stack } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };
const control = () => house.daemon.control;

it("up keeps the body that a trigger told when the file changes something else, and so does the up after that", async () => {
  const image = "reg.example/shop/web:1";
  house.engine.control.images.publish(image, "one");
  const service = (more: Partial<ServiceSpec> = {}) => ({ web: { image, replicas: 1, ...more } });
  await house.upToTheEnd(service());
  const callers = await Callers.at(house);
  const { path } = await callers.make({ body: true });
  await house.ended((await callers.call(path, "words")).json.deployment);
  await callers.close();
  const told = async () => (await control().history(web)).revisions[0]?.spec.environment;
  for (const environment of [{ A: "1" }, { A: "2" }]) {
    const { deployments, kept } = await house.up(service({ environment }));
    expect(kept).toEqual(["web: trigger body from deployment D2"]);
    await house.ended(deployments[0]?.id ?? "");
    expect(await told()).toEqual({ ...environment, INSTAR_TRIGGER_BODY: "words" });
  }
});

it("an external network is joined as it is, and nothing of it is made", async () => {
  const { networks, calls } = house.engine.control;
  const external = { default: { name: "far", external: true, internal: false, labels: {} } };
  const asked = upRequest({ ...stack({ web: { replicas: 1 } }), networks: external }, { contents: {} });
  await expect(control().up(asked)).rejects.toMatchObject({ code: "INS1008" });
  networks.addForeignNetwork("far", "172.30.0.0/16");
  const { ensureNetwork } = house.engine;
  const blocks: string[] = [];
  house.engine.ensureNetwork = async (of, network, block) => {
    blocks.push(block.subnet);
    return ensureNetwork(of, network, block);
  };
  await control().up(asked);
  // It has its addresses already.
  expect(blocks).toEqual([""]);
  await house.until(async () => calls.some(({ call, name }) => call === "create" && name === "shop-web-r1-1-a1"));
  expect(house.engine.control.container("shop-web-r1-1-a1").blueprint.networks.map(({ name }) => name)).toEqual(["far"]);
  expect([...networks.known]).toEqual([["far", { stack: null, subnet: "172.30.0.0/16", gateway: null }]]);
});

describe("deploy --strategy", () => {
  it("is refused where the service cannot stand beside itself", async () => {
    await house.upToTheEnd({ web: { replicas: 1, ports: [], ready: null } });
    const asked = control().deploy(web, "shop/web:v2", "me", "blue-green");
    await expect(asked).rejects.toMatchObject({ code: "INS1042", message: expect.stringContaining("which blue-green needs") });
    expect((await control().history(web)).deployments).toHaveLength(1);
  });

  it("is refused, as split is, where a balance would not keep the shares", async () => {
    for (const image of ["shop/web:v1", "shop/web:v2"]) await house.upToTheEnd({ web: { image, replicas: 1, balance: "leastconn" } });
    await expect(control().deploy(web, "shop/web:v3", "me", "canary")).rejects.toMatchObject({ code: "INS1043" });
    const shares = [1, 2].map((revision) => ({ revision, percent: 50 }));
    await expect(control().sides.split(web, shares, "me")).rejects.toMatchObject({ code: "INS1043" });
    expect((await control().history(web)).deployments).toHaveLength(2);
  });

  it("is for this deployment alone, while which requests may name a revision; the next one is the file's", async () => {
    await house.upToTheEnd({ web: { replicas: 1 } });
    const pins = () => house.router.control.table().pins;
    expect(pins()).toBeUndefined();
    const { id, strategy } = await control().deploy(web, "shop/web:v2", "me", "canary");
    expect(strategy).toBe("canary");
    await house.until(async () => (await control().deployment(id)).course?.since != null);
    expect(pins()).toBeDefined();
    await control().sides.promote(id, "me");
    expect((await house.ended(id)).outcome).toBe("succeeded");
    const next = await control().deploy(web, "shop/web:v3", "me");
    expect([next.strategy, next.course]).toEqual(["rolling", undefined]);
    expect((await house.ended(next.id)).outcome).toBe("succeeded");
  });
});
