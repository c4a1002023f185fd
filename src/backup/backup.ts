import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { pack } from "tar-stream";
import { InstarError } from "../errors.ts";
import { FORMAT, MANIFEST, type Manifest, type Member, STORE } from "./manifest.ts";
import { membersOf, vanished } from "./members.ts";

const STAGE = ".backup-";
const MODE = 0o600;

export interface BackupOf {
  readonly home: string;
  readonly version: string;
  readonly installation: string;
  readonly schema: readonly string[];
  /** Writes a consistent copy of the store, whatever is written to it meanwhile. */
  readonly copyStore: (to: string) => Promise<void>;
  readonly now: () => number;
}

export interface Backup {
  /** `instar-INSTALLATION-DATE.tar.zst` */
  readonly name: string;
  /** Before compression. */
  readonly bytes: number;
  readonly manifest: Manifest;
  /** The archive. It is whole only when the stream has ended without an error. */
  readonly body: Readable;
}

/**
 * A copy of Instar's own data as one archive, while the daemon serves and writes: everything is first copied aside, so that
 * the manifest's checksums are those of the bytes that follow. Raises INS6003 on a full disk.
 */
export async function takeBackup(of: BackupOf): Promise<Backup> {
  const stage = await mkdtemp(join(of.home, STAGE));
  const clear = (): Promise<void> => rm(stage, { recursive: true, force: true });
  try {
    const members = await fill(of, stage);
    const date = new Date(of.now()).toISOString();
    const { version: instar, schema, installation } = of;
    const manifest: Manifest = { format: FORMAT, instar, schema, installation, date, members };
    const body = archive(manifest, stage, clear);
    body.once("close", () => void clear());
    const name = `instar-${installation}-${date.replace(/\.\d+Z$/, "Z").replaceAll(":", "")}.tar.zst`;
    return { name, bytes: members.reduce((sum, member) => sum + member.size, 0), manifest, body };
  } catch (cause) {
    await clear();
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC")
      throw new InstarError("INS6003", "no space left to prepare the backup", { cause });
    throw cause;
  }
}

/** Removes what a process that was killed while it made a backup has left. */
export async function clearStages(home: string): Promise<void> {
  for (const name of await readdir(home)) if (name.startsWith(STAGE)) await rm(join(home, name), { recursive: true, force: true });
}

async function fill(of: BackupOf, stage: string): Promise<Member[]> {
  await of.copyStore(join(stage, STORE));
  const names = [STORE];
  for (const name of await membersOf(of.home)) {
    const to = join(stage, name);
    await mkdir(dirname(to), { recursive: true });
    const copied = await copyFile(join(of.home, name), to).then(() => true, vanished(false));
    if (copied) names.push(name);
  }
  const members: Member[] = [];
  for (const name of names) members.push(await memberOf(stage, name));
  return members;
}

async function memberOf(stage: string, name: string): Promise<Member> {
  const hash = createHash("sha256");
  const path = join(stage, name);
  await pipeline(createReadStream(path), hash);
  return { name, size: (await stat(path)).size, sha256: hash.digest("hex") };
}

function archive(manifest: Manifest, stage: string, read: () => Promise<void>): Readable {
  const tar = pack();
  const mtime = new Date(manifest.date);
  const write = async (): Promise<void> => {
    tar.entry({ name: MANIFEST, mode: MODE, mtime }, `${JSON.stringify(manifest, null, 1)}\n`);
    for (const { name, size } of manifest.members)
      await pipeline(createReadStream(join(stage, name)), tar.entry({ name, size, mode: MODE, mtime }));
    await read();
    tar.finalize();
  };
  // What lies between the members (their padding) is in no checksum of the manifest: zstd's own is over everything.
  const body = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  pipeline(Readable.from(tar), body).catch((error: unknown) => body.destroy(error as Error));
  write().catch((error: unknown) => tar.destroy(error as Error));
  return body;
}
