import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { InstarError } from "../errors.ts";

/** temp + fsync + rename; the directory's own entry is safe after `syncDirectory`. Raises INS6003 on a full disk. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await onFullDisk(async () => {
    const file = await open(temporary, "w", 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  });
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The text, or null where there is no such file. */
export async function readWhole(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}

/** The worker is not root: it must be able to pass through to the socket it hands requests on to. */
export async function makeDirectory(path: string): Promise<void> {
  await onFullDisk(() => mkdir(path, { recursive: true }));
  await chmod(path, 0o711);
  await syncDirectory(dirname(path));
}

async function onFullDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC")
      throw new InstarError("INS6003", "no space left for the router's files", { cause });
    throw cause;
  }
}
