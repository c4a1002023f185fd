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
 * that text, under the name `dockerfile`. Raises INS1001, here or in the stream, with the path that cannot be read.
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
  const ignoreFile = join(folder, ".dockerignore");
  const rules = await readFile(ignoreFile, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? "" : unreadable(ignoreFile)(error),
  );
  const { ignored, whole } = ignoring(rules);
  const always = [dockerfile.replace(/^\.\//, ""), ".dockerignore"];
  const archive = pack();
  const skip: Skip = {
    alone: (path) => (inline === undefined ? !always.includes(path) && ignored(path) : path === dockerfile || ignored(path)),
    whole: (path) => whole(path) && !always.some((name) => name === path || name.startsWith(`${path}/`)),
  };
  const fill = async () => {
    if (inline !== undefined) archive.entry({ name: dockerfile, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, inline);
    await add(archive, folder, "", skip);
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive);
}

interface Skip {
  readonly alone: (path: string) => boolean;
  /** With all that may be in it: it need not be readable, nor be there any more. */
  readonly whole: (path: string) => boolean;
}

async function add(archive: Pack, root: string, below: string, skip: Skip): Promise<void> {
  const here = join(root, below);
  for (const name of (await readdir(here).catch(unreadable(here))).sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    if (skip.whole(path)) continue;
    const full = join(root, path);
    const found = await lstat(full).catch(unreadable(full));
    const header = { name: path, mode: found.mode & 0o7777, mtime: new Date(0), uid: 0, gid: 0 };
    if (found.isDirectory()) {
      if (!skip.alone(path)) archive.entry({ ...header, type: "directory" });
      await add(archive, root, path, skip);
    } else if (skip.alone(path)) {
    } else if (found.isSymbolicLink()) {
      archive.entry({ ...header, type: "symlink", linkname: await readlink(full).catch(unreadable(full)) });
    } else if (found.isFile()) {
      const entry = archive.entry({ ...header, type: "file", size: found.size });
      await pipeline(createReadStream(full), entry).catch(unreadable(full));
    }
  }
}

async function stat(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    return unreadable(path)(error);
  });
}

const unreadable =
  (path: string) =>
  (cause: Error): never => {
    throw new InstarError("INS1001", `${path} cannot be read: ${cause.message}`, {
      hint: "make it readable, or leave it out with .dockerignore",
      cause,
    });
  };
