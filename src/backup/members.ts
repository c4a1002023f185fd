import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Of the store: copied by SQLite itself. Locks: they belong to a process. Snapshots: data of the services, and large. Contexts: rendered anew.
 * Sessions: one that has ended since would begin again.
 */
const LEFT_OUT = /^(instar\.db($|[-.])|daemon\.lock|snapshots$|restored$|context$|images$|sessions\.json$|\.)|\.(sock|lock|log|tmp|new)$/;
/** What instances mount: all of it, whatever its name. */
const WHOLE = /^(files|external)\//;
/** A secret that is being set while the backup is made. */
const HALF_WRITTEN = /^external\/(secrets|configs)\/\.new$/;

/**
 * What of a home goes into a backup besides the store, sorted: keys, router files, and the contents that instances mount.
 * What is not known is taken along rather than lost; sockets, locks, logs, snapshots and half-written files are not.
 */
export async function membersOf(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  await walk(home, "", found);
  return found.sort();
}

async function walk(home: string, below: string, found: string[]): Promise<void> {
  for (const name of await readdir(join(home, below)).catch(vanished<string[]>([]))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (HALF_WRITTEN.test(path) || (!WHOLE.test(path) && LEFT_OUT.test(name))) continue;
    // Through links: the router's folder may be a volume of the engine.
    const seen = await stat(join(home, path)).catch(vanished(null));
    if (seen?.isDirectory()) await walk(home, path, found);
    else if (seen?.isFile()) found.push(path);
  }
}

/** Files of the router and of services come and go while they are listed. */
export const vanished =
  <T>(otherwise: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return otherwise;
    throw error;
  };
