import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { extract } from "tar-stream";
import { InstarError } from "../errors.ts";
import { MANIFEST, type Manifest, type Member, noBackup, readManifest } from "./manifest.ts";
import { MARK, RESTORED } from "./mark.ts";
import { vanished } from "./members.ts";

const MANIFEST_LIMIT = 64 * 1024 * 1024;

export interface Restored {
  readonly manifest: Manifest;
  readonly home: string;
  /** Where the home that was there has gone; null when there was none. */
  readonly aside: string | null;
}

/**
 * Puts a backup in the place of a home that no daemon uses. The archive is unpacked beside the home and every checksum is
 * compared before anything is touched; then one rename. With `force` a home that is not empty is moved aside, and what of it no
 * backup holds, snapshots and saved images, stays in the new one. Raises INS6010 for a file that is not whole, INS6011 for a home that
 * is not empty (without `force`) or cannot be moved, INS6001 for a store of a newer Instar.
 */
export async function restoreBackup(
  file: string,
  how: {
    readonly home: string;
    readonly force: boolean;
    readonly knownSchema: readonly string[];
    readonly now: number;
    /** Gives what instances mount, in this folder, its owners and modes: the archive has none. */
    readonly own: (files: string) => Promise<void>;
  },
): Promise<Restored> {
  const home = resolve(how.home);
  const there = (await readdir(home).catch(vanished<string[] | null>(null))) ?? null;
  if (there !== null && there.length > 0 && !how.force) throw new InstarError("INS6011", `${home} is not empty`);
  await mkdir(dirname(home), { recursive: true });
  const fresh = await mkdtemp(join(dirname(home), `.${basename(home)}.new-`));
  try {
    const manifest = await unpack(file, fresh);
    const newer = manifest.schema.find((name) => !how.knownSchema.includes(name));
    if (newer !== undefined)
      throw new InstarError("INS6001", `the store in ${file} has the schema ${newer}, which this version does not know`, {
        hint: `restore it with Instar ${manifest.instar} or newer`,
      });
    await setApart(fresh);
    await writeFile(join(fresh, MARK), JSON.stringify(manifest), { mode: 0o600, flush: true });
    await how.own(join(fresh, "files")).catch(vanished(undefined));
    await syncTree(fresh);
    const aside = there === null ? null : await moveAway(home, there.length === 0, how.now);
    if (aside === null) await rename(fresh, home);
    else await replace(home, fresh, aside);
    await syncFolder(dirname(home));
    return { manifest, home, aside };
  } catch (cause) {
    // Unless it has what stays and could not be given back.
    const left = await readdir(fresh).catch(vanished<string[]>([]));
    if (!left.some((name) => STAY.includes(name))) await rm(fresh, { recursive: true, force: true });
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC")
      throw new InstarError("INS6003", "no space left to unpack the backup; the home is as it was", { cause });
    throw cause;
  }
}

/** Every member whole and as the manifest has it, and nothing else. */
async function unpack(file: string, into: string): Promise<Manifest> {
  const entries = extract();
  let manifest: Manifest | null = null;
  const left = new Map<string, Member>();
  const reading = pipeline(createReadStream(file), createZstdDecompress(), entries);
  // Told below, by the loop that reads the entries.
  reading.catch(() => undefined);
  try {
    for await (const entry of entries) {
      const { name } = entry.header;
      if (manifest === null) {
        if (name !== MANIFEST) throw noBackup(file, `it begins with ${name}, not with its manifest`);
        manifest = readManifest(await textOf(entry as AsyncIterable<Buffer>, file), file);
        for (const member of manifest.members) left.set(member.name, member);
        continue;
      }
      const member = left.get(name);
      if (member === undefined) throw noBackup(file, `${name} is not in its manifest, or is in it twice`);
      await write(entry as AsyncIterable<Buffer>, join(into, name), member, file);
      left.delete(name);
    }
    await reading;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof InstarError || code === "ENOSPC") throw cause;
    if (code === "ENOENT" || code === "EACCES" || code === "EISDIR")
      throw new InstarError("INS2001", `${file} cannot be read: ${(cause as Error).message}`, {
        hint: "name the file that instar backup made",
        cause,
      });
    throw noBackup(file, (cause as Error).message, cause);
  }
  if (manifest === null) throw noBackup(file, "it is empty");
  if (left.size > 0) throw noBackup(file, `it ends too early: ${[...left.keys()].join(", ")} missing`);
  return manifest;
}

async function textOf(entry: AsyncIterable<Buffer>, file: string): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of entry) {
    pieces.push(piece);
    size += piece.length;
    if (size > MANIFEST_LIMIT) throw noBackup(file, "its manifest is too large");
  }
  return Buffer.concat(pieces).toString("utf8");
}

async function write(entry: AsyncIterable<Buffer>, path: string, { name, size, sha256 }: Member, file: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  let seen = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      seen += piece.length;
      done(null, piece);
    },
  });
  await pipeline(entry, counted, createWriteStream(path, { mode: 0o600, flush: true }));
  if (seen !== size || hash.digest("hex") !== sha256) throw noBackup(file, `${name} is not what was backed up: its checksum differs`);
}

/** The router's files are for people to read: its own, where they still are, are newer, and where not the daemon writes them. */
async function setApart(home: string): Promise<void> {
  await mkdir(join(home, RESTORED), { mode: 0o700 });
  await rename(join(home, "router"), join(home, RESTORED, "router")).catch(vanished(undefined));
}

/** No backup holds them, and they belong to volumes and revisions that are still there: which volume is half restored, too. */
const STAY = ["snapshots", "images"];

/** The new home has from its first moment on what stays. When that cannot be, the old home is back. */
async function replace(home: string, fresh: string, aside: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of STAY) if (await rename(join(aside, name), join(fresh, name)).then(() => true, vanished(false))) moved.push(name);
    for (const folder of [fresh, aside]) await syncFolder(folder);
    await rename(fresh, home);
  } catch (cause) {
    for (const name of moved) await rename(join(fresh, name), join(aside, name));
    await rename(aside, home);
    if ((cause as NodeJS.ErrnoException).code !== "EBUSY") throw cause;
    throw new InstarError("INS6011", `a folder of ${home} is a mount point and cannot be moved: ${(cause as Error).message}`, {
      cause,
      hint: "unmount it, restore, and mount it again",
    });
  }
}

async function moveAway(home: string, empty: boolean, now: number): Promise<string | null> {
  const aside = `${home}.before-restore-${new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "")}`;
  try {
    if (empty) await rmdir(home);
    else await rename(home, aside);
    return empty ? null : aside;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EBUSY") throw cause;
    throw new InstarError("INS6011", `${home} is a mount point and cannot be moved aside`, {
      cause,
      hint: "restore into another folder with --home, and mount that one",
    });
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  await syncFolder(folder);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
