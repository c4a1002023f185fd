import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InstarError } from "../../src/errors.ts";
import type { Progress } from "../../src/reconcile/volume-control.ts";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import { House, WEB } from "../reconcile/house.ts";
import { tarOf } from "../sim/fake-volumes.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(() => house.wipe());

const WITH_DATA = { ...WEB, replicas: 1, mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false }] } as never;
const quiet: Progress = () => undefined;
const volumes = () => house.daemon.control.volumes;
const contents = () => house.engine.control.volumes.contents;
const put = async (text: string): Promise<Buffer> => {
  const tar = await tarOf({ file: text.repeat(20_000) });
  contents().set("shop_data", tar);
  return tar;
};
const serving = () => house.until(async () => (await house.serving()).length > 0);
/** With its service stopped. */
const stopped = async (): Promise<void> => {
  await house.upToTheEnd({ web: WITH_DATA });
  const { id } = await house.daemon.control.stop({ stack: "shop", service: "web" }, "test");
  await house.ended(id);
};
const take = async () => {
  const [made] = await volumes().create("shop_data", { running: false, who: "ann" }, quiet);
  if (made === undefined) throw new Error("no snapshot");
  return made;
};
const events = async (): Promise<string[]> => (await house.daemon.control.events({})).map((event) => event.message);

describe("taking one", () => {
  test("of a service: what it writes to, with who and from where, and progress up to the end", async () => {
    await stopped();
    const tar = await put("a");
    const seen: string[] = [];
    const made = await volumes().create("web", { running: false, who: "ann" }, (now) => seen.push(`${now.phase} ${now.bytes}/${now.of}`));
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({
      volume: "shop_data",
      stack: "shop",
      service: "web",
      who: "ann",
      consistency: "stopped",
      origin: "hand",
    });
    expect([seen[0], seen.at(-1)]).toEqual(["measuring 0/null", `reading ${tar.length}/${tar.length}`]);
    expect(await events()).toContain(`${made[0]?.id} of shop_data was taken by ann`);
    expect((await volumes().list())[0]).toMatchObject({
      name: "shop_data",
      snapshots: 1,
      lastSnapshot: { id: made[0]?.id },
      orphan: false,
    });
  });

  test("is refused while a writer runs, unless that is asked for", async () => {
    await house.upToTheEnd({ web: WITH_DATA });
    await expect(take()).rejects.toMatchObject({ code: "INS3011", message: expect.stringContaining("shop-web-r1-1-a1") });
    const [made] = await volumes().create("shop/web", { running: true, who: "ann" }, quiet);
    expect(made?.consistency).toBe("crash");
  });

  test("without room for it: told before anything is read", async () => {
    await stopped();
    house.engine.control.volumes.measured = 2 ** 60;
    house.engine.control.volumes.between = () => Promise.reject(new Error("it was read"));
    await expect(take()).rejects.toMatchObject({ code: "INS3013" });
    expect(await volumes().snapshots()).toEqual([]);
  });

  test("of what is none of ours", async () => {
    house.engine.control.networks.addForeignVolume("theirs");
    await expect(volumes().create("theirs", { running: true, who: "ann" }, quiet)).rejects.toMatchObject({ code: "INS3002" });
  });

  test("of what is not there", async () => {
    await expect(volumes().create("nothing", { running: false, who: "ann" }, quiet)).rejects.toMatchObject({ code: "INS2012" });
    await house.upToTheEnd({ web: WEB });
    await expect(volumes().create("web", { running: false, who: "ann" }, quiet)).rejects.toMatchObject({ code: "INS2012" });
  });

  test("two at once, and a start meanwhile: the later one waits or is refused", async () => {
    await stopped();
    await put("a");
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    house.engine.control.volumes.between = () => gate;
    const first = take();
    await house.until(async () => (await volumes().list())[0]?.work === "a snapshot of shop_data");
    await expect(take()).rejects.toMatchObject({ code: "INS3012" });
    await expect(volumes().remove("shop_data", "ann")).rejects.toMatchObject({ code: "INS3012" });
    await house.daemon.control.start({ stack: "shop", service: "web" }, "ann");
    await house.until(async () => house.reports.some((line) => line.includes("a snapshot of shop_data is under way")));
    expect(await house.serving()).toEqual([]);
    go();
    await first;
    await serving();
  });
});

