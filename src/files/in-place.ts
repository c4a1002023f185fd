import { link, lstat, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { InstarError } from "../errors.ts";
import type { InPlaceFiles } from "../reconcile/context-in-place.ts";
import { syncFolder } from "./folder.ts";
import { watchFolders } from "./watching.ts";

/**
 * A second name of each file. Editors and `sed -i` put another file under the first name, which no instance sees, and the one that
 * instances mount would be out of reach: over this name it is found again.
 */
const KEPT = ".kept";
const MODE = 0o644;

/** The InPlaceFiles port in `ROOT/STACK/SERVICE/IDENTITY.etc/INSTANCE`: `hosts` and `.kept/hosts` are one file. */
export function openInPlace(root: string): InPlaceFiles {
  const folder = ({ stack, service }: { readonly stack: string; readonly service: string }, identity: string): string =>
    join(root, stack, service, `${identity.slice(0, 16)}.etc`);

  const put: InPlaceFiles["put"] = async (place, files) => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    let moved = (await mkdir(join(place, KEPT), { recursive: true, mode: 0o755 })) !== undefined;
    const anew: string[] = [];
    for (const [name, text] of Object.entries(files)) {
      const [path, kept] = [join(place, name), join(place, KEPT, name)];
      if ((await inodeOf(kept)) === null) {
        moved = true;
        if (!(await adopt(path, kept))) {
          await make(kept);
          anew.push(name);
        }
      }
      if ((await inodeOf(path)) !== (await inodeOf(kept))) {
        moved = true;
        await giveName(kept, path);
      }
      await rewrite(kept, text);
    }
    if (moved) for (const one of [join(place, KEPT), place]) await syncFolder(one);
    return anew;
  };

  return {
    place: (key, identity, instance) => join(folder(key, identity), instance),
    async put(place, files) {
      try {
        return await put(place, files);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOSPC")
          throw new InstarError("INS6003", "no space left for the files that instances are told", { cause });
        throw cause;
      }
    },
    async differences(place, files) {
      const found: string[] = [];
      for (const [name, text] of Object.entries(files)) {
        const [path, kept] = [join(place, name), join(place, KEPT, name)];
        const [at, own] = [await inodeOf(path), await inodeOf(kept)];
        if (at === null) found.push(`${name} is gone`);
        else if (at !== own) found.push(`${name} was replaced`);
        // By the name that nobody else turns: what is put in its place from here on is the next look's, as what it is.
        else if ((await readFile(kept, "utf8")) !== text) found.push(`${name} has another content`);
        else if (((await lstat(kept)).mode & 0o777) !== MODE) found.push(`${name} has other rights`);
      }
      return found;
    },
    watch: (place, touched) => watchFolders([place], touched),
    instances: async (key, identity) => readdir(folder(key, identity)).catch(absent<string[]>([])),
    remove: async (key, identity, instance) =>
      rm(instance === null ? folder(key, identity) : join(folder(key, identity), instance), { recursive: true, force: true }),
  };
}

/** The new bytes over the old, then the end: never empty in between. */
async function rewrite(path: string, text: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    if ((await file.readFile("utf8")) !== text) {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, done)).bytesWritten;
      await file.truncate(bytes.length);
      await file.sync();
    }
    if (((await file.stat()).mode & 0o777) !== MODE) await file.chmod(MODE);
  } finally {
    await file.close();
  }
}

async function make(kept: string): Promise<void> {
  await rm(kept, { recursive: true, force: true });
  await (await open(kept, "wx", MODE)).close();
}

/** The second name is lost, the first may still be the file that is mounted. */
async function adopt(path: string, kept: string): Promise<boolean> {
  if ((await inodeOf(path)) === null) return false;
  await rm(kept, { recursive: true, force: true });
  await link(path, kept);
  return true;
}

/** Gives the kept file its first name again; what stands there goes. */
async function giveName(kept: string, path: string): Promise<void> {
  const temporary = `${kept}.new`;
  await rm(temporary, { force: true });
  await link(kept, temporary);
  if ((await lstat(path).catch(absent(null)))?.isDirectory()) await rm(path, { recursive: true, force: true });
  await rename(temporary, path);
}

/** null: there is no plain file. */
async function inodeOf(path: string): Promise<number | null> {
  const found = await lstat(path).catch(absent(null));
  return found?.isFile() === true ? found.ino : null;
}

const absent =
  <T>(otherwise: T) =>
  (cause: NodeJS.ErrnoException): T => {
    if (cause.code === "ENOENT") return otherwise;
    throw cause;
  };
