import type { Readable } from "node:stream";
import type { Snapshot } from "./snapshots.ts";

export interface VolumeView {
  readonly name: string;
  readonly stack: string | null;
  /** False for an external volume that a stack of ours mounts. */
  readonly ours: boolean;
  /** On disk; null where the driver does not tell. */
  readonly bytes: number | null;
  readonly users: readonly {
    readonly container: string;
    readonly service: string | null;
    readonly running: boolean;
    readonly readOnly: boolean;
  }[];
  readonly snapshots: number;
  readonly lastSnapshot: { readonly id: string; readonly createdAt: number } | null;
  /** No stack's file and no container names it any more. It stays until somebody removes it. */
  readonly orphan: boolean;
  /** The snapshot it was being restored from when that was broken off. */
  readonly halfRestored: string | null;
  /** What is being done to it now. */
  readonly work: string | null;
  /** Its writers stand still since, as the file's `freeze` says; null: they do not. */
  readonly frozenSince: number | null;
}

export interface VolumeProgress {
  readonly phase: "measuring" | "freezing" | "reading" | "verifying" | "restoring";
  readonly volume: string;
  readonly bytes: number;
  /** About how many it will be; null: nobody knows. */
  readonly of: number | null;
}

export type Progress = (progress: VolumeProgress) => void;

/**
 * The contents of volumes. Raises INS2012 for an unknown volume, INS2013 for an unknown snapshot, INS3012 while other
 * work on the volume is under way. What was begun goes on when the caller has left.
 */
export interface VolumeControl {
  list(): Promise<readonly VolumeView[]>;
  /** Raises INS3002, INS3011. */
  remove(name: string, who: string): Promise<void>;
  /** Newest first. */
  snapshots(volume?: string): Promise<readonly Snapshot[]>;
  /**
   * `name` is a volume's, else a service's: then all volumes it writes to. Running writers are frozen where the file says how;
   * `running`: they are not, and go on writing. Raises INS2003, INS3002, INS3011, INS3013, INS3015 to INS3018.
   */
  create(name: string, how: { running: boolean; who: string }, progress: Progress): Promise<readonly Snapshot[]>;
  /** Raises INS3002, INS3011, INS3014. */
  restore(id: string, who: string, progress: Progress): Promise<Snapshot>;
  /** Raises INS3014. */
  verify(id: string, progress: Progress): Promise<Snapshot>;
  drop(id: string, who: string): Promise<void>;
  /** The compressed file as it lies. */
  export(id: string): Promise<{ readonly snapshot: Snapshot; readonly body: Readable }>;
  /** A plain tar becomes a snapshot of `volume`, which need not exist yet when its stack is named. Raises INS2015. */
  import(
    tar: AsyncIterable<Buffer>,
    to: { readonly volume: string; readonly stack: string | null; readonly who: string },
    progress: Progress,
  ): Promise<Snapshot>;
}
