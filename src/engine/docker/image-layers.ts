import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Forensics } from "../../reconcile/drift-engine.ts";
import type { DockerClient } from "./client.ts";
import type { Inspect } from "./comparison.ts";
import { orMissing } from "./failure.ts";
import { overlayOf } from "./overlay.ts";

/** More entries are not looked at, which is told: an image of that size is not read for this. */
const MOST = 200_000;
const SHOWN = 100;

type Changes = Awaited<ReturnType<Forensics["imageChanges"]>>;

export const dockerImageChanges =
  (client: DockerClient, most = MOST): Forensics["imageChanges"] =>
  async (id) => {
    const found = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));
    const layers = found === null ? null : overlayOf(found);
    if (found === null || layers === null) return { changed: [], more: true };
    const { changed, more } = await changedLower(layers.image, Date.parse(found.Created), most);
    return { changed: changed.slice(0, SHOWN), more: more || changed.length > SHOWN };
  };

/**
 * An image's layers are written once, before anything is made of it: whatever in them has a later change of its inode was put
 * there by somebody. That time is the kernel's; nobody sets it.
 */
async function changedLower(lower: readonly string[], createdAt: number, most: number): Promise<Changes> {
  const found: Changes["changed"][number][] = [];
  let entries = 0;
  let more = false;
  const walk = async (layer: string, below: string): Promise<void> => {
    for (const name of await readdir(join(layer, below))) {
      if (++entries > most) {
        more = true;
        return;
      }
      const path = `${below}/${name}`;
      const seen = await lstat(join(layer, path)).catch(gone);
      if (seen === null) continue;
      if (seen.isDirectory()) await walk(layer, path);
      // A directory's time moves with what it holds, and that is told by itself.
      else if (seen.ctimeMs > createdAt) found.push({ path, at: Math.round(seen.ctimeMs) });
    }
    const self = await lstat(join(layer, below)).catch(gone);
    if (self !== null && self.ctimeMs > createdAt && !found.some(({ path }) => path.startsWith(`${below}/`)))
      found.push({ path: below || "/", at: Math.round(self.ctimeMs) });
  };
  for (const layer of lower)
    await walk(layer, "").catch((cause: NodeJS.ErrnoException) => {
      unreadable(cause);
      more = true;
    });
  return { changed: found, more };
}

const gone = (cause: NodeJS.ErrnoException): null => {
  if (cause.code === "ENOENT") return null;
  throw cause;
};

const unreadable = (cause: NodeJS.ErrnoException): void => {
  if (!["ENOENT", "EACCES", "EPERM"].includes(cause.code ?? "")) throw cause;
};
