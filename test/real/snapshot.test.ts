import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { chmod, chown, lstat, lutimes, readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import type { SnapshotOrigin } from "../../src/reconcile/snapshots.ts";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import { BASE_IMAGE, SOCKET } from "./docker-world.ts";

const INSTALLATION = "test-snapshot";
const NAME = "test-snapshot-data";
const engine = createDockerEngine({ socketPath: SOCKET, installation: INSTALLATION });
const docker = new Docker({ socketPath: SOCKET, host: "" });
let root = "";
let at = "";

const ours = () => docker.listContainers({ all: true, filters: { label: [`dev.instar.installation=${INSTALLATION}`] } });
const clear = async (): Promise<void> => {
  for (const { Id } of await ours()) await docker.getContainer(Id).remove({ force: true });
  const { Volumes } = await docker.listVolumes({ filters: { label: [`dev.instar.installation=${INSTALLATION}`] } });
  for (const { Name } of Volumes) await docker.getVolume(Name).remove();
};
const quiet = (): void => undefined;
const origin: SnapshotOrigin = {
  ...{ volume: NAME, stack: "test", service: null, slot: null, deployment: null, origin: "hand", consistency: "stopped" },
  ...{ who: "test", createdAt: 1 },
};

/** Every path with all that a copy must keep. */
const faithful = async (folder: string): Promise<string[]> => {
  const seen: string[] = [];
  const first = new Map<bigint, string>();
  for (const path of ["", ...(readdirSync(folder, { recursive: true }) as string[]).sort()]) {
    const full = join(folder, path);
    const found = await lstat(full, { bigint: true });
    if (!first.has(found.ino)) first.set(found.ino, path);
    const content = found.isFile()
      ? createHash("sha256")
          .update(await readFile(full))
          .digest("hex")
      : found.isSymbolicLink()
        ? await readlink(full)
        : "";
    const size = found.isDirectory() ? "" : `${found.size} ${found.rdev}`;
    const sparse = found.blocks * 512n < found.size / 2n;
    const attributes = execFileSync("python3", ["-c", XATTRS, full], { encoding: "utf8" }).trim();
    seen.push(
      [path, found.mode.toString(8), found.uid, found.gid, found.mtimeNs, size, sparse, first.get(found.ino), content, attributes].join(
        " | ",
      ),
    );
  }
  return seen;
};
const XATTRS =
  "import os,sys; p=sys.argv[1]; print(sorted((k,os.getxattr(p,k,follow_symlinks=False)) for k in os.listxattr(p,follow_symlinks=False)))";

const fill = async (folder: string): Promise<void> => {
  mkdirSync(join(folder, "empty"));
  await chmod(join(folder, "empty"), 0o1777);
  writeFileSync(join(folder, "a"), "hello");
  await chown(join(folder, "a"), 999, 1234);
  await chmod(join(folder, "a"), 0o4751);
  linkSync(join(folder, "a"), join(folder, "hard"));
  symlinkSync("/no/where\n", join(folder, "link"));
  await lutimes(join(folder, "link"), 1, 1_200_000_000.25);
  writeFileSync(join(folder, "new\nline ü"), "x");
  execFileSync("python3", ["-c", "import os,sys; os.mkfifo(sys.argv[1])", join(folder, "pipe")]);
  writeFileSync(join(folder, "sparse"), "start");
  truncateSync(join(folder, "sparse"), 60 * 2 ** 20);
  writeFileSync(join(folder, "random"), randomBytes(20 * 2 ** 20));
  const deep = join(folder, "d".repeat(200), "e".repeat(200));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "f".repeat(200)), "long");
  const set =
    "import os,sys; os.setxattr(sys.argv[1],'user.k',b'v\\0\\n'); os.setxattr(sys.argv[1],'security.capability',bytes.fromhex('0100000200040000000000000000000000000000'))";
  execFileSync("python3", ["-c", set, join(folder, "random")]);
  await chmod(folder, 0o750);
  await chown(folder, 33, 44);
  await lutimes(folder, 5, 1_300_000_000.5);
};

