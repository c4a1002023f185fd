import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/sqlite.ts";
import { House, WEB } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const web = { stack: "shop", service: "web" };

describe("down", () => {
  it("takes everything but the volumes, and up brings it back under the same revision", async () => {
    await house.upToTheEnd({
      web: { mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] },
    });
    const gone = await house.daemon.control.down("shop", { volumes: false, who: "me" });
    expect(gone.keptVolumes).toEqual(["shop_data"]);
    expect(await house.engine.instances()).toEqual([]);
    const [back] = await house.upToTheEnd({
      web: { mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] },
    });
    expect(back).toMatchObject({ outcome: "succeeded", to: 1 });
  });

  it("waits for what is on its way out already: pruned, or left by a daemon that was killed in the middle of it", async () => {
    await house.upToTheEnd({ web: {}, api: { ports: [] } });
    const { stop, removeNetwork } = house.engine;
    let goOn: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    house.engine.stop = async (name, ...how) => {
      if (name.startsWith("shop-api-")) await slow;
      return stop(name, ...how);
    };
    const left: string[] = [];
    house.engine.removeNetwork = async (name) => {
      left.push(...(await house.engine.instances()).map((one) => one.name));
      return removeNetwork(name);
    };
    await house.up({ web: {} }, { prune: true });
    const going = house.daemon.control.down("shop", { volumes: false, who: "me" });
    await house.until(async () => (await house.engine.instances({ stack: "shop", service: "web" })).length === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    goOn();
    await going;
    expect(left).toEqual([]);
  });

  it("ends what a daemon that was killed before its last write had begun: nobody keeps a port or a pin", async () => {
    const bare = { ports: WEB.ports.map((port) => ({ ...port, published: null })) };
    await house.upToTheEnd({ web: bare });
    await house.close();
    const store = await openStore(house.home);
    const row = await store.service(web);
    if (row !== null) await store.putService({ ...row, removed: true, pinned: "D1" });
    await store.close();
    await house.open();
    await house.until(async () => (await house.engine.instances()).length === 0);
    await house.daemon.control.down("shop", { volumes: false, who: "me" });
    await house.close();
    const after = await openStore(house.home);
    expect([await after.ports(), (await after.service(web))?.pinned]).toEqual([[], null]);
    await after.close();
    await house.open();
  });

  it("with its volumes changes nothing while something else holds one of them, stopped or of another stack", async () => {
    await house.upToTheEnd({
      web: { mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] },
    });
    const { volumeUsers } = house.engine;
    const other = { volume: "shop_data", service: null, slot: null, running: false, readOnly: true };
    house.engine.volumeUsers = async (name) => [
      ...(await volumeUsers(name)),
      { ...other, container: "shop-db-1", ours: false, stack: null },
      { ...other, container: "blog-web-r1-1-a1", ours: true, stack: "blog", service: "web", slot: 1 },
    ];
    const serving = await house.serving();
    const down = () => house.daemon.control.down("shop", { volumes: true, who: "me" });
    await expect(down()).rejects.toMatchObject({
      code: "INS3011",
      message: expect.stringContaining("shop_data is in use by shop-db-1, blog-web-r1-1-a1"),
    });
    expect(await house.serving()).toEqual(serving);
    expect((await house.engine.networks()).length).toBeGreaterThan(0);
    expect((await house.daemon.control.services("shop"))[0]?.state).not.toBe("removed");
    house.engine.volumeUsers = volumeUsers;
    expect((await down()).removedVolumes).toEqual(["shop_data"]);
    expect(await house.engine.volumes()).toEqual([]);
  });
});
