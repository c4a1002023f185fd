import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MountSpec } from "../../src/spec/types.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const anonymous: MountSpec = { kind: "volume", source: null, target: "/var/lib/data", readOnly: false, createHostPath: false };
const named: MountSpec = { ...anonymous, source: "data" };
const disks = () => house.engine.control.networks.disks;
/** Slot → what its running instance has mounted. */
const mounted = async (): Promise<Record<number, readonly string[]>> =>
  Object.fromEntries(
    (await house.engine.instances({ stack: "shop", service: "web" }))
      .filter((i) => i.state === "running")
      .map((i) => [i.slot, Object.values(house.engine.control.container(i.name).blueprint.slotVolumes)]),
  );

describe("a volume with one writer (law 6)", () => {
  const key = { stack: "shop", service: "web" };
  const bind: MountSpec = { kind: "bind", source: "/srv/data", target: "/data", readOnly: false, createHostPath: true };
  const refused = { code: "INS2091", message: expect.stringContaining("shop/web would write to") };

  it.each([
    ["a named volume", named],
    ["a folder of the machine", bind],
  ])("gets no second one by scale, nor by going back to it: %s", async (_what, mount) => {
    await house.upToTheEnd({ web: { mounts: [mount], replicas: 1 } });
    await expect(house.daemon.control.scale(key, 2, "me")).rejects.toMatchObject(refused);
    expect(await mounted()).toHaveProperty("1");
    await house.upToTheEnd({ web: { mounts: [], replicas: 1 } });
    await house.ended((await house.daemon.control.scale(key, 3, "me")).id);
    await expect(house.daemon.control.rollback(key, { to: 1, data: false }, "me")).rejects.toMatchObject(refused);
    await expect(house.up({ web: { mounts: [mount], replicas: 1 } })).rejects.toMatchObject(refused);
    expect(Object.keys(await mounted())).toEqual(["1", "2", "3"]);
  });

  it("has several where the file says so: replicas, another service, shared; and what is read-only or of a slot does not count", async () => {
    for (const web of [
      { mounts: [named], replicas: 2 },
      { mounts: [{ ...named, readOnly: true }], replicas: 1 },
      { mounts: [anonymous], replicas: 1 },
    ]) {
      await house.upToTheEnd({ web });
      const { id } = await house.daemon.control.scale(key, 3, "me");
      expect((await house.ended(id)).outcome).toBe("succeeded");
      await house.ended((await house.daemon.control.scale(key, web.replicas, "me")).id);
    }
  });
});

describe("the data of a slot", () => {
  it("goes from instance to instance, and waits while its slot is away", async () => {
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 4 } });
    const before = await mounted();
    expect(new Set(Object.values(before).flat()).size).toBe(4);
    expect(before[4]).toEqual([expect.stringMatching(/^shop_web_4_var-lib-data_[0-9a-f]{6}$/)]);
    const [moved] = await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 4, environment: { A: "1" } } });
    expect(moved?.outcome).toBe("succeeded");
    expect(await mounted()).toEqual(before);
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 2, environment: { A: "1" } } });
    expect(Object.keys(await mounted())).toEqual(["1", "2"]);
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 4, environment: { A: "1" } } });
    expect(await mounted()).toEqual(before);
  });

  it("is the service's while no instance is there: no orphan, and a snapshot of the service is one of it", async () => {
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 1 } });
    const [volume] = (await mounted())[1] ?? [];
    const key = { stack: "shop", service: "web" };
    await house.ended((await house.daemon.control.stop(key, "me")).id);
    expect(await house.engine.instances()).toEqual([]);
    expect((await house.daemon.control.volumes.list()).find(({ name }) => name === volume)).toMatchObject({ orphan: false });
    const taken = await house.daemon.control.volumes.create("shop/web", { running: false, who: "me" }, () => undefined);
    expect(taken).toMatchObject([{ volume, service: "web" }]);
    disks().delete(volume ?? "");
    await house.daemon.control.volumes.restore(taken[0]?.id ?? "", "me", () => undefined);
    expect(disks().get(volume ?? "")?.labels).toMatchObject({ "dev.instar.slot": "1", "dev.instar.target": "/var/lib/data" });
    await house.ended((await house.daemon.control.start(key, "me")).id);
    expect(await mounted()).toEqual({ 1: [volume] });
  });

  it("outlives the stack", async () => {
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 2 } });
    const before = await mounted();
    const { keptVolumes } = await house.daemon.control.down("shop", { volumes: false, who: "test" });
    expect(keptVolumes).toEqual(expect.arrayContaining(Object.values(before).flat()));
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 2 } });
    expect(await mounted()).toEqual(before);
  });

  it("is what the image declares, where the file says nothing", async () => {
    const { images } = house.engine.control;
    images.add("shop/web:v1", "shop/web:v1", ["/var/lib/data"]);
    images.add("shop/web:v2", "shop/web:v2", ["/var/lib/data", "/cache"]);
    await house.upToTheEnd({ web: { replicas: 1 } });
    const before = await mounted();
    expect(before[1]).toHaveLength(1);
    const plan = await house.plan({ web: { replicas: 1, image: "shop/web:v2" } });
    expect(plan.services[0]?.changes.map(({ path, after }) => [path, after])).toContainEqual([
      "mounts./cache",
      "volume of its slot, as the image declares",
    ]);
    await house.upToTheEnd({ web: { replicas: 1, image: "shop/web:v2" } });
    expect((await mounted())[1]).toEqual(expect.arrayContaining([...(before[1] ?? []), expect.stringContaining("_cache_")]));
    await house.upToTheEnd(
      { web: { replicas: 1, image: "shop/web:v2", tmpfs: [{ target: "/cache", sizeBytes: null, mode: null }] } },
      { acceptVolumes: ["/cache"] },
    );
    expect(await mounted()).toEqual(before);
  });
});

