import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Inspection } from "../../reconcile/attest-engine.ts";
import type { Blueprint } from "../../reconcile/ports.ts";
import type { Inspect } from "./blueprint-comparison.ts";

/** More entries are not looked at: a layer of that size is changed anyway, and an image of that size is not read for this. */
const MOST = 200_000;

/** Paths inside the instance where something is mounted: the engine makes them, and the way there, in the writable layer. */
export const mountPoints = (found: Inspect, { spec, files = [] }: Blueprint): readonly string[] => [
  ...found.Mounts.map(({ Destination }) => Destination),
  ...spec.mounts.map(({ target }) => target),
  ...spec.tmpfs.map(({ target }) => target),
  ...files.map(({ target }) => target),
];

/** A mount point, the way to one, or behind one. */
export const isWithin = (path: string, points: readonly string[]): boolean =>
  points.some((point) => path === point || point.startsWith(`${path}/`) || path.startsWith(`${point}/`));

/**
 * The writable layer as it lies on the host (kernel, overlayfs.rst): what was added or changed, and what was deleted, whose place a
 * device 0/0 takes. A directory counts only when nothing in it does. null: it cannot be read.
 */
export async function changedUpper(upper: string, points: readonly string[]): Promise<Inspection["layer"] | null> {
  const found: Inspection["layer"][number][] = [];
  const walk = async (below: string): Promise<number> => {
    let count = 0;
    for (const name of (await readdir(join(upper, below))).sort()) {
      if (found.length > MOST) return count;
      const path = `${below}/${name}`;
      const seen = await lstat(join(upper, path)).catch(gone);
      if (seen === null) continue;
      if (seen.isDirectory()) {
        const inside = await walk(path);
        count += inside;
        if (inside === 0 && !isWithin(path, points)) {
          found.push({ kind: "A", path });
          count++;
        }
      } else if (!isWithin(path, points)) {
        found.push({ kind: seen.isCharacterDevice() && seen.rdev === 0 ? "D" : "A", path });
        count++;
      }
    }
    return count;
  };
  try {
    await walk("");
    return found;
  } catch (cause) {
    if (["ENOENT", "EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) return null;
    throw cause;
  }
}

/**
 * An image's layers are written once, before anything is made of it: whatever in them has a later change of its inode was put
 * there by somebody. That time is the kernel's; nobody sets it.
 */
export async function changedLower(lower: readonly string[], createdAt: number): Promise<Inspection["imageLayers"]> {
  const found: Inspection["imageLayers"][number][] = [];
  let entries = 0;
  const walk = async (layer: string, below: string): Promise<void> => {
    for (const name of await readdir(join(layer, below))) {
      if (++entries > MOST) return;
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
  for (const layer of lower) await walk(layer, "").catch(unreadable);
  return found;
}

const gone = (cause: NodeJS.ErrnoException): null => {
  if (cause.code === "ENOENT") return null;
  throw cause;
};

const unreadable = (cause: NodeJS.ErrnoException): void => {
  if (!["ENOENT", "EACCES", "EPERM"].includes(cause.code ?? "")) throw cause;
};
