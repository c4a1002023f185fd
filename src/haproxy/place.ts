import { lstat, readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Containers } from "./container.ts";

/**
 * The router's files are in a volume of the engine, and `router` in the home leads to it: a lost home then takes neither the
 * sockets nor the last good table with it, and the router can be taken over as it serves. A home that has the folder itself
 * (from an older version, without root, or where the engine's volumes cannot be seen) keeps it.
 */
export async function settleFiles(home: string, containers: Containers): Promise<void> {
  const path = join(home, "router");
  const there = await orNull(lstat(path));
  if (there?.isDirectory() && (await readdir(path)).length > 0) return;
  if (there !== null && (await orNull(stat(path))) !== null && !there.isDirectory()) return;
  if (process.getuid?.() !== 0) return;
  const mountpoint = await containers.volume();
  if ((await orNull(stat(mountpoint))) === null) return;
  await rm(path, { recursive: true, force: true });
  await symlink(mountpoint, path);
}

/** What the container is given as its folder: the volume by name, which keeps it from being pruned, or the path. */
export async function mountedAs(directory: string, volume: string): Promise<string> {
  return (await orNull(lstat(directory)))?.isSymbolicLink() ? volume : directory;
}

async function orNull<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}
