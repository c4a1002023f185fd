import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { MountSpec, VolumeSpec } from "../../src/spec/types.ts";
import { tarOf } from "../sim/fake-volumes.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const db = { stack: "shop", service: "db" };
const mount: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
const volume: VolumeSpec = {
  ...{ name: "shop_data", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null },
  snapshot: { keep: 2, maxAgeMs: null },
};

/** `up` of a database whose volume is kept before each deployment, to the end. */
async function deploy(image: string): Promise<Awaited<ReturnType<House["ended"]>>> {
  const asked = request({ db: { image, replicas: 1, mounts: [mount] } }, {});
  const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume } } });
  return house.ended(deployments[0]?.id ?? "");
}
const write = async (text: string) => house.engine.control.volumes.contents.set("shop_data", await tarOf({ rows: text }));
const content = async () => house.engine.control.volumes.contents.get("shop_data")?.toString() ?? "";
const snapshots = () => house.daemon.control.volumes.snapshots("shop_data");

describe("x-instar.snapshot: before-deploy", () => {
  it("keeps the volume between the stop of the old instance and the start of the new one; the newest are kept", async () => {
    await deploy("shop/web:v1");
    expect(await snapshots()).toEqual([]);
    await write("one");
    const second = await deploy("shop/web:v2");
    expect(second.outcome).toBe("succeeded");
    const order = second.steps.map((step) => step.do);
    expect(order.indexOf("snapshot")).toBeGreaterThan(order.indexOf("stop"));
    expect(order.indexOf("snapshot")).toBeLessThan(order.indexOf("start"));
    expect(await snapshots()).toMatchObject([
      { volume: "shop_data", deployment: second.id, origin: "before-deploy", consistency: "stopped" },
    ]);
    await deploy("shop/web:v3");
    const last = await deploy("shop/web:v1");
    expect((await snapshots()).map((one) => one.deployment)).toEqual([last.id, expect.any(String)]);
    expect(await snapshots()).toHaveLength(2);
  });

  it("is the one before the first of two deployments of the same revision, when the second overtakes it", async () => {
    await deploy("shop/web:v1");
    await write("one");
    house.engine.control.behave("shop/web:v2", { readyAfterMs: null });
    const asked = request({ db: { image: "shop/web:v2", replicas: 1, mounts: [mount], readyTimeoutMs: 60_000 } }, {});
    await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume } } });
    await house.until(async () => (await house.engine.instances()).some(({ name, state }) => name.includes("-r2-") && state === "running"));
    await write("migrated");
    house.engine.control.behave("shop/web:v2", {});
    expect((await house.ended((await house.daemon.control.recycle(db, "me")).id)).outcome).toBe("succeeded");
    expect(await snapshots()).toHaveLength(1);
    await house.ended((await house.daemon.control.rollback(db, { to: null, data: true }, "me")).id);
    expect(await content()).toContain("one");
    expect(await content()).not.toContain("migrated");
  });

  it("is not taken twice when the daemon dies after it, nor for fresh instances of the same revision", async () => {
    await deploy("shop/web:v1");
    await write("one");
    house.engine.control.failNext("start", new InstarError("INS3001", "killed"), 1000);
    const asked = request({ db: { image: "shop/web:v2", replicas: 1, mounts: [mount] } }, {});
    const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume } } });
    await house.until(async () => house.engine.control.calls.some(({ call, name }) => call === "start" && name === "shop-db-r2-1-a1"));
    house.engine.control.forgetFailures();
    await house.reopen();
    expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
    expect(await snapshots()).toHaveLength(1);
    await house.ended((await house.daemon.control.recycle(db, "me")).id);
    expect(await snapshots()).toHaveLength(1);
  });

  it("without room fails the deployment before anything is stopped; failing in between brings the old revision back", async () => {
    await deploy("shop/web:v1");
    house.engine.control.failNext("measureVolume", new InstarError("INS3013", "too little room"));
    const refused = await deploy("shop/web:v2");
    expect(refused).toMatchObject({ outcome: "rolled-back", reason: expect.stringContaining("INS3013") });
    expect(refused.steps.map((step) => step.do)).not.toContain("stop");
    house.engine.control.volumes.between = async () => {
      house.engine.control.volumes.between = async () => undefined;
      throw new InstarError("INS3009", "the disk is full");
    };
    await write("x".repeat(50_000));
    const broken = await deploy("shop/web:v3");
    expect(broken.outcome).toBe("rolled-back");
    expect(await house.serving("db")).toEqual([expect.stringMatching(/^shop-db-r1-1-a/)]);
    expect(await snapshots()).toEqual([]);
  });
});

describe("rollback --data", () => {
  it("gives the volume the content it had before the deployment that is undone, and keeps what it had since", async () => {
    await deploy("shop/web:v1");
    await write("before");
    await deploy("shop/web:v2");
    await write("after");
    const back = await house.ended((await house.daemon.control.rollback(db, { to: null, data: true }, "me")).id);
    expect(back).toMatchObject({ outcome: "succeeded", to: 1 });
    expect(back.steps.map((step) => step.do).filter((what) => ["stop", "snapshot", "restore", "start"].includes(what))).toEqual([
      "stop",
      "snapshot",
      "restore",
      "start",
    ]);
    expect(await content()).toContain("before");
    const [kept] = await snapshots();
    expect(kept).toMatchObject({ deployment: back.id });
    await house.daemon.control.stop(db, "me").then(({ id }) => house.ended(id));
    await house.daemon.control.volumes.restore(kept?.id ?? "", "me", () => undefined);
    expect(await content()).toContain("after");
  });

  it("is refused where no snapshot was taken, and nothing moves", async () => {
    await house.upToTheEnd({ db: { replicas: 1 } });
    await house.upToTheEnd({ db: { replicas: 1, image: "shop/web:v2" } });
    await expect(house.daemon.control.rollback(db, { to: null, data: true }, "me")).rejects.toMatchObject({ code: "INS2023" });
    expect(await house.serving("db")).toEqual(["shop-db-r2-1-a1"]);
  });
});
