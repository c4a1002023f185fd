import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { InstarError } from "../errors.ts";
import type { Advance } from "../reconcile/snapshots.ts";
import { TarCount } from "./tar-count.ts";

/** What writing found out. Bytes of the tar, bytes on disk. */
export interface Written {
  readonly rawBytes: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly entries: number;
}

const PIECE = 1024 * 1024;
// Level 3, and a checksum of the content in each frame, so that reading it back notices a flipped bit by itself.
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } };

/** Writes the tar compressed to a new file, through to the disk. Raises INS2015 for what is no whole tar. */
export async function writeArchive(path: string, tar: AsyncIterable<Buffer>, advance: Advance): Promise<Written> {
  const count = new TarCount();
  const hash = createHash("sha256");
  let bytes = 0;
  const source = Readable.from(tar, { objectMode: false, highWaterMark: PIECE });
  const closed = new Promise((resolve) => source.once("close", resolve));
  const done = pipeline(
    source,
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        count.add(piece);
        if (count.fault !== null) break;
        advance(count.bytes);
        yield piece;
      }
      const fault = count.end();
      if (fault !== null) throw new InstarError("INS2015", `this is no archive of a volume: ${fault}`);
    },
    // What zstd makes of a stream depends on the pieces it comes in.
    inPieces,
    createZstdCompress(COMPRESSION),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        hash.update(piece);
        bytes += piece.length;
        yield piece;
      }
    },
    createWriteStream(path, { flags: "wx", mode: 0o600 }),
  );
  // A pipeline that fails does not wait for its source, which may have something to clear away.
  await done.finally(() => closed);
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return { rawBytes: count.bytes, bytes, sha256: hash.digest("hex"), entries: count.entries };
}

/** The same bytes in pieces of one size, the last one excepted. */
async function* inPieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(block, filled, at);
      at += copied;
      filled += copied;
      if (filled < PIECE) continue;
      yield block;
      block = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** Checksum and length of the file as it lies. */
export async function digestOf(path: string, advance: Advance): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    hash.update(piece as Buffer);
    bytes += (piece as Buffer).length;
    advance(bytes);
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** The tar in it, as it was given to `writeArchive`. */
export async function* readArchive(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE });
  const plain = createZstdDecompress();
  file.on("error", (error) => plain.destroy(error));
  file.pipe(plain);
  try {
    for await (const piece of plain) yield piece as Buffer;
  } finally {
    file.destroy();
    plain.destroy();
  }
}
