import { createHash } from "node:crypto";
import type { BigIntStats, Dirent } from "node:fs";
import { constants, type FileHandle, lstat, open, opendir, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** The writable layer of a container, read where overlay2 keeps it: what is in it is what changed. */

export interface LayerBounds {
  /** Paths listed in all, and of one folder. */
  readonly paths: number;
  readonly perFolder: number;
  /** Entries looked at in one folder. */
  readonly entries: number;
  /** Folders within folders. */
  readonly depth: number;
  /** Bytes read in one look, and of one file. */
  readonly bytes: number;
  readonly fileBytes: number;
}

export const BOUNDS: LayerBounds = { paths: 200, perFolder: 50, entries: 5_000, depth: 100, bytes: 16 * 2 ** 20, fileBytes: 2 ** 20 };

export interface Layer {
  readonly changed: readonly { readonly path: string; readonly kind: "A" | "C" | "D"; readonly hash: string }[];
  readonly more: boolean;
  /** Folders of the image in which something was made that is gone again. */
  readonly traces: readonly string[];
  /** Path → what its inode said and what its content was then: for the next look. */
  readonly read: ReadonlyMap<string, { readonly stamp: string; readonly hash: string }>;
}

export interface LayerPlace {
  readonly upper: string;
  /** Newest first. */
  readonly lower: readonly string[];
  /** Paths inside the container below which anything may change. */
  readonly writable: readonly string[];
  /** Where something is mounted: the engine makes a file or folder there. */
  readonly stubs: ReadonlySet<string>;
  /** What `lower` has at folders that were looked at before, by path: layers below the writable one are written once. Filled here. */
  readonly folders: Map<string, InImage>;
}

interface InImage {
  /** Those of the layers that have a folder there. */
  readonly lower: readonly string[];
  /** null: the image has nothing there. */
  readonly older: BigIntStats | null;
}

interface Reading extends LayerPlace {
  readonly before: Layer["read"];
  readonly bounds: LayerBounds;
  readonly changed: { path: string; kind: "A" | "C" | "D"; hash: string }[];
  readonly traces: string[];
  readonly read: Map<string, { stamp: string; hash: string }>;
  bytes: number;
  more: boolean;
}

/**
 * What nothing declared explains. Folders count where they are new or have another owner or mode; what was made and is gone again is
 * no change. Contents are hashed once and again when the inode's change time moved, so that a second edit shows. Raises the errors of
 * node:fs where the layer cannot be read.
 *
 * The instance runs, and may put a link in the place of a folder between any two steps. So each folder is opened from the one above
 * it, without following a link, and what is in it is reached through what is open (proc(5), /proc/self/fd): no step leaves the layer.
 */
export async function readLayer(place: LayerPlace, before: Layer["read"], bounds: LayerBounds = BOUNDS): Promise<Layer> {
  const reading: Reading = { ...place, before, bounds, changed: [], traces: [], read: new Map(), bytes: 0, more: false };
  const root = await open(place.upper, FOLDER);
  await walk(reading, { path: "", open: root, lower: place.lower }).finally(() => root.close());
  const { changed, traces, read, more } = reading;
  return { changed: changed.sort((a, b) => (a.path < b.path ? -1 : 1)), more, traces, read };
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

interface Folder {
  readonly path: string;
  readonly open: FileHandle;
  /** The image's layers that have a folder there, newest first: a link on the way in one of them leads nowhere. */
  readonly lower: readonly string[];
}

/** Where an entry is reached, whatever the folder's name stands for by now. */
const within = (folder: Folder, name: string): string => join(`/proc/self/fd/${folder.open.fd}`, name);

async function walk(reading: Reading, folder: Folder): Promise<void> {
  const { bounds } = reading;
  let entries = 0;
  let listed = 0;
  for await (const entry of await entriesOf(folder.open)) {
    const path = `${folder.path}/${entry.name}`;
    if (below(path, reading.writable)) continue;
    entries += 1;
    if (entries > bounds.entries || reading.changed.length >= bounds.paths) {
      reading.more = true;
      return;
    }
    if (entry.isDirectory()) {
      await folderAt(reading, folder, entry.name, path);
      continue;
    }
    listed += 1;
    if (listed > bounds.perFolder) reading.more = true;
    else await fileAt(reading, folder, entry.name, path);
  }
}

/** A folder of many entries is read piece by piece; the usual one at once, which costs half as much. */
async function entriesOf(folder: FileHandle): Promise<Iterable<Dirent> | AsyncIterable<Dirent>> {
  const { size } = await folder.stat();
  const path = `/proc/self/fd/${folder.fd}`;
  return size > SMALL_FOLDER_BYTES ? opendir(path, { bufferSize: 256 }) : readdir(path, { withFileTypes: true });
}

/** As the file system says it: some hundred names. */
const SMALL_FOLDER_BYTES = 16_384;

export const below = (path: string, roots: readonly string[]): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`));

async function folderAt(reading: Reading, parent: Folder, name: string, path: string): Promise<void> {
  if (path.split("/").length > reading.bounds.depth) {
    reading.more = true;
    return;
  }
  const stub = leadsTo(path, reading.stubs);
  const handle = await orGone(open(within(parent, name), FOLDER));
  if (handle === null) return;
  try {
    const { lower, older } = await folderInImage(reading, parent, path);
    await openFolder(reading, { path, open: handle, lower }, older, stub);
  } finally {
    await handle.close();
  }
}

async function folderInImage({ folders }: Reading, parent: Folder, path: string): Promise<InImage> {
  const known = folders.get(path);
  if (known !== undefined) return known;
  const found = { lower: await foldersIn(parent.lower, path), older: await inImage(parent.lower, path) };
  if (folders.size < FOLDERS_KEPT) folders.set(path, found);
  return found;
}

/** Of one instance: more than those that mounts make in any. */
const FOLDERS_KEPT = 64;

async function openFolder(reading: Reading, folder: Folder, older: BigIntStats | null, stub: boolean): Promise<void> {
  const { changed, traces } = reading;
  const { path } = folder;
  const before = changed.length + traces.length;
  if (!stub) {
    const stat = await folder.open.stat({ bigint: true });
    if (older === null || !older.isDirectory()) changed.push({ path, kind: older === null ? "A" : "C", hash: owner(stat) });
    else if (owner(older) !== owner(stat)) changed.push({ path, kind: "C", hash: owner(stat) });
  }
  await walk(reading, folder);
  if (!stub && changed.length + traces.length === before && !leadsTo(path, reading.writable)) traces.push(path);
}

/** It is one of these, or on the way there. */
export const leadsTo = (path: string, places: Iterable<string>): boolean =>
  [...places].some((one) => one === path || one.startsWith(`${path}/`));

async function fileAt(reading: Reading, folder: Folder, name: string, path: string): Promise<void> {
  const file = within(folder, name);
  const stat = await there(file);
  if (stat === null) return;
  if (reading.stubs.has(path) && stat.size === 0n) return;
  // overlayfs writes a deletion as a character device 0/0 (kernel, filesystems/overlayfs.rst, whiteouts).
  if (stat.isCharacterDevice() && stat.rdev === 0n) {
    if (!reading.stubs.has(path)) reading.changed.push({ path, kind: "D", hash: "" });
    return;
  }
  const hash = await hashOf(reading, { path, file }, stat);
  reading.changed.push({ path, kind: (await inImage(folder.lower, path)) === null ? "A" : "C", hash });
}

const owner = (stat: BigIntStats): string => `${stat.mode.toString(8)}:${stat.uid}:${stat.gid}`;

interface Found {
  /** In the container. */
  readonly path: string;
  /** Where it is read. */
  readonly file: string;
}

async function hashOf(reading: Reading, { path, file }: Found, stat: BigIntStats): Promise<string> {
  const stamp = `${owner(stat)}:${stat.size}:${stat.ino}:${stat.ctimeNs}`;
  const known = reading.before.get(path);
  const hash = known?.stamp === stamp ? known.hash : await contentOf(reading, file, stat, stamp);
  reading.read.set(path, { stamp, hash });
  return hash;
}

async function contentOf(reading: Reading, file: string, stat: BigIntStats, stamp: string): Promise<string> {
  const digest = createHash("sha256").update(`${owner(stat)}:${stat.size}\n`);
  if (stat.isSymbolicLink()) digest.update((await orGone(readlink(file))) ?? "gone");
  else if (stat.isFile()) {
    // Beyond the bounds the inode's change time stands for the content: an edit still shows.
    if (stat.size > reading.bounds.fileBytes || reading.bytes + Number(stat.size) > reading.bounds.bytes) digest.update(stamp);
    else {
      reading.bytes += Number(stat.size);
      digest.update((await content(file, reading.bounds.fileBytes)) ?? "gone");
    }
  }
  return digest.digest("hex").slice(0, 16);
}

/** What grows meanwhile is read up to the bound. null: it is gone, or is no file any more. */
async function content(path: string, limit: number): Promise<Buffer | null> {
  const file = await orGone(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (file === null) return null;
  try {
    // A device that took its place is not read.
    if (!(await file.stat()).isFile()) return null;
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(limit), length: limit });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What the image has there, by the layers that have its folder. */
async function inImage(layers: readonly string[], path: string): Promise<BigIntStats | null> {
  for (const lower of layers) {
    const found = await there(join(lower, path));
    if (found !== null) return found.isCharacterDevice() && found.rdev === 0n ? null : found;
  }
  return null;
}

/** Those of the layers that have a folder there; anything else hides what older ones have (overlayfs.rst, merged directories). */
async function foldersIn(layers: readonly string[], path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const lower of layers) {
    const stat = await there(join(lower, path));
    if (stat !== null && !stat.isDirectory()) break;
    if (stat !== null) found.push(lower);
  }
  return found;
}

const there = (path: string): Promise<BigIntStats | null> => orGone(lstat(path, { bigint: true }));

/** A running instance's files come and go while they are read. */
async function orGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}
