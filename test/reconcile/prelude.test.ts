import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { MountSpec, VolumeSpec } from "../../src/spec/types.ts";
import { tarOf } from "../sim/fake-volumes.ts";
import { House, request } from "./house.ts";

let house: House;
beforeEach(async () => {
  kept = 2;
  house = await House.build();
});
afterEach(async () => house.wipe());

const db = { stack: "shop", service: "db" };
const mount: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
let kept = 2;
const volume = (): VolumeSpec => ({
  ...{ name: "shop_data", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null },
  snapshot: { keep: kept, maxAgeMs: null },
});

/** `up` of a database whose volume is kept before each deployment, to the end. */
async function deploy(image: string): Promise<Awaited<ReturnType<House["ended"]>>> {
  const asked = request({ db: { image, replicas: 1, mounts: [mount] } }, {});
  const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume() } } });
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
    await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume() } } });
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
    const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume() } } });
    await house.until(async () => house.engine.control.calls.some(({ call, name }) => call === "start" && name === "shop-db-r2-1-a1"));
    house.engine.control.forgetFailures();
    await house.reopen();
    expect((await house.ended(deployments[0]?.id ?? "")).outcome).toBe("succeeded");
    expect(await snapshots()).toHaveLength(1);
    await house.ended((await house.daemon.control.recycle(db, "me")).id);
    expect(await snapshots()).toHaveLength(1);
  });

  it("stays while its deployment runs, whatever the clock said when earlier ones were taken", async () => {
    kept = 1;
    await deploy("shop/web:v1");
    const daemonAt = async (by: number): Promise<void> => {
      house.clockSetBy = by;
      await house.reopen();
    };
    await daemonAt(86_400_000);
    const early = await deploy("shop/web:v2");
    await daemonAt(0);
    await write("two");
    const { id } = await deploy("shop/web:v3");
    expect((await snapshots()).map(({ deployment }) => deployment)).toEqual([early.id, id]);
    await house.ended((await house.daemon.control.rollback(db, { to: null, data: true }, "me")).id);
    expect(await content()).toContain("two");
  });

  it("is taken of what a stack that went down left, before another version of it; not before the same", async () => {
    await deploy("shop/web:v1");
    await write("one");
    const down = () => house.daemon.control.down("shop", { volumes: false, who: "me" });
    await down();
    expect((await deploy("shop/web:v1")).outcome).toBe("succeeded");
    expect(await snapshots()).toEqual([]);
    await down();
    const { id, outcome } = await deploy("shop/web:v2");
    expect(outcome).toBe("succeeded");
    expect(await snapshots()).toMatchObject([{ deployment: id, consistency: "stopped" }]);
    await write("migrated");
    await house.ended((await house.daemon.control.rollback(db, { to: 1, data: true }, "me")).id);
    expect(await content()).toContain("one");
  });

  it("is taken before the first start of a revision that came while no instance was wanted, and of no later one", async () => {
    await deploy("shop/web:v1");
    await write("before");
    const scale = async (to: number) => (await house.ended((await house.daemon.control.scale(db, to, "me")).id)).id;
    await scale(0);
    await scale(1);
    expect(await snapshots()).toEqual([]);
    await scale(0);
    expect((await deploy("shop/web:v2")).outcome).toBe("succeeded");
    expect(await snapshots()).toEqual([]);
    const id = await scale(1);
    expect(await snapshots()).toMatchObject([{ deployment: id, origin: "before-deploy", consistency: "stopped" }]);
    await write("migrated");
    await scale(0);
    await scale(1);
    expect(await snapshots()).toHaveLength(1);
    const back = await house.ended((await house.daemon.control.rollback(db, { to: null, data: true }, "me")).id);
    expect(back).toMatchObject({ outcome: "succeeded", to: 1 });
    expect(await content()).toContain("before");
    expect(await content()).not.toContain("migrated");
  });

  it("is taken of what a Compose project left, once its container has stopped", async () => {
    const { projects, networks } = house.engine.control;
    networks.addForeignVolume("shop_data");
    projects.add("shop", "db", { mounts: [{ kind: "volume", source: "shop_data", target: "/data", readOnly: false }] });
    await write("theirs");
    const asked = request({ db: { replicas: 1, mounts: [mount] } }, { adopt: true });
    const { deployments } = await house.daemon.control.up({ ...asked, spec: { ...asked.spec, volumes: { data: volume() } } });
    const { id, outcome, steps } = await house.ended(deployments[0]?.id ?? "");
    expect(outcome).toBe("succeeded");
    expect(steps.map((step) => step.do)).toEqual(["create", "stop", "snapshot", "start", "route"]);
    expect(await snapshots()).toMatchObject([{ deployment: id, consistency: "stopped", stack: "shop" }]);
  });

  it("of one volume is not taken again when that of the next one fails", async () => {
    const both = (image: string) => {
      const mounts = [mount, { ...mount, source: "logs", target: "/logs" }];
      const asked = request({ db: { image, replicas: 1, mounts } }, {});
      return { ...asked, spec: { ...asked.spec, volumes: { data: volume(), logs: { ...volume(), name: "shop_logs" } } } };
    };
    const to = async (image: string) => house.ended((await house.daemon.control.up(both(image))).deployments[0]?.id ?? "");
    await to("shop/web:v1");
    let reads = 0;
    house.engine.control.volumes.between = async () => {
      if (++reads === 2) throw new InstarError("INS3001", "the engine cannot be reached");
    };
    const { id, outcome } = await to("shop/web:v2");
    expect(outcome).toBe("succeeded");
    expect((await house.daemon.control.volumes.snapshots()).map((one) => [one.volume, one.deployment]).sort()).toEqual([
      ["shop_data", id],
      ["shop_logs", id],
    ]);
    expect(reads).toBe(3);
  });

  it("is never passed over: where others may write and nothing says how they are frozen, the deployment fails", async () => {
    const shared = (image: string) => {
      const asked = request({ db: { image, replicas: 1, mounts: [mount] } }, {});
      return { ...asked, spec: { ...asked.spec, volumes: { data: { ...volume(), shared: true } } } };
    };
    const to = async (image: string) => house.ended((await house.daemon.control.up(shared(image))).deployments[0]?.id ?? "");
    await to("shop/web:v1");
    expect(await to("shop/web:v2")).toMatchObject({ outcome: "rolled-back", reason: expect.stringContaining("INS3011") });
    expect(await house.serving("db")).toEqual(["shop-db-r1-1-a1"]);
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

describe("rollback --data that does not succeed", () => {
  const older = "shop/web:v1";
  const ids = async () => (await snapshots()).map(({ id }) => id);
  /** Revision 2 serves "after"; revision 1, whose content was "before", does not get ready any more, and writes when it starts. */
  async function undoable(keep = 5): Promise<void> {
    kept = keep;
    await deploy(older);
    await write("before");
    await deploy("shop/web:v2");
    await write("after");
    house.engine.control.behave(older, { readyAfterMs: null });
  }
  /** Whatever runs, and although a rollback pins the service. */
  const next = async (image: string) => house.ended((await house.daemon.control.deploy(db, image, "me")).id);
  const back = async () => (await house.daemon.control.rollback(db, { to: null, data: true }, "me")).id;
  /** And the older revision has started on it. */
  const restored = () =>
    house.until(
      async () =>
        (await content()).includes("before") &&
        (await house.engine.instances()).some(({ name, state }) => name.includes("-r1-") && state === "running"),
    );

  it("gives back what was there before it, keeps what was written in between, and only then lets the newer revision start", async () => {
    await undoable();
    const id = await back();
    await restored();
    await write("between");
    const ended = await house.ended(id);
    expect(ended).toMatchObject({ outcome: "rolled-back", to: 1 });
    const steps = ended.steps.filter((step) => ["snapshot", "restore", "start"].includes(step.do));
    expect(steps.map((step) => `${step.do} ${step.instance?.slice(0, 10)}`)).toEqual([
      "snapshot shop-db-r1",
      "restore shop-db-r1",
      "start shop-db-r1",
      "restore shop-db-r2",
      "start shop-db-r2",
    ]);
    expect(await house.serving("db")).toEqual([expect.stringMatching(/^shop-db-r2-1-a/)]);
    expect(await content()).toContain("after");
    const [between] = await ids();
    await house.daemon.control.stop(db, "me").then((one) => house.ended(one.id));
    await house.daemon.control.volumes.restore(between ?? "", "me", () => undefined);
    expect(await content()).toContain("between");
  });

  it("loses neither the snapshot it restores nor the one it goes back to, however few are kept", async () => {
    await undoable(1);
    const [source] = await ids();
    const id = await back();
    await restored();
    expect(await ids()).toEqual([expect.any(String), source]);
    await expect(house.daemon.control.volumes.drop((await ids())[0] ?? "", "me")).rejects.toMatchObject({ code: "INS2090" });
    expect((await house.ended(id)).outcome).toBe("rolled-back");
    expect(await content()).toContain("after");
  });

  it("starts nothing on the other data while giving it back does not work, after its end and a restart of the daemon too", async () => {
    await undoable();
    const id = await back();
    await restored();
    const started = () =>
      house.engine.control.calls.filter(({ call, name }) => call === "start" && name?.startsWith("shop-db-r2-") === true);
    const before = started().length;
    house.engine.control.failNext("writeVolume", new InstarError("INS3014", "the snapshot is damaged"), 1000);
    await house.daemon.control.abort(id, "me");
    expect((await house.ended(id)).outcome).toBe("failed");
    await house.reopen();
    await house.until(async () => house.engine.control.calls.filter(({ call }) => call === "writeVolume").length > 4);
    expect(started()).toHaveLength(before);
    expect((await house.daemon.control.doctor()).checks).toContainEqual(
      expect.objectContaining({ state: "fail", message: expect.stringContaining("shop/db starts when shop_data has the content back") }),
    );
    // However often it was tried, what was there is kept once.
    expect(await ids()).toHaveLength(3);
    house.engine.control.forgetFailures();
    await house.until(async () => (await house.serving("db")).length === 1);
    expect(await house.serving("db")).toEqual([expect.stringMatching(/^shop-db-r2-1-a/)]);
    expect(await content()).toContain("after");
  });

  it("leaves what somebody restores by hand, when the snapshot that is owed is damaged", async () => {
    await undoable();
    const [source] = await ids();
    const id = await back();
    await restored();
    const [safety] = await ids();
    writeFileSync(join(house.home, "snapshots/shop_data", safety ?? "", "content.tar.zst"), "damaged");
    await house.daemon.control.abort(id, "me");
    expect(await house.ended(id)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("INS3014") });
    // It is tried again and again, and holds the volume for a moment each time.
    await house.until(() =>
      house.daemon.control.volumes
        .restore(source ?? "", "me", () => undefined)
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof InstarError && error.code === "INS3012") return false;
            throw error;
          },
        ),
    );
    await house.until(async () => (await house.serving("db")).length === 1);
    expect(await house.serving("db")).toEqual([expect.stringMatching(/^shop-db-r2-1-a/)]);
    expect(await content()).toContain("before");
  });

  it("overtaken by a third revision that fails, the good one has its own data; by one that succeeds, nothing is owed", async () => {
    await undoable();
    const first = await back();
    await restored();
    house.engine.control.behave("shop/web:v3", { readyAfterMs: null });
    expect((await next("shop/web:v3")).outcome).toBe("rolled-back");
    expect((await house.daemon.control.deployment(first)).outcome).toBe("superseded");
    expect(await house.serving("db")).toEqual([expect.stringMatching(/^shop-db-r2-1-a/)]);
    expect(await content()).toContain("after");

    await back();
    await restored();
    house.engine.control.images.add("shop/web:v4");
    expect((await next("shop/web:v4")).outcome).toBe("succeeded");
    expect(await content()).toContain("before");
    expect((await next("shop/web:bad")).outcome).toBe("rolled-back");
    expect(await content()).toContain("before");
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
    const [safety] = await snapshots();
    expect(safety).toMatchObject({ deployment: back.id });
    await house.daemon.control.stop(db, "me").then(({ id }) => house.ended(id));
    await house.daemon.control.volumes.restore(safety?.id ?? "", "me", () => undefined);
    expect(await content()).toContain("after");
  });

  it("is refused where no snapshot was taken, and nothing moves", async () => {
    await house.upToTheEnd({ db: { replicas: 1 } });
    await house.upToTheEnd({ db: { replicas: 1, image: "shop/web:v2" } });
    await expect(house.daemon.control.rollback(db, { to: null, data: true }, "me")).rejects.toMatchObject({ code: "INS2023" });
    expect(await house.serving("db")).toEqual(["shop-db-r2-1-a1"]);
  });

  it("is refused before anything moves where a volume to be restored is not ours, although its snapshots are taken", async () => {
    house.engine.control.networks.addForeignVolume("shop_data");
    const to = async (image: string) => {
      const asked = request({ db: { image, replicas: 1, mounts: [mount] } }, {});
      const { deployments } = await house.daemon.control.up({
        ...asked,
        spec: { ...asked.spec, volumes: { data: { ...volume(), external: true } } },
      });
      return house.ended(deployments[0]?.id ?? "");
    };
    await to("shop/web:v1");
    expect((await to("shop/web:v2")).outcome).toBe("succeeded");
    expect(await snapshots()).toHaveLength(1);
    await expect(house.daemon.control.rollback(db, { to: null, data: true }, "me")).rejects.toMatchObject({
      code: "INS3002",
      hint: expect.stringContaining("without --data"),
    });
    expect(await house.serving("db")).toEqual(["shop-db-r2-1-a1"]);
    expect((await house.daemon.control.services("shop"))[0]).toMatchObject({ pinned: false });
  });

  it("is refused while no instance is wanted, since nothing would be put back; not once there is one", async () => {
    await deploy("shop/web:v1");
    await write("before");
    await deploy("shop/web:v2");
    await write("after");
    const scale = async (to: number) => house.ended((await house.daemon.control.scale(db, to, "me")).id);
    const back = () => house.daemon.control.rollback(db, { to: null, data: true }, "me");
    await scale(0);
    await expect(back()).rejects.toMatchObject({ code: "INS2023", hint: expect.stringContaining("instar scale shop/db 1") });
    await scale(1);
    await house.ended((await back()).id);
    expect(await content()).toContain("before");
  });
});
