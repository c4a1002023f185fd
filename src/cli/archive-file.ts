import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { InstarError } from "../errors.ts";
import type { Client } from "./client.ts";

/**
 * Writes the snapshot to a file, or to stdout for `-`: a plain tar, or as it is with `zstd` or for a name in .zst.
 * A file appears whole or not at all. Returns the bytes received. Raises INS3014 when they are not the snapshot's.
 */
export async function exportSnapshot(client: Client, id: string, to: string, zstd: boolean): Promise<number> {
  if (to === "-" && process.stdout.isTTY)
    throw new InstarError("INS2001", "a terminal is no place for an archive", { hint: "name a file, or pipe it somewhere" });
  const answer = await client.download(`/v1/snapshots/${encodeURIComponent(id)}/content`);
  const hash = createHash("sha256");
  let bytes = 0;
  const partial = `${to}.partial`;
  const out = to === "-" ? process.stdout : createWriteStream(partial, { mode: 0o600 });
  try {
    await pipeline(
      answer,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          bytes += piece.length;
          yield piece;
        }
        const sha256 = hash.digest("hex");
        if (sha256 !== answer.headers["instar-sha256"])
          throw new InstarError(
            "INS3014",
            `what arrived of ${id} has the checksum ${sha256} instead of ${answer.headers["instar-sha256"]}`,
          );
      },
      zstd || to.endsWith(".zst") ? new PassThrough() : createZstdDecompress(),
      out,
      { end: to !== "-" },
    );
    if (to !== "-") await rename(partial, to);
    return bytes;
  } catch (error) {
    if (to !== "-") await rm(partial, { force: true });
    throw error;
  }
}

/** A file, or stdin for `-`. Raises INS1001 when it cannot be read. */
export async function openArchive(from: string): Promise<Readable> {
  if (from === "-") return process.stdin;
  const file = await open(from).catch((cause: NodeJS.ErrnoException) => {
    throw new InstarError("INS1001", `${from} cannot be read: ${cause.message}`, { hint: "correct the file's name", cause });
  });
  await file.close();
  return createReadStream(from);
}
