import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InstarError } from "../errors.ts";
import { Turns } from "../lib/turns.ts";
import type { ExternalContent, ExternalFiles } from "../reconcile/ports.ts";
import { isObjectName, show } from "../spec/names.ts";
import { syncFolder } from "./folder.ts";

type Kind = Parameters<ExternalFiles["read"]>[0];

/** No name that a stack file can write, and one for all: what a crash leaves of it is gone with the next one. */
const HALF_WRITTEN = ".new";

/** The ExternalFiles port in `$INSTAR_HOME/external/secrets` and `…/configs`, a file for each name, which may be put there by hand too. */
export function openExternals(home: string): ExternalFiles {
  const root = resolve(home, "external");
  const folderOf = (kind: Kind): string => join(root, `${kind}s`);
  const turns = new Turns();

  const put = async (folder: string, path: string, bytes: Uint8Array): Promise<void> => {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const one of [root, folder]) await chmod(one, 0o700);
    await write(join(folder, HALF_WRITTEN), path, bytes);
    for (const one of made === undefined ? [folder] : [folder, root, home]) await syncFolder(one);
  };
  const remove = async (folder: string, path: string): Promise<void> => {
    for (const one of [path, join(folder, HALF_WRITTEN)]) await rm(one, { force: true });
    await syncFolder(folder);
  };

  return {
    read: async (kind, name) => read(join(folderOf(kind), checked(kind, name)), kind, name),
    async names(kind) {
      const found = await readdir(folderOf(kind)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      return found.filter(isObjectName).sort();
    },
    async put(kind, name, bytes) {
      const folder = folderOf(kind);
      const path = join(folder, checked(kind, name));
      await turns.take(kind, () => put(folder, path, bytes).catch(refused(kind, name, path)));
    },
    async remove(kind, name) {
      const folder = folderOf(kind);
      const path = join(folder, checked(kind, name));
      await turns.take(kind, () => remove(folder, path).catch(refused(kind, name, path)));
    },
  };
}

/** The rule that names in a stack file have: what can be put here can be named there, and leads nowhere else. */
function checked(kind: Kind, name: string): string {
  if (isObjectName(name)) return name;
  throw new InstarError("INS2101", `${show(name)} cannot be the name of a ${kind}`);
}

async function write(temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  await rm(temporary, { force: true });
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

const refused =
  (kind: Kind, name: string, path: string) =>
  (cause: NodeJS.ErrnoException): never => {
    const { code = "" } = cause;
    if (code === "ENOSPC" || code === "EDQUOT") throw new InstarError("INS6003", `no space left for the ${kind} ${name}`, { cause });
    if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "EEXIST"].includes(code) || code.startsWith("ERR_FS_"))
      throw new InstarError("INS2104", `${path} cannot be written or removed: ${code}`, { cause });
    throw cause;
  };

async function read(path: string, kind: Kind, name: string): Promise<ExternalContent> {
  try {
    const { mode, mtimeMs } = await stat(path);
    return { bytes: await readFile(path), executable: (mode & 0o100) !== 0, changedAt: Math.round(mtimeMs) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EISDIR") throw cause;
    throw new InstarError(
      "INS1031",
      `the external ${kind} ${name} is not on the daemon's host: ${path} ${code === "EISDIR" ? "is a folder" : "does not exist"}`,
      { hint: `put its content there: instar secret set ${kind === "config" ? "--config " : ""}${name} FILE`, cause },
    );
  }
}
