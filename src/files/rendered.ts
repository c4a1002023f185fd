import { chmod, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InstarError } from "../errors.ts";
import { hashOf } from "../lib/hash.ts";
import type { ContextFiles } from "../reconcile/context-files.ts";
import { syncFolder } from "./folder.ts";
import { openInPlace } from "./in-place.ts";
import { watchFolders } from "./watching.ts";

/** The link that a change turns, as Kubernetes' AtomicWriter has it (pkg/volume/util/atomic_writer.go). */
const CURRENT = "..data";
/** A reader that resolved the link just before it turned still finds the files it leads to. */
const KEPT_MS = 10_000;
/** Set beside: what is asked for at the making is less the process's umask. */
const [FOLDER, FILE] = [0o755, 0o444];

type Files = Readonly<Record<string, string>>;

/**
 * The ContextFiles port in `$INSTAR_HOME/context/STACK/SERVICE/IDENTITY`: `name → ..data/name`, `..data → ..set-VERSION-N`, and in that
 * the plain files. They can be read by whatever user an instance runs as; what leads there is its owner's alone.
 */
export function openContextFiles(home: string): ContextFiles {
  const root = resolve(home, "context");
  const retired = new Map<string, number>();

  const put = async (place: string, files: Files): Promise<boolean> => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const anew = (await mkdir(place, { recursive: true, mode: FOLDER })) !== undefined;
    await chmod(place, FOLDER);
    const set = await freshName(place, files);
    await writeSet(place, set, files);
    const before = await linkOf(join(place, CURRENT));
    await turn(place, CURRENT, set);
    for (const name of Object.keys(files))
      if ((await linkOf(join(place, name))) !== `${CURRENT}/${name}`) await turn(place, name, `${CURRENT}/${name}`);
    await syncFolder(place);
    const now = performance.now();
    if (before !== null && before !== set) retired.set(join(place, before), now);
    await tidy(place, set, files, now);
    return anew;
  };

  const tidy = async (place: string, set: string, files: Files, now: number): Promise<void> => {
    for (const name of await readdir(place)) {
      if (name === CURRENT || name === set || Object.hasOwn(files, name)) continue;
      const path = join(place, name);
      if (now - (retired.get(path) ?? Number.NEGATIVE_INFINITY) < KEPT_MS) continue;
      await rm(path, { recursive: true, force: true });
      retired.delete(path);
    }
  };

  return {
    inPlace: openInPlace(root),
    place: ({ stack, service }, identity) => join(root, stack, service, identity.slice(0, 16)),
    put: (place, files) => orFull(put(place, files)),
    differences: async (place, files) => {
      const found: string[] = [];
      const set = await linkOf(join(place, CURRENT));
      if (set === null || !set.startsWith(setPrefix(files))) return ["the link to the current files leads elsewhere"];
      for (const name of Object.keys(files)) {
        if ((await linkOf(join(place, name))) !== `${CURRENT}/${name}`) found.push(`${name} was replaced`);
        const text = await contentOf(join(place, set, name));
        if (text !== files[name]) found.push(text === null ? `${name} is gone` : `${name} has another content`);
      }
      const there = new Set([CURRENT, set, ...Object.keys(files)]);
      for (const name of (await readdir(place)).filter(
        (name) => !there.has(name) && !name.startsWith("..set-") && !name.startsWith("..new-"),
      ))
        found.push(`${name} was added`);
      for (const name of (await readdir(join(place, set)).catch(absent<string[]>([]))).filter((name) => !Object.hasOwn(files, name)))
        found.push(`${name} was added`);
      return found;
    },
    // The directory and the set it leads to now.
    watch: (place, touched) => watchFolders([place, join(place, CURRENT)], touched),
    remove: async (place) => rm(place, { recursive: true, force: true }),
  };
}

const setPrefix = (files: Files): string => `..set-${hashOf(files).slice(0, 16)}-`;

/** Never the name of a set that was there: what somebody wrote into it may be open in his editor. */
async function freshName(place: string, files: Files): Promise<string> {
  const prefix = setPrefix(files);
  const taken = (await readdir(place)).filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)));
  return `${prefix}${Math.max(0, ...taken.filter(Number.isSafeInteger)) + 1}`;
}

async function writeSet(place: string, set: string, files: Files): Promise<void> {
  const folder = join(place, `..new-${set.slice("..set-".length)}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: FOLDER });
  await chmod(folder, FOLDER);
  for (const [name, text] of Object.entries(files)) {
    const file = await open(join(folder, name), "wx", FILE);
    try {
      await file.writeFile(text);
      await file.chmod(FILE);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await syncFolder(folder);
  await rename(folder, join(place, set));
}

/** A link by rename: nobody finds it missing. What stands in its way is removed. */
async function turn(place: string, name: string, to: string): Promise<void> {
  const temporary = join(place, `..new-${name.replaceAll("..", "")}`);
  await rm(temporary, { recursive: true, force: true });
  await symlink(to, temporary);
  const there = await lstat(join(place, name)).catch(absent(null));
  if (there?.isDirectory()) await rm(join(place, name), { recursive: true, force: true });
  await rename(temporary, join(place, name));
}

/** Where a link leads; null for what is none. */
async function linkOf(path: string): Promise<string | null> {
  return readlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "EINVAL" || cause.code === "ENOTDIR") return null;
    throw cause;
  });
}

async function contentOf(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (["ENOENT", "EISDIR", "ENOTDIR", "ELOOP"].includes(cause.code ?? "")) return null;
    throw cause;
  });
}

const absent =
  <T>(otherwise: T) =>
  (cause: NodeJS.ErrnoException): T => {
    if (cause.code === "ENOENT") return otherwise;
    throw cause;
  };

async function orFull<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC")
      throw new InstarError("INS6003", "no space left for the files that instances are told", { cause });
    throw cause;
  }
}
