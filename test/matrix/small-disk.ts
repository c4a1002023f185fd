import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, globSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { STORE_FILE } from "../../src/store/sqlite.ts";

const SIZE = 96 << 20;

/** A filesystem of its own under a home, which can be filled, and whose files can be made unwritable while they are open. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(): SmallDisk {
    const path = `/tmp/instar-matrix-disk-${process.pid}`;
    mkdirSync(path, { recursive: true });
    writeFileSync(`${path}.img`, "");
    truncateSync(`${path}.img`, SIZE);
    // Nothing reserved for root, who is the one to meet the end of it.
    execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", `${path}.img`]);
    execFileSync("mount", ["-o", "loop", `${path}.img`, path]);
    return new SmallDisk(path);
  }

  /**
   * To the last byte. The store's log is emptied first: SQLite overwrites what a checkpoint has left of it, which needs no room, so
   * that a full disk alone would not refuse it anything for hundreds of writes.
   */
  fill(): void {
    emptyLog(join(this.path, "home", STORE_FILE));
    const filler = openSync(this.#filler, "w");
    try {
      // What was set aside for writing it out is given back then.
      while (filled(filler)) fsyncSync(filler);
    } finally {
      closeSync(filler);
    }
  }

  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  /** ext4 refuses writes to an immutable file through open descriptors as well (EPERM). */
  protect(on: boolean): void {
    const files = globSync(join(this.path, "home/instar.db*"));
    if (files.length === 0) throw new Error(`no store under ${this.path}`);
    for (const file of files) if (!file.endsWith("-shm")) execFileSync("chattr", [on ? "+i" : "-i", file]);
  }

  unmount(): void {
    execFileSync("umount", ["-l", this.path]);
    rmSync(this.path, { recursive: true, force: true });
    rmSync(`${this.path}.img`, { force: true });
  }

  get #filler(): string {
    return join(this.path, "filler");
  }
}

/**
 * Puts everything of the log into the database and leaves a log of no length, as any other client of the same file may. False: somebody
 * is in the midst of a write.
 */
export function emptyLog(file: string): boolean {
  const db = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    const [done] = db.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
    return done?.busy === 0;
  } catch (error) {
    if ((error as { code?: string }).code === "SQLITE_BUSY") return false;
    throw error;
  } finally {
    db.close();
  }
}

/** False: not one byte more could be written. */
function filled(file: number): boolean {
  let any = false;
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    const piece = Buffer.alloc(size, 1);
    while (written(file, piece)) any = true;
  }
  return any;
}

function written(file: number, piece: Buffer): boolean {
  try {
    writeSync(file, piece);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
