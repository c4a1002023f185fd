import { execFileSync } from "node:child_process";
import { closeSync, globSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const SIZE = "96M";

/** A filesystem of its own under a home, which can be filled, and whose files can be made unwritable while they are open. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(): SmallDisk {
    const path = `/tmp/instar-matrix-disk-${process.pid}`;
    mkdirSync(path, { recursive: true });
    execFileSync("truncate", ["-s", SIZE, `${path}.img`]);
    // Nothing reserved for root, who is the one to meet the end of it.
    execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", `${path}.img`]);
    execFileSync("mount", ["-o", "loop", `${path}.img`, path]);
    return new SmallDisk(path);
  }

  fill(): void {
    const filler = openSync(this.#filler, "w");
    try {
      for (let size = 1 << 20; size >= 1; size >>= 1) {
        const piece = Buffer.alloc(size, 1);
        while (written(filler, piece));
      }
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

function written(file: number, piece: Buffer): boolean {
  try {
    writeSync(file, piece);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
