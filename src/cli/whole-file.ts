import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { InstarError } from "../errors.ts";
import { unwritable } from "./unwritable.ts";

/**
 * Writes a file that appears under its name whole or not at all, for its owner only. `fill` ends the stream it is given. Resolves with
 * the bytes written. Raises what `fill` raises, INS2001 when the file cannot be written here, INS3009 when there is no room for it.
 */
export async function wholeFile(file: string, fill: (to: Writable) => Promise<void>): Promise<number> {
  // A name of its own: two at once (the nightly backup and one by hand) must not write into each other's.
  const partial = `${file}.${randomBytes(4).toString("hex")}.partial`;
  try {
    // Asked first: the last step would find out, after all of it has come. And a device is not replaced by a file.
    if ((await isPlain(file)) === false)
      throw new InstarError("INS2001", `${file} is there, and is not a plain file`, { hint: "name another file; - is standard output" });
    const handle = await open(partial, "wx", 0o600);
    try {
      const to = handle.createWriteStream({ flush: true });
      await fill(to);
      await rename(partial, file);
      const folder = await open(dirname(file), "r");
      await folder.sync().finally(() => folder.close());
      return to.bytesWritten;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  } catch (error) {
    throw unwritable(file, error, ", and nothing of it was kept");
  }
}

/** null where there is nothing yet. */
async function isPlain(file: string): Promise<boolean | null> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
