import type { Readable } from "node:stream";
import type { Instant } from "./ports.ts";

/** A volume's content at one moment, on disk as a compressed tar. */
export interface Snapshot {
  readonly id: string;
  /** The engine's name of the volume. */
  readonly volume: string;
  readonly stack: string | null;
  readonly service: string | null;
  readonly slot: number | null;
  /** The deployment before which it was taken. */
  readonly deployment: string | null;
  readonly origin: "hand" | "before-deploy" | "import";
  /** `frozen`: writers ran and stood still, as the file declares; `crash`: they ran, so it is what a power cut would have left. */
  readonly consistency: "stopped" | "frozen" | "crash";
  readonly who: string;
  readonly createdAt: Instant;
  /** Of the tar; `bytes` is what it takes on disk. */
  readonly rawBytes: number;
  readonly bytes: number;
  /** Of the compressed file, hexadecimal. */
  readonly sha256: string;
  /** Files, folders, links and whatever else is in it, the volume's own root included. */
  readonly entries: number;
  /** The Instar that made it. */
  readonly version: string;
}

/** What is known of a snapshot before it is made. */
export type SnapshotOrigin = Omit<Snapshot, "id" | "rawBytes" | "bytes" | "sha256" | "entries" | "version">;

/** Called for every piece, with bytes so far. What it throws ends the work. */
export type Advance = (bytes: number) => void;

/**
 * The snapshots on disk. One that is not whole does not exist: it is made under another name, written through to the
 * disk, and renamed last. Raises INS2013 for an id that is none.
 */
export interface Snapshots {
  /** Removes what an unfinished write left. */
  open(): Promise<void>;
  /** Newest first. `damaged`: paths of those whose description cannot be read. */
  all(): Promise<{ readonly snapshots: readonly Snapshot[]; readonly damaged: readonly string[] }>;
  get(id: string): Promise<Snapshot>;
  /** Raises INS3013 unless so many bytes and a margin are free. */
  needRoom(bytes: number): Promise<void>;
  /** Raises INS3013 when the disk is full, INS2015 when it is no whole tar; nothing is left of it then. */
  add(origin: SnapshotOrigin, tar: AsyncIterable<Buffer>, advance: Advance): Promise<Snapshot>;
  /** Reads all of it. Raises INS3014 when it is not what was written. */
  verify(id: string, advance: Advance): Promise<Snapshot>;
  /** The tar, uncompressed. Raises INS3014. */
  tar(id: string): AsyncIterable<Buffer>;
  /** The file as it lies: a zstd-compressed tar. */
  file(id: string): Promise<Readable>;
  remove(id: string): Promise<void>;

  /** Volumes whose content is being replaced, or was when a daemon died: volume → snapshot. */
  halfRestored(): Promise<ReadonlyMap<string, string>>;
  markHalfRestored(volume: string, snapshot: string): Promise<void>;
  clearHalfRestored(volume: string): Promise<void>;
}