describe("putting it back", () => {
  test("to the byte, and again", async () => {
    await stopped();
    const tar = await put("before");
    const { id } = await take();
    await put("after");
    await volumes().restore(id, "ann", quiet);
    expect(contents().get("shop_data")).toEqual(tar);
    expect(await events()).toContain(`shop_data was restored from ${id} by ann`);
    await volumes().restore(id, "ann", quiet);
    expect(contents().get("shop_data")).toEqual(tar);
  });

  test("not while anything runs on it, and not from a damaged one: the volume stays as it is", async () => {
    await stopped();
    await put("before");
    const { id } = await take();
    const now = await put("after");
    const { id: start } = await house.daemon.control.start({ stack: "shop", service: "web" }, "ann");
    await house.ended(start);
    await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({ code: "INS3011" });
    const { id: stop } = await house.daemon.control.stop({ stack: "shop", service: "web" }, "ann");
    await house.ended(stop);
    const file = join(house.home, "snapshots/shop_data", id, "content.tar.zst");
    writeFileSync(file, readFileSync(file).subarray(1));
    await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({ code: "INS3014" });
    expect(contents().get("shop_data")).toEqual(now);
  });

  test("not onto a volume that is not ours", async () => {
    await stopped();
    const { id } = await take();
    await volumes().remove("shop_data", "ann");
    house.engine.control.networks.addForeignVolume("shop_data");
    contents().set("shop_data", await tarOf({ theirs: "theirs" }));
    await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({ code: "INS3002" });
    expect(contents().get("shop_data")).toEqual(await tarOf({ theirs: "theirs" }));
  });

  test("a volume that is gone is made again", async () => {
    await stopped();
    const tar = await put("before");
    const { id } = await take();
    await volumes().remove("shop_data", "ann");
    expect((await house.engine.volumes()).length).toBe(0);
    await volumes().restore(id, "ann", quiet);
    expect(contents().get("shop_data")).toEqual(tar);
    expect((await house.engine.volumes())[0]).toMatchObject({ name: "shop_data", stack: "shop", ours: true });
  });

  test("a volume that is gone is not made again from a damaged one, and nothing starts on it before it is whole", async () => {
    await stopped();
    const tar = await put("before");
    const { id } = await take();
    await volumes().remove("shop_data", "ann");
    const file = join(house.home, "snapshots/shop_data", id, "content.tar.zst");
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(1));
    await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({ code: "INS3014" });
    expect(await house.engine.volumes()).toEqual([]);
    writeFileSync(file, whole);
    const half: (string | undefined)[] = [];
    const { ensureVolume } = house.engine;
    house.engine.ensureVolume = async (...how) => {
      half.push((await new Catalogue(join(house.home, "snapshots"), "1").halfRestored()).get("shop_data"));
      await ensureVolume(...how);
      throw new InstarError("INS3001", "the engine cannot be reached");
    };
    await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({
      ...{ code: "INS3001", message: expect.stringContaining("shop_data is half restored") },
    });
    expect(half).toEqual([id]);
    expect((await volumes().list())[0]?.halfRestored).toBe(id);
    house.engine.ensureVolume = ensureVolume;
    await house.daemon.control.start({ stack: "shop", service: "web" }, "ann");
    await house.until(async () => house.reports.some((line) => line.includes("half restored")));
    await volumes().restore(id, "ann", quiet);
    expect(contents().get("shop_data")).toEqual(tar);
    await serving();
  });

  test("broken off: nothing starts on it, doctor tells, the next daemon knows, the next restore mends", async () => {
    await stopped();
    const tar = await put("before");
    const { id } = await take();
    house.engine.control.volumes.between = () => Promise.reject(new Error("the engine broke"));
    await expect(volumes().restore(id, "ann", quiet)).rejects.toThrow("the engine broke");
    house.engine.control.volumes.between = async () => undefined;
    expect((await volumes().list())[0]?.halfRestored).toBe(id);
    await house.close();
    await house.open();
    expect((await volumes().list())[0]?.halfRestored).toBe(id);
    expect((await house.daemon.control.doctor()).checks).toContainEqual(expect.objectContaining({ name: "volumes", state: "fail" }));
    await expect(take()).rejects.toMatchObject({ code: "INS3015" });
    await expect(volumes().drop(id, "ann")).rejects.toMatchObject({ code: "INS3015" });
    await house.daemon.control.start({ stack: "shop", service: "web" }, "ann");
    await house.until(async () => house.reports.some((line) => line.includes("half restored")));
    expect(await house.serving()).toEqual([]);
    await volumes().restore(id, "ann", quiet);
    expect(contents().get("shop_data")).toEqual(tar);
    await serving();
  });
});

