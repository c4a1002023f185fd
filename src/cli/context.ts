import type { Stats } from "node:fs";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { InstarError } from "../errors.ts";
import { ignoring } from "./ignore.ts";

/**
 * A build context as a tar stream: sorted, owners and times left out, so that the same files give the same
 * bytes and the engine's cache holds. `.dockerignore` is honoured; the Dockerfile always goes along; with `inline` it is
 * that text, under the name `dockerfile`. Raises INS1001 when the folder or the Dockerfile cannot be read.
 */
export async function contextTar(folder: string, dockerfile: string, inline?: string): Promise<Readable> {
  const found = await stat(folder);
  if (!found?.isDirectory())
    throw new InstarError("INS1001", `the build context ${folder} is not a folder`, { hint: "correct build.context in the stack file" });
  if (inline === undefined && (await stat(join(folder, dockerfile))) === null) {
    throw new InstarError("INS1001", `there is no ${dockerfile} in the build context ${folder}`, {
      hint: "correct build.dockerfile in the stack file",
    });
  }
  const rules = await readFile(join(folder, ".dockerignore"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const ignored = ignoring(rules);
  const always = new Set([dockerfile.replace(/^\.\//, ""), ".dockerignore"]);
  const archive = pack();
  const skip = (path: string): boolean =>
    inline === undefined ? !always.has(path) && ignored(path) : path === dockerfile || ignored(path);
  const fill = async () => {
    if (inline !== undefined) archive.entry({ name: dockerfile, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, inline);
    await add(archive, folder, "", skip);
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive);
}

async function add(archive: Pack, root: string, below: string, skip: (path: string) => boolean): Promise<void> {
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    const full = join(root, path);
    const found = await lstat(full);
    const header = { name: path, mode: found.mode & 0o7777, mtime: new Date(0), uid: 0, gid: 0 };
    if (found.isDirectory()) {
      // An ignored folder is still walked: a later `!` rule may take something of it back.
      if (!skip(path)) archive.entry({ ...header, type: "directory" });
      await add(archive, root, path, skip);
    } else if (skip(path)) {
    } else if (found.isSymbolicLink()) {
      archive.entry({ ...header, type: "symlink", linkname: await readlink(full) });
    } else if (found.isFile()) {
      await pipeline(createReadStream(full), archive.entry({ ...header, type: "file", size: found.size }));
    }
  }
}

async function stat(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
}
