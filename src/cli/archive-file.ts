import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { InstarError } from "../errors.ts";
import type { Client } from "./client.ts";
import { wholeFile } from "./whole-file.ts";

/**
 * Writes the snapshot to a file, or to stdout for `-`: a plain tar, or as it is with `zstd` or for a name in .zst.
 * A file appears whole or not at all. Returns the bytes written. Raises INS3014 when they are not the snapshot's, INS2001 and INS3009
 * when the file cannot be written.
 */
export async function exportSnapshot(client: Client, id: string, to: string, zstd: boolean): Promise<number> {
  if (to === "-" && process.stdout.isTTY)
    throw new InstarError("INS2001", "a terminal is no place for an archive", { hint: "name a file, or pipe it somewhere" });
  const { headers, body } = await client.download(`/v1/snapshots/${encodeURIComponent(id)}/content`);
  const hash = createHash("sha256");
  let bytes = 0;
  const write = (out: Writable): Promise<void> =>
    pipeline(
      body,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          yield piece;
        }
        const sha256 = hash.digest("hex");
        if (sha256 !== headers["instar-sha256"])
          throw new InstarError("INS3014", `what arrived of ${id} has the checksum ${sha256} instead of ${headers["instar-sha256"]}`);
      },
      zstd || to.endsWith(".zst") ? new PassThrough() : createZstdDecompress(),
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          bytes += piece.length;
          yield piece;
        }
      },
      out,
      { end: to !== "-" },
    ).catch((cause: NodeJS.ErrnoException) => {
      // It is unpacked as it comes: before all of it is here to be summed.
      if (!cause.code?.startsWith("ZSTD_")) throw cause;
      throw new InstarError("INS3014", `what arrived of ${id} cannot be unpacked: ${cause.message}`, { cause });
    });
  if (to === "-") await write(process.stdout);
  else await wholeFile(to, write);
  return bytes;
}

/** A file, or stdin for `-`. Raises INS1001 when it cannot be read. */
export async function openArchive(from: string): Promise<Readable> {
  if (from === "-") return process.stdin;
  const refuse = (why: string, cause?: unknown): never => {
    throw new InstarError("INS1001", `${from} ${why}`, { hint: "correct the file's name", cause });
  };
  const file = await open(from).catch((cause: Error) => refuse(`cannot be read: ${cause.message}`, cause));
  if (!(await file.stat()).isDirectory()) return file.createReadStream();
  await file.close();
  return refuse("is a folder");
}