beforeAll(async () => {
  await clear();
  root = mkdtempSync(join(tmpdir(), "instar-real-snapshots-"));
  await engine.ensureVolume("test", { name: NAME, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
  at = (await docker.getVolume(NAME).inspect()).Mountpoint;
  await fill(at);
});
afterAll(async () => {
  await clear();
  rmSync(root, { recursive: true });
});

test("a volume comes back with everything that it was", async () => {
  const catalogue = new Catalogue(join(root, "faithful"), "1");
  await catalogue.open();
  const before = await faithful(at);
  const { id, entries } = await catalogue.add(origin, engine.readVolume(NAME, { live: false }), quiet);
  expect(entries).toBe(before.length);
  const again = await catalogue.add(origin, engine.readVolume(NAME, { live: false }), quiet);
  expect(again.sha256).toBe((await catalogue.get(id)).sha256);
  rmSync(join(at, "random"));
  writeFileSync(join(at, "a"), "changed");
  mkdirSync(join(at, "more", "and more"), { recursive: true });
  await engine.writeVolume(NAME, catalogue.tar(id));
  expect(await faithful(at)).toEqual(before);
  expect(await ours()).toEqual([]);
});

test("a tar that breaks off is an error, and its containers go", async () => {
  const name = `${NAME}-broken`;
  await engine.ensureVolume("test", { name, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null });
  async function* half(): AsyncGenerator<Buffer> {
    let left = 5 * 2 ** 20;
    for await (const piece of engine.readVolume(NAME, { live: false })) {
      yield piece.subarray(0, left);
      left -= piece.length;
      if (left <= 0) return;
    }
  }
  await expect(engine.writeVolume(name, half())).rejects.toMatchObject({ code: "INS3010" });
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(100);
    throw new Error("the disk of the snapshots broke");
  }
  await expect(engine.writeVolume(name, broken())).rejects.toThrow("the disk of the snapshots broke");
  expect(await ours()).toEqual([]);
});

test("who stops reading ends the work", async () => {
  for await (const piece of engine.readVolume(NAME, { live: false })) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  expect(await ours()).toEqual([]);
});

test("what a killed daemon left goes, and only that", async () => {
  const made = async (name: string, labels: Record<string, string>): Promise<string> =>
    (await docker.createContainer({ name, Image: BASE_IMAGE, Cmd: ["true"], Labels: { ...labels, "dev.instar.test": "snapshot" } })).id;
  const role = { "dev.instar.role": "volume" };
  const prefix = `instar-volume-${INSTALLATION.slice(0, 8)}`;
  const left = await made(`${prefix}-00000001`, { "dev.instar.installation": INSTALLATION, ...role });
  const other = await made(`${prefix}-00000002`, { "dev.instar.installation": `${INSTALLATION}-other`, ...role });
  // Its image says so, its name does not.
  const instance = await made("shop-snapshot-r1-1-a1", { "dev.instar.installation": INSTALLATION, ...role });
  try {
    await engine.sweepVolumeWork();
    const there = (await docker.listContainers({ all: true, filters: { label: ["dev.instar.test=snapshot"] } })).map((one) => one.Id);
    expect(there.sort()).toEqual([other, instance].sort());
  } finally {
    for (const id of [left, other, instance])
      await docker
        .getContainer(id)
        .remove({ force: true })
        .catch((error: { statusCode?: number }) => expect(error.statusCode).toBe(404));
  }
});

describe("a full disk", () => {
  let small = "";
  beforeAll(() => {
    small = join(root, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", small]);
  });
  afterAll(() => execFileSync("umount", [small]));

  test("is told before anything is read, and where it fills up meanwhile nothing is left", async () => {
    const catalogue = new Catalogue(join(small, "snapshots"), "1");
    await catalogue.open();
    await expect(catalogue.needRoom(await engine.measureVolume(NAME))).rejects.toMatchObject({ code: "INS3013" });
    await expect(catalogue.add(origin, engine.readVolume(NAME, { live: false }), quiet)).rejects.toMatchObject({ code: "INS3013" });
    expect(readdirSync(join(small, "snapshots", NAME))).toEqual([]);
    expect(await ours()).toEqual([]);
  });
});

test("a volume's own disk that is full is told as such, and the volume is not called restored", async () => {
  const catalogue = new Catalogue(join(root, "full"), "1");
  await catalogue.open();
  const { id } = await catalogue.add(origin, engine.readVolume(NAME, { live: false }), quiet);
  const name = `${NAME}-tiny`;
  const driverOpts = { type: "tmpfs", device: "tmpfs", o: "size=4m" };
  await engine.ensureVolume("test", { name, external: false, driver: "local", driverOpts, labels: {}, shared: null });
  await expect(engine.writeVolume(name, catalogue.tar(id))).rejects.toMatchObject({ code: "INS3009" });
});
