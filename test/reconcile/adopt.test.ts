import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import type { MountSpec } from "../../src/spec/types.ts";
import { tarOf } from "../sim/fake-volumes.ts";
import { House, stack } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

const projects = () => house.engine.control.projects;
const named: MountSpec = { kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false };
const anonymous: MountSpec = { ...named, source: null, target: "/var/lib/db" };
const port = { published: 8080, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" } as const;
const files = {
  db: { ports: [], ready: null, replicas: 1, mounts: [named, anonymous] },
  web: { replicas: 1, ports: [port], dependsOn: { db: { condition: "service_healthy" as const, required: true } } },
};

/** A project with a web and a database, as `docker compose up` leaves it. */
function compose(): void {
  const volume = (source: string, target: string) => ({ kind: "volume" as const, source, target, readOnly: false });
  projects().add("shop", "db", { mounts: [volume("shop_data", "/data"), volume("f00d", "/var/lib/db")] });
  projects().add("shop", "web", { ports: [8080], networks: ["shop_default"] });
  const { networks } = house.engine.control;
  networks.addForeignNetwork("shop_default", "172.18.0.0/16");
  networks.addForeignVolume("shop_data");
  networks.addForeignVolume("f00d");
}
/** As a restore leaves shop_data whose daemon was killed. */
async function halfRestored(): Promise<void> {
  await new Catalogue(join(house.home, "snapshots"), "1").markHalfRestored("shop_data", "a-snapshot");
  await house.reopen();
}
async function restore(): Promise<void> {
  const { volumes } = house.daemon.control;
  const whole = async function* () {
    yield await tarOf({ rows: "whole" });
  };
  const { id } = await volumes.import(whole(), { volume: "shop_data", stack: "shop", who: "me" }, () => undefined);
  await volumes.restore(id, "me", () => undefined);
}
const listeners = () => house.router.control.table().listeners.map((l) => l.port);

describe("a Compose project of the stack's name", () => {
  it("is in the way of up, which names adopt; nothing is changed", async () => {
    compose();
    await expect(house.up(files)).rejects.toMatchObject({ code: "INS2021", hint: expect.stringContaining("instar adopt shop") });
    expect(projects().done).toEqual([]);
    expect(await house.engine.instances()).toEqual([]);
  });

  it("is adopted with its volumes, service by service; its containers are kept, stopped", async () => {
    compose();
    const ends = await house.upToTheEnd(files, { adopt: true });
    expect(ends.map((d) => d.outcome)).toEqual(["succeeded", "succeeded"]);
    expect(projects().running("shop")).toEqual([]);
    expect(projects().done).toEqual(["attach id-shop-db-1", "attach id-shop-web-1", "retire id-shop-db-1", "retire id-shop-web-1"]);
    const db = house.engine.control.container("shop-db-r1-1-a1").blueprint;
    expect(db.volumeNames).toEqual({ data: "shop_data" });
    expect(db.slotVolumes).toEqual({ "/var/lib/db": "f00d" });
    expect(db.networks.map(({ name }) => name)).toEqual(["shop_default_instar"]);
    expect(listeners()).toEqual([8080]);
    const steps = ends.find((d) => d.service === "web")?.steps.map((s) => `${s.do} ${s.instance}`);
    // A port has one holder: the new instance stands ready before the old one lets go of it.
    expect(steps).toEqual([
      "create shop-web-r1-1-a1",
      "start shop-web-r1-1-a1",
      "route shop-web-r1-1-a1",
      "stop shop-web-1",
      "open shop-web-1",
    ]);
    expect((await house.up(files)).deployments.map((d) => d.outcome)).toEqual(["unchanged", "unchanged"]);
  });

  it("makes its own only what it mounts, and nothing when it cannot begin", async () => {
    compose();
    house.engine.control.networks.addForeignVolume("cache");
    const volume = (source: string, target: string) => ({ kind: "volume" as const, source, target, readOnly: false });
    projects().add("shop", "db", { mounts: [volume("shop_data", "/data"), volume("f00d", "/var/lib/db"), volume("cache", "/cache")] });
    const own = async () =>
      (await house.daemon.control.volumes.list()).filter(({ ours, stack }) => ours && stack === "shop").map(({ name }) => name);
    house.engine.control.failNext("ensureNetwork", new Error("no"));
    await expect(house.up(files, { adopt: true })).rejects.toThrow("no");
    expect(await own()).toEqual([]);
    await house.upToTheEnd(files, { adopt: true });
    expect(await own()).toEqual(["f00d", "shop_data"]);
    await expect(house.daemon.control.volumes.remove("cache", "me")).rejects.toMatchObject({ code: "INS3002" });
  });

  it("keeps the router off its ports until they are free", async () => {
    compose();
    house.engine.control.behave("shop/web:v1", { readyAfterMs: 100 });
    const { deployments } = await house.up(files, { adopt: true });
    expect(listeners()).toEqual([]);
    for (const d of deployments) await house.ended(d.id);
    expect(listeners()).toEqual([8080]);
  });

  it("serves again when the first deployment fails", async () => {
    compose();
    const ends = await house.upToTheEnd({ ...files, web: { ...files.web, image: "shop/web:bad" } }, { adopt: true });
    expect(ends.find((d) => d.service === "web")?.outcome).toBe("failed");
    await house.until(async () => projects().running("shop").includes("shop-web-1"));
    expect(listeners()).toEqual([]);
    const again = await house.upToTheEnd(files);
    expect(again.find((d) => d.service === "web")?.outcome).toBe("succeeded");
    expect(projects().running("shop")).toEqual([]);
    expect(listeners()).toEqual([8080]);
  });

  it("comes back whole with undo, also when the daemon dies in the middle; finish ends the way back", async () => {
    compose();
    await house.upToTheEnd(files, { adopt: true });
    house.engine.control.failNext("revive", new Error("killed"));
    await expect(house.daemon.control.undoAdoption("shop", "me")).rejects.toThrow("killed");
    await house.reopen();
    await house.until(async () => projects().running("shop").length === 2);
    expect(projects().done.filter((what) => what.startsWith("revive"))).toEqual(["revive id-shop-db-1", "revive id-shop-web-1"]);
    expect([...(projects().there.get("shop")?.values() ?? [])].map(({ restart, networks }) => [restart.name, networks])).toEqual([
      ["unless-stopped", []],
      ["unless-stopped", ["shop_default"]],
    ]);
    expect(listeners()).toEqual([]);
    expect(house.engine.control.networks.disks.has("shop_data")).toBe(true);
    await house.until(
      async () => (await house.daemon.control.undoAdoption("shop", "me").catch((e: { code: string }) => e.code)) === "INS2022",
    );
    await house.upToTheEnd(files, { adopt: true });
    expect(await house.daemon.control.finishAdoption("shop", "me")).toEqual(["shop-db-1", "shop-web-1"]);
    expect(projects().there.get("shop")?.size).toBe(0);
    expect((await house.up(files)).deployments.map((d) => d.outcome)).toEqual(["unchanged", "unchanged"]);
    await expect(house.daemon.control.undoAdoption("shop", "me")).rejects.toMatchObject({ code: "INS2022" });
  });

  it("does not come back on a volume that is half restored: undo is refused before anything is touched", async () => {
    compose();
    await house.upToTheEnd(files, { adopt: true });
    await halfRestored();
    await expect(house.daemon.control.undoAdoption("shop", "me")).rejects.toMatchObject({ code: "INS3015" });
    expect(projects().running("shop")).toEqual([]);
    expect(await house.serving("web")).toEqual(["shop-web-r1-1-a1"]);
    await house.ended((await house.daemon.control.stop({ stack: "shop", service: "db" }, "me")).id);
    await restore();
    await house.daemon.control.undoAdoption("shop", "me");
    expect(projects().running("shop")).toEqual(["shop-db-1", "shop-web-1"]);
  });

  it("nor when its first deployment fails on one, until that is restored", async () => {
    compose();
    await halfRestored();
    const ends = await house.upToTheEnd({ db: files.db }, { adopt: true });
    expect(ends).toMatchObject([{ outcome: "failed", reason: expect.stringContaining("half restored") }]);
    const looks = () => house.engine.control.calls.filter(({ call }) => call === "runningOf").length;
    const before = looks();
    await house.until(async () => looks() > before + 6);
    expect(projects().running("shop")).toEqual(["shop-web-1"]);
    await restore();
    await house.until(async () => projects().running("shop").includes("shop-db-1"));
  });

  it("stays adopted over a restart of the daemon, until somebody undoes it", async () => {
    compose();
    await house.upToTheEnd(files, { adopt: true });
    await house.reopen();
    // What the new daemon might have begun of the stack comes before this.
    expect((await house.up(files)).deployments.map((d) => d.outcome)).toEqual(["unchanged", "unchanged"]);
    expect(projects().done.filter((what) => what.startsWith("revive"))).toEqual([]);
    expect([projects().running("shop"), listeners()]).toEqual([[], [8080]]);
  });

  it("comes back also after the stack went down, and the volumes it had are deleted only when that is asked for", async () => {
    compose();
    await house.upToTheEnd(files, { adopt: true });
    expect((await house.daemon.control.down("shop", { volumes: false, who: "me" })).keptVolumes).toEqual(["f00d", "shop_data"]);
    await house.daemon.control.undoAdoption("shop", "me");
    expect(projects().running("shop")).toEqual(["shop-db-1", "shop-web-1"]);
    expect([...(projects().there.get("shop")?.values() ?? [])].flatMap(({ networks }) => networks)).toEqual(["shop_default"]);
    await house.upToTheEnd(files, { adopt: true });
    await house.daemon.control.finishAdoption("shop", "me");
    expect((await house.daemon.control.down("shop", { volumes: true, who: "me" })).removedVolumes).toEqual(["f00d", "shop_data"]);
    expect([...house.engine.control.networks.disks.keys()]).toEqual([]);
  });

  it("whose way back is still open keeps its volumes: down --volumes is refused before anything is changed, and names what ends it", async () => {
    compose();
    await house.upToTheEnd(files, { adopt: true });
    const { volumeUsers } = house.engine;
    const kept = { container: "shop-db-1", ours: false, stack: null, service: null, slot: null, running: false, readOnly: false };
    house.engine.volumeUsers = async (name) => [
      ...(await volumeUsers(name)),
      ...(name === undefined || name === "shop_data" ? [{ ...kept, volume: "shop_data" }] : []),
    ];
    const down = () => house.daemon.control.down("shop", { volumes: true, who: "me" });
    await expect(down()).rejects.toMatchObject({
      code: "INS3011",
      message: expect.stringContaining("shop_data is in use by shop-db-1"),
      hint: expect.stringContaining("instar adopt shop --finish"),
    });
    expect(await house.serving("db")).toEqual(["shop-db-r1-1-a1"]);
    expect([...house.engine.control.networks.disks.keys()].sort()).toEqual(["f00d", "shop_data"]);
    await house.daemon.control.finishAdoption("shop", "me");
    house.engine.volumeUsers = volumeUsers;
    expect((await down()).removedVolumes).toEqual(["f00d", "shop_data"]);
  });

  it("is refused when its container has another volume than the file mounts, or a stack of the name is there", async () => {
    compose();
    projects().add("shop", "db", { mounts: [{ kind: "volume", source: "elsewhere", target: "/data", readOnly: false }] });
    await expect(house.up(files, { adopt: true })).rejects.toMatchObject({ code: "INS2020" });
    await expect(house.plan(files, { adopt: true })).rejects.toMatchObject({ code: "INS2020" });
    projects().there.clear();
    await expect(house.up(files, { adopt: true })).rejects.toMatchObject({ code: "INS2022" });
    house.engine.control.networks.known.delete("shop_default");
    house.engine.control.networks.disks.delete("shop_data");
    await house.upToTheEnd({ web: files.web, db: files.db });
    compose();
    await expect(house.up(files, { adopt: true })).rejects.toMatchObject({ code: "INS2022" });
  });

  it("keeps what the file does not speak of, joins only who is on networks of the stack, and undo gives back exactly that", async () => {
    compose();
    const { networks } = house.engine.control;
    networks.addForeignVolume("cafe");
    projects().add("shop", "mail", { mounts: [{ kind: "volume", source: "cafe", target: "/spool", readOnly: false }] });
    projects().add("shop", "web", { number: 2, running: false });
    projects().add("shop", "agent");
    const services = {
      db: files.db,
      web: { ...files.web, networks: { default: { aliases: [] }, back: { aliases: ["site"] } }, mounts: [{ ...named, source: "extra" }] },
      agent: { replicas: 1, ports: [], ready: null, networks: {}, networkMode: "host" as const },
    };
    const { networks: own, volumes, ...rest } = stack(services);
    const network = { name: "shop_back", external: false, internal: false, labels: {} };
    const extra = { name: "shop_extra", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null };
    const spec = { ...rest, networks: { ...own, back: network }, volumes: { ...volumes, extra } };
    const { notices, deployments } = await house.up(services, { adopt: true, spec });
    expect(notices.filter(({ code }) => code === "left-alone").map(({ message }) => message)).toEqual([
      "shop-mail-1 goes on running as it is: the file has no service mail",
    ]);
    for (const { id } of deployments) expect((await house.ended(id)).outcome).toBe("succeeded");
    const joined = projects().done.filter((what) => what.startsWith("attach"));
    expect(joined).toEqual(["attach id-shop-db-1", "attach id-shop-web-1", "attach id-shop-web-1"]);
    expect(projects().running("shop")).toEqual(["shop-mail-1"]);
    const web = house.engine.control.container("shop-web-r1-1-a1").blueprint;
    expect(web.networks.map(({ name }) => name).sort()).toEqual(["shop_back", "shop_default_instar"]);
    const ours = async () =>
      (await house.daemon.control.volumes.list()).filter((v) => v.ours && v.stack === "shop").map(({ name }) => name);
    expect((await ours()).sort()).toEqual(["f00d", "shop_data", "shop_extra"]);
    expect([...(await house.daemon.control.undoAdoption("shop", "me"))].sort()).toEqual(["shop-agent-1", "shop-db-1", "shop-web-1"]);
    expect(projects().running("shop").sort()).toEqual(["shop-agent-1", "shop-db-1", "shop-mail-1", "shop-web-1"]);
    expect(await ours()).toEqual(["shop_extra"]);
  });

  it.each([
    ["while a deployment runs", "shop/web:slow"],
    ["after one has failed", "shop/web:bad"],
  ])("is not finished %s: its containers may still be needed", async (when, image) => {
    compose();
    house.engine.control.images.add("shop/web:slow");
    house.engine.control.behave("shop/web:slow", { readyAfterMs: null });
    const { deployments } = await house.up({ ...files, web: { ...files.web, image, readyTimeoutMs: 60_000 } }, { adopt: true });
    for (const d of deployments) if (d.service === "db" || when !== "while a deployment runs") await house.ended(d.id);
    await expect(house.daemon.control.finishAdoption("shop", "me")).rejects.toMatchObject({
      ...{ code: "INS2022", message: expect.stringContaining("shop/web is not there yet") },
    });
    expect(projects().done.filter((what) => what.startsWith("discard"))).toEqual([]);
  });

  it("is refused when the file mounts a path of the host where its container has a volume", async () => {
    compose();
    const path: MountSpec = { kind: "bind", source: "/srv/data", target: "/data", readOnly: false, createHostPath: true };
    const db = { ...files.db, mounts: [path, anonymous] };
    await expect(house.up({ ...files, db }, { adopt: true })).rejects.toMatchObject({
      ...{ code: "INS2020", message: expect.stringContaining("the file mounts /srv/data there") },
    });
    expect(projects().done).toEqual([]);
  });
});
