import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InstarError } from "../errors.ts";
import { Turns } from "../lib/turns.ts";
import type { FileContent, FileStore, StoredFile } from "../reconcile/ports.ts";
import { openExternals } from "./external.ts";
import { syncFolder } from "./folder.ts";

/**
 * The FileStore port in `$INSTAR_HOME/files`: one plain file for each content with its owner and mode in its name, so that it can be
 * mounted as it is and is there at boot without the daemon. The directory is its owner's alone.
 */
export function openFiles(home: string): FileStore {
  // The engine mounts absolute paths only.
  const folder = resolve(home, "files");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const key = keyIn(folder);
  const version: FileStore["version"] = ({ bytes }) => createHmac("sha256", key).update(bytes).digest("hex");
  const place = (file: StoredFile): string => join(folder, nameOf(file));
  // Stacks that share a content share its file, and the name under which it is written.
  const turns = new Turns();

  const put = async (path: string, file: StoredFile, { bytes }: FileContent): Promise<void> => {
    if ((await look(path, file, version)).state !== "right") await write(folder, path, file, bytes);
  };
  const prove = async (path: string, file: StoredFile): Promise<void> => {
    const found = await look(path, file, version);
    if (found.state === "wrong") throw new InstarError("INS6031", `${path} ${found.why}`);
    // As after a restore from a backup that keeps no owners.
    if (found.state === "misowned") await write(folder, path, file, found.bytes);
  };

  return {
    version,
    put: async (file, content) => {
      const path = place(file);
      await turns.take(path, () => put(path, file, content));
    },
    path: async (file) => {
      const path = place(file);
      await turns.take(path, () => prove(path, file));
      return path;
    },
    // From a key of its own: no content has a version that is one of these.
    derive: (purpose) => createHmac("sha256", createHmac("sha256", key).update("derive").digest()).update(purpose).digest("hex"),
    externals: openExternals(home),
  };
}

/**
 * Gives each file of `$INSTAR_HOME/files` the owner and the mode that are in its name: after a restore, before an instance that the
 * engine starts again by itself reads it. Where the daemon may not give files away, the daemon's own way with them says so later.
 */
export async function ownByName(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, uid, gid, mode] = /^[0-9a-f]{64}\.(\d+|own)\.(\d+|own)\.([0-7]{4})$/.exec(name) ?? [];
    if (uid === undefined || gid === undefined || mode === undefined) continue;
    const handle = await open(join(folder, name), "r");
    try {
      const given = (id: string): number | null => (id === "own" ? null : Number(id));
      await own(handle, { uid: given(uid), gid: given(gid), mode: Number.parseInt(mode, 8) });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EPERM") throw cause;
    } finally {
      await handle.close();
    }
  }
}

const nameOf = ({ version, uid, gid, mode }: StoredFile): string => {
  if (!/^[0-9a-f]{64}$/.test(version)) throw new InstarError("INS6031", "a stored file has a version that is none");
  return `${version}.${uid ?? "own"}.${gid ?? "own"}.${mode.toString(8).padStart(4, "0")}`;
};

/** Made at the first start, beside the files: a backup of the folder holds what it needs. */
function keyIn(folder: string): Buffer {
  const path = join(folder, "key");
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, randomBytes(32), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path);
}

type Found =
  | { readonly state: "right" }
  /** The content is the one it should be, its owner or mode is not. */
  | { readonly state: "misowned"; readonly bytes: Uint8Array }
  | { readonly state: "wrong"; readonly why: string };

async function look(path: string, file: StoredFile, version: FileStore["version"]): Promise<Found> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { state: "wrong", why: "is not a plain file" };
    const bytes = await readFile(path);
    const seen = version({ bytes, executable: false });
    if (!timingSafeEqual(Buffer.from(seen), Buffer.from(file.version)))
      return { state: "wrong", why: "has another content than it was given" };
    const owned = (file.uid ?? found.uid) === found.uid && (file.gid ?? found.gid) === found.gid;
    return owned && (found.mode & 0o7777) === file.mode ? { state: "right" } : { state: "misowned", bytes };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { state: "wrong", why: "is gone" };
    throw error;
  }
}

async function write(folder: string, path: string, file: StoredFile, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  // Nobody else may read it before it has its owner.
  const handle = await open(temporary, "wx", 0o600);
  try {
    await fill(handle, file, bytes);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOSPC") throw new InstarError("INS6003", "no space left for a secret or config", { cause });
    if (code === "EPERM")
      throw new InstarError("INS1006", `the daemon may not give a file to uid ${file.uid ?? "own"}, gid ${file.gid ?? "own"}`, {
        hint: "run it as root, or leave uid and gid out",
        cause,
      });
    throw cause;
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

async function fill(handle: FileHandle, file: StoredFile, bytes: Uint8Array): Promise<void> {
  await handle.writeFile(bytes);
  await own(handle, file);
}

/** On the disk, with its content, when it resolves. */
async function own(handle: FileHandle, { uid, gid, mode }: Pick<StoredFile, "uid" | "gid" | "mode">): Promise<void> {
  if (uid !== null || gid !== null) {
    const found = await handle.stat();
    await handle.chown(uid ?? found.uid, gid ?? found.gid);
  }
  await handle.chmod(mode);
  await handle.sync();
}
