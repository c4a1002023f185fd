import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { InstarError } from "../errors.ts";
import type { Advance, Snapshot, SnapshotOrigin, Snapshots } from "../reconcile/snapshots.ts";
import { digestOf, readArchive, writeArchive } from "./archive.ts";
import { makeFolder, syncFolder, writeThrough } from "./durable.ts";

const ARCHIVE = "content.tar.zst";
const ABOUT = "snapshot.json";
const PARTIAL = ".partial";
const HALF_RESTORED = "half-restored.json";
/** Left free beside a snapshot: the store and the router's files live on the same disk. */
const MARGIN_BYTES = 64 * 1024 * 1024;
const ID = /^\d{8}-\d{6}-[0-9a-f]{6}$/;
/** As the engine has it (moby, `RestrictedNamePattern`): safe as the name of a folder. */
const VOLUME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** `<root>/<volume>/<id>/` holds content.tar.zst and snapshot.json. */
export class Catalogue implements Snapshots {
  readonly #root: string;
  readonly #version: string;

  constructor(root: string, version: string) {
    this.#root = root;
    this.#version = version;
  }

  async open(): Promise<void> {
    await makeFolder(this.#root);
    for (const volume of await this.#volumes())
      for (const name of await this.#names(volume))
        if (name.endsWith(PARTIAL)) await rm(join(this.#root, volume, name), { recursive: true, force: true });
  }

  async all(): ReturnType<Snapshots["all"]> {
    const snapshots: Snapshot[] = [];
    const damaged: string[] = [];
    for (const volume of await this.#volumes()) {
      for (const id of (await this.#names(volume)).filter((name) => ID.test(name))) {
        const folder = join(this.#root, volume, id);
        const about = await this.#about(folder);
        if (about?.id === id && about.volume === volume) snapshots.push(about);
        else damaged.push(folder);
      }
    }
    return { snapshots: snapshots.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)), damaged };
  }

  async get(id: string): Promise<Snapshot> {
    const found = (await this.all()).snapshots.find((snapshot) => snapshot.id === id);
    if (found === undefined) throw new InstarError("INS2013", `there is no snapshot ${id}`);
    return found;
  }

  async needRoom(bytes: number): Promise<void> {
    await makeFolder(this.#root);
    const { bavail, bsize } = await statfs(this.#root);
    const free = bavail * bsize;
    if (free >= bytes + MARGIN_BYTES) return;
    const mib = (n: number): string => `${Math.ceil(n / 1024 / 1024)} MiB`;
    throw new InstarError("INS3013", `a snapshot may take ${mib(bytes + MARGIN_BYTES)}, and ${mib(free)} are free in ${this.#root}`);
  }

  async add(origin: SnapshotOrigin, tar: AsyncIterable<Buffer>, advance: Advance): Promise<Snapshot> {
    if (!VOLUME.test(origin.volume)) throw new InstarError("INS2012", `${JSON.stringify(origin.volume)} cannot be a volume's name`);
    const id = `${stamp(origin.createdAt)}-${randomBytes(3).toString("hex")}`;
    const home = join(this.#root, origin.volume);
    const partial = join(home, `${id}${PARTIAL}`);
    try {
      await makeFolder(partial);
      const written = await writeArchive(join(partial, ARCHIVE), tar, advance);
      const snapshot: Snapshot = { id, ...origin, ...written, version: this.#version };
      await writeThrough(join(partial, ABOUT), `${JSON.stringify(snapshot, null, 2)}\n`);
      await syncFolder(partial);
      await rename(partial, join(home, id));
      await syncFolder(home);
      return snapshot;
    } catch (cause) {
      await rm(partial, { recursive: true, force: true });
      if (!isFull(cause)) throw cause;
      throw new InstarError("INS3013", `no space is left under ${this.#root}; nothing remains of the snapshot`, { cause });
    }
  }

  async verify(id: string, advance: Advance): Promise<Snapshot> {
    const snapshot = await this.get(id);
    const path = this.#archive(snapshot);
    // Its length first: what was cut off shows at once.
    const { size } = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
      throw new InstarError("INS3014", `the content of the snapshot ${id} is gone: ${path}`, { cause });
    });
    if (size !== snapshot.bytes) throw new InstarError("INS3014", `the snapshot ${id} has ${size} bytes instead of ${snapshot.bytes}`);
    const { sha256 } = await digestOf(path, advance);
    if (sha256 !== snapshot.sha256)
      throw new InstarError("INS3014", `the snapshot ${id} has the checksum ${sha256} instead of ${snapshot.sha256}`);
    return snapshot;
  }

  async *tar(id: string): AsyncGenerator<Buffer> {
    const snapshot = await this.get(id);
    try {
      yield* readArchive(this.#archive(snapshot));
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && /^(ZSTD|Z)_/.test(String(cause.code)))) throw cause;
      throw new InstarError("INS3014", `the snapshot ${id} cannot be unpacked: ${cause.message}`, { cause });
    }
  }

  async file(id: string): ReturnType<Snapshots["file"]> {
    return createReadStream(this.#archive(await this.get(id)));
  }

  async remove(id: string): Promise<void> {
    const { volume } = await this.get(id);
    const home = join(this.#root, volume);
    // Half removed is as partial as half written.
    await rename(join(home, id), join(home, `${id}${PARTIAL}`));
    await syncFolder(home);
    await rm(join(home, `${id}${PARTIAL}`), { recursive: true, force: true });
  }

  async halfRestored(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const volume of await this.#volumes()) {
      if (!(await this.#names(volume)).includes(HALF_RESTORED)) continue;
      const mark = await readJson(join(this.#root, volume, HALF_RESTORED));
      // A mark that was cut short still is one.
      found.set(volume, (mark as { snapshot?: string } | null)?.snapshot ?? "an unknown snapshot");
    }
    return found;
  }

  async markHalfRestored(volume: string, snapshot: string): Promise<void> {
    const home = join(this.#root, volume);
    const mark = join(home, HALF_RESTORED);
    await makeFolder(home);
    // Never without one: what an earlier restore left half done is so until this one has ended.
    await rm(`${mark}${PARTIAL}`, { force: true });
    await writeThrough(`${mark}${PARTIAL}`, `${JSON.stringify({ snapshot })}\n`);
    await rename(`${mark}${PARTIAL}`, mark);
    await syncFolder(home);
  }

  async clearHalfRestored(volume: string): Promise<void> {
    await rm(join(this.#root, volume, HALF_RESTORED), { force: true });
    await syncFolder(join(this.#root, volume));
  }

  #archive({ volume, id }: Snapshot): string {
    return join(this.#root, volume, id, ARCHIVE);
  }

  async #about(folder: string): Promise<Snapshot | null> {
    return (await readJson(join(folder, ABOUT))) as Snapshot | null;
  }

  async #volumes(): Promise<string[]> {
    return (await readdir(this.#root, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  #names(volume: string): Promise<string[]> {
    return readdir(join(this.#root, volume));
  }
}

/** null where there is none, or where it is no JSON. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** `20261122-231507`, in UTC. */
const stamp = (at: number): string => new Date(at).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);

const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
