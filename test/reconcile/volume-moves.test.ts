import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MountSpec } from "../../src/spec/types.ts";
import { House, stack } from "./house.ts";

/** Data that a file gives to another service, while both stay (law 6). */
let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const volume: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
const bind: MountSpec = { kind: "bind", source: "/srv/data", target: "/data", readOnly: false, createHostPath: true };
const writer = (mount: MountSpec) => ({ ports: [], replicas: 1, mounts: [mount] });
const NONE = { ports: [], replicas: 1, image: "shop/web:v2" };
const key = { stack: "shop", service: "app" };

describe.each([
  ["a volume", volume, "the volume shop_data"],
  ["a folder of the host", bind, "/srv/data"],
])("%s", (_, mount, words) => {
  const db = writer(mount);

  it("is not taken from one service and given to another by one file; by two it is", async () => {
    await house.upToTheEnd({ app: db });
    const file = { app: NONE, redis: db };
    const refused = { code: "INS2091", message: `redis would write to ${words} while app still does` };
    await expect(house.up(file)).rejects.toMatchObject(refused);
    await expect(house.plan(file)).rejects.toMatchObject(refused);
    await house.upToTheEnd({ app: NONE });
    for (const { outcome } of await house.upToTheEnd(file)) expect(outcome).toMatch(/succeeded|unchanged/);
  });

  it("is not written to again by a rollback, once it is another's", async () => {
    await house.upToTheEnd({ app: db });
    await house.upToTheEnd({ app: NONE });
    await house.upToTheEnd({ app: NONE, redis: db });
    await expect(house.daemon.control.rollback(key, { to: 1, data: false }, "me")).rejects.toMatchObject({
      ...{ code: "INS2091", message: `revision 1 would write to ${words}, which is redis's now` },
    });
  });

  it("that both wrote to in its time, both write to again after a rollback", async () => {
    await house.upToTheEnd({ app: db, redis: db });
    await house.upToTheEnd({ app: NONE, redis: db });
    const { id } = await house.daemon.control.rollback(key, { to: 1, data: false }, "me");
    expect((await house.ended(id)).outcome).toBe("succeeded");
  });

  it("of a service that gets another name is let go of first", async () => {
    await house.upToTheEnd({ app: db });
    await expect(house.up({ redis: db })).rejects.toMatchObject({
      code: "INS2091",
      message: expect.stringContaining(`redis would write to ${words}`),
    });
    house.engine.control.calls.length = 0;
    const { deployments } = await house.up({ redis: db }, { prune: true });
    for (const { id } of deployments) expect((await house.ended(id)).outcome).toBe("succeeded");
    const order = house.engine.control.calls.map(({ call, name }) => `${call} ${name}`);
    expect(order.indexOf("stop shop-app-r1-1-a1")).toBeGreaterThanOrEqual(0);
    expect(order.indexOf("stop shop-app-r1-1-a1")).toBeLessThan(order.indexOf("start shop-redis-r1-1-a1"));
  });
});

it("what is declared shared changes hands by one file, and so do sockets and what is only read", async () => {
  const socket: MountSpec = { ...bind, source: "/var/run/docker.sock", target: "/var/run/docker.sock" };
  const spec = stack({ app: NONE, redis: { ...NONE, mounts: [volume, socket, { ...bind, readOnly: true }] } });
  const data = spec.volumes["data"];
  if (data === undefined) throw new Error("the house has a volume data");
  await house.upToTheEnd({ app: { ...NONE, mounts: [volume, socket, { ...bind, readOnly: true }] } });
  const { deployments } = await house.up({}, { spec: { ...spec, volumes: { data: { ...data, shared: true } } } });
  for (const { id } of deployments) expect((await house.ended(id)).outcome).toBe("succeeded");
});