describe("another volume where data was written", () => {
  it("is refused, by up and by plan, until it is allowed by name; a rollback goes back to the old one", async () => {
    await house.upToTheEnd({ web: { mounts: [named], replicas: 1 } });
    await expect(house.up({ web: { mounts: [anonymous], replicas: 1 } })).rejects.toMatchObject({ code: "INS2020" });
    await expect(house.plan({ web: { mounts: [anonymous], replicas: 1 } })).rejects.toMatchObject({ code: "INS2020" });
    const bind: MountSpec = { ...named, kind: "bind", source: "/srv/data" };
    await expect(house.up({ web: { mounts: [bind], replicas: 1 } })).rejects.toThrow(
      "shop_data is mounted at /var/lib/data, and /srv/data",
    );
    expect(await house.serving()).toEqual(["shop-web-r1-1-a1"]);
    const [moved] = await house.upToTheEnd({ web: { mounts: [bind], replicas: 1 } }, { acceptVolumes: ["/srv/data"] });
    expect(moved?.outcome).toBe("succeeded");
    const back = await house.ended(
      (await house.daemon.control.rollback({ stack: "shop", service: "web" }, { to: null, data: false }, "me")).id,
    );
    expect(back).toMatchObject({ outcome: "succeeded", to: 1 });
  });

  it("is not what a changed image, a moved path or a mount that goes away is", async () => {
    await house.upToTheEnd({ web: { mounts: [named], replicas: 1 } });
    expect((await house.upToTheEnd({ web: { mounts: [{ ...named, target: "/elsewhere" }], replicas: 1 } }))[0]?.outcome).toBe("succeeded");
    expect((await house.upToTheEnd({ web: { mounts: [], replicas: 1 } }))[0]?.outcome).toBe("succeeded");
  });
});

describe("a volume that is gone", () => {
  it("is missed by up, not made again", async () => {
    await house.upToTheEnd({ web: { mounts: [named], replicas: 1 } });
    disks().delete("shop_data");
    await expect(house.up({ web: { mounts: [named], replicas: 1, environment: { A: "1" } } })).rejects.toMatchObject({ code: "INS3020" });
    await expect(house.plan({ web: { mounts: [named], replicas: 1, environment: { A: "1" } } })).rejects.toMatchObject({ code: "INS3020" });
    expect(disks().has("shop_data")).toBe(false);
    await house.up({ web: { mounts: [named], replicas: 1, environment: { A: "1" } } }, { acceptVolumes: ["shop_data"] });
    expect(disks().has("shop_data")).toBe(true);
  });

  it("is missed by plan where a slot has it, too, and is allowed by its name or by its path", async () => {
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 2 } });
    const before = await mounted();
    const [first, second] = [before[1]?.[0] ?? "", before[2]?.[0] ?? ""];
    disks().delete(first);
    disks().delete(second);
    const changed = (replicas: number) => ({ web: { mounts: [anonymous], replicas, environment: { A: "1" } } });
    await expect(house.plan(changed(2))).rejects.toMatchObject({ code: "INS3020", message: expect.stringContaining(first) });
    // What is of a slot that is not wanted is nobody's loss yet.
    await expect(house.plan(changed(2), { acceptVolumes: [first] })).rejects.toThrow(second);
    expect((await house.plan(changed(1), { acceptVolumes: [first] })).changed).toBe(true);
    expect((await house.plan(changed(2), { acceptVolumes: ["/var/lib/data"] })).changed).toBe(true);
    expect((await house.upToTheEnd(changed(1), { acceptVolumes: [first] }))[0]?.outcome).toBe("succeeded");
    expect([disks().has(first), disks().has(second)]).toEqual([true, false]);
    expect((await house.upToTheEnd(changed(2), { acceptVolumes: ["/var/lib/data"] }))[0]?.outcome).toBe("succeeded");
    expect(await mounted()).toEqual(before);
  });

  it("that the file names is allowed by the path where a service mounts it", async () => {
    const web = { mounts: [named], replicas: 1 };
    await house.upToTheEnd({ web });
    disks().delete("shop_data");
    await expect(house.plan({ web }, { acceptVolumes: ["/elsewhere"] })).rejects.toMatchObject({ code: "INS3020" });
    await house.plan({ web }, { acceptVolumes: ["/var/lib/data"] });
    await house.up({ web }, { acceptVolumes: ["/var/lib/data"] });
    expect(disks().has("shop_data")).toBe(true);
  });

  it("is missed by start too: no empty one takes its place", async () => {
    const key = { stack: "shop", service: "web" };
    await house.upToTheEnd({ web: { mounts: [named], replicas: 1 } });
    await house.ended((await house.daemon.control.stop(key, "me")).id);
    disks().delete("shop_data");
    const ended = await house.ended((await house.daemon.control.start(key, "me")).id);
    expect(ended.outcome).not.toBe("succeeded");
    expect(ended.reason).toContain("INS3020");
    expect([disks().has("shop_data"), await house.engine.instances()]).toEqual([false, []]);
  });

  it("fails the deployment that needs it, before what serves is stopped", async () => {
    await house.upToTheEnd({ web: { mounts: [anonymous], replicas: 1 } });
    const [volume] = (await mounted())[1] ?? [];
    disks().delete(volume ?? "");
    const ended = await house.ended((await house.daemon.control.recycle({ stack: "shop", service: "web" }, "me")).id);
    expect(ended.outcome).not.toBe("succeeded");
    expect(ended.reason).toContain(`the volume ${volume} was there and is gone`);
    expect(await house.serving()).toEqual(["shop-web-r1-1-a1"]);
  });
});
