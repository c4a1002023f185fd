import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Examination } from "../../reconcile/drift-engine.ts";
import type { DockerClient } from "./client.ts";
import type { Inspect } from "./comparison.ts";
import { orMissing, refused } from "./failure.ts";
import { Recent } from "./recent.ts";

/** hosts, resolv.conf and hostname are files of the engine that it mounts over those of the layer: no diff shows them. */

type Found = Pick<Examination, "files" | "enginesOwn">;
export type HostFile = readonly [inside: string, host: string];

interface Stamped {
  readonly stamp: string;
  readonly hash: string;
  readonly enginesOwn: boolean;
}

/** Where an edit was: the file's place on the host is empty. */
export const GONE = "gone";

/** Where something else is mounted over one (and its path is then that of the mount), it is not the engine's. */
export const hostFilesOf = (inspect: Inspect & { readonly HostnamePath: string }): readonly HostFile[] =>
  (
    [
      ["/etc/hosts", inspect.HostsPath],
      ["/etc/resolv.conf", inspect.ResolvConfPath],
      ["/etc/hostname", inspect.HostnamePath],
    ] as const
  ).filter(([inside, host]) => host !== "" && !inspect.Mounts.some(({ Destination }) => Destination === inside));

/**
 * Contents are read again only when their inode's change time moved. Where the engine's folder cannot be read (a daemon in a container,
 * or in the group docker alone) the engine says size and change time instead, which costs a request for each file: it emits no event,
 * as reading them through the archive would (moby, daemon/archive_unix.go).
 */
export const hostFileReader = (client: DockerClient) => {
  const stamps = new Recent<Stamped>();

  const look = async (path: string): Promise<Stamped> => {
    // What the engine wrote last itself, by its own account (moby, libnetwork/sandbox_dns_unix.go).
    const accounted = `${path}.hash`;
    const own = path.endsWith("resolv.conf") ? await stampOf(accounted).catch(absent) : null;
    const stamp = `${await stampOf(path)} ${own ?? ""}`;
    const known = stamps.get(path);
    if (known?.stamp === stamp) return known;
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const account = own === null ? null : await readFile(accounted, "utf8").catch(absent);
    const found = { stamp, hash: hash.slice(0, 16), enginesOwn: account?.trim() === `sha256:${hash}` };
    stamps.set(path, found);
    return found;
  };

  const read = async (id: string, files: readonly HostFile[]): Promise<Found> => {
    const found: Record<string, string> = {};
    const enginesOwn: string[] = [];
    for (const [inside, host] of files) {
      const seen = await look(host).catch((error: unknown) => unseen(error, host));
      const hash = typeof seen === "object" && seen !== null ? seen.hash : (seen ?? (await told(client, id, inside)));
      if (hash !== null) found[inside] = hash;
      if (typeof seen === "object" && seen?.enginesOwn === true) enginesOwn.push(inside);
    }
    return { files: found, enginesOwn };
  };

  const forget = (files: readonly HostFile[]): void => {
    for (const [, host] of files) stamps.delete(host);
  };

  return { read, forget };
};

async function stampOf(path: string): Promise<string> {
  const { size, ino, ctimeNs } = await stat(path, { bigint: true });
  return `${size}:${ino}:${ctimeNs}`;
}

const absent = (error: NodeJS.ErrnoException): null => {
  if (["ENOENT", "EACCES", "EPERM"].includes(error.code ?? "")) return null;
  throw error;
};

/** Deleted where its neighbours are there; null: nothing of the engine's can be seen from here. */
async function unseen(error: unknown, path: string): Promise<typeof GONE | null> {
  absent(error as NodeJS.ErrnoException);
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return null;
  return (await stat(dirname(path)).catch(absent)) === null ? null : GONE;
}

/** null: it is gone with its container, or the engine cannot say. */
async function told(client: DockerClient, id: string, path: string): Promise<string | null> {
  try {
    const answer = await orMissing(client.stream("HEAD", `/containers/${encodeURIComponent(id)}/archive`, { query: { path } }));
    answer?.resume();
    const said = answer?.headers["x-docker-container-path-stat"];
    if (typeof said !== "string") return null;
    const { size, mode, mtime } = JSON.parse(Buffer.from(said, "base64").toString()) as Record<string, unknown>;
    return `told:${size}:${mode}:${mtime}`;
  } catch (error) {
    // 20.10 mounts the container's volumes for it, and one that is just being removed is busy.
    if (refused(error, 500) || refused(error, 409)) return null;
    throw error;
  }
}