test("a restore that the engine breaks off says that it is half done, and how it goes on", async () => {
  await stopped();
  const { id } = await take();
  house.engine.control.failNext("writeVolume", new InstarError("INS3009", "no space left on device"));
  await expect(volumes().restore(id, "ann", quiet)).rejects.toMatchObject({
    ...{ code: "INS3009", message: expect.stringContaining("shop_data is half restored"), hint: expect.stringContaining(id) },
  });
});

test("the daemon's end breaks off what is under way: an unfinished snapshot leaves nothing", async () => {
  await stopped();
  await put("a");
  let reading = 0;
  let closing: Promise<void> = Promise.resolve();
  house.engine.control.volumes.between = async () => {
    reading += 1;
    if (reading === 2) closing = house.close();
  };
  await expect(take()).rejects.toMatchObject({ code: "INS7001" });
  await closing;
  expect(readdirSync(join(house.home, "snapshots/shop_data"))).toEqual([]);
  await house.open();
});

describe("deleting a volume", () => {
  test("not while it is used, nor what is not ours", async () => {
    await house.upToTheEnd({ web: WITH_DATA });
    await expect(volumes().remove("shop_data", "ann")).rejects.toMatchObject({ code: "INS3011" });
    house.engine.control.networks.addForeignVolume("theirs");
    await expect(volumes().remove("theirs", "ann")).rejects.toMatchObject({ code: "INS3002" });
    await expect(volumes().remove("nothing", "ann")).rejects.toMatchObject({ code: "INS2012" });
  });

  test("is on record, and its snapshots stay", async () => {
    await stopped();
    const { id } = await take();
    await volumes().remove("shop_data", "ann");
    expect(await events()).toContain("shop_data was deleted by ann");
    expect((await volumes().snapshots("shop_data")).map((one) => one.id)).toEqual([id]);
  });
});

test("an orphan is marked, and a volume of nobody's concern is not shown", async () => {
  await stopped();
  house.engine.control.networks.addForeignVolume("theirs");
  await house.engine.ensureVolume("gone", {
    name: "gone_data",
    external: false,
    driver: "local",
    driverOpts: {},
    labels: {},
    shared: null,
  });
  expect((await volumes().list()).map((one) => [one.name, one.orphan])).toEqual([
    ["gone_data", true],
    ["shop_data", false],
  ]);
});

test("import and export carry a volume to another name", async () => {
  await stopped();
  const tar = await put("moved");
  const { id } = await take();
  const { snapshot, body } = await volumes().export(id);
  let bytes = 0;
  for await (const piece of body) bytes += (piece as Buffer).length;
  expect(bytes).toBe(snapshot.bytes);
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield tar;
  };
  await expect(volumes().import(pieces(), { volume: "new_data", stack: null, who: "ann" }, quiet)).rejects.toMatchObject({
    code: "INS2012",
  });
  const imported = await volumes().import(pieces(), { volume: "new_data", stack: "new", who: "ann" }, quiet);
  expect(imported).toMatchObject({ volume: "new_data", stack: "new", origin: "import", entries: 2 });
  await volumes().restore(imported.id, "ann", quiet);
  expect(contents().get("new_data")).toEqual(tar);
});
