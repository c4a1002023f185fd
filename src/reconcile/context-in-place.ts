import type { ServiceKey } from "./control.ts";

/**
 * Files that an instance mounts one by one, over those of its /etc. A mount holds the file itself and not its name, so a change is
 * written into that file: it keeps its inode, and a reader at that moment may find the new beginning and the old end.
 */
export interface InPlaceFiles {
  /** The folder of one instance's files, absolute on the host. */
  place(key: ServiceKey, identity: string, instance: string): string;
  /**
   * Made, or rewritten where they are otherwise; on disk when it resolves. Broken off, a file is half one and half the other, and the
   * next put makes it right. Names of those whose inode was lost and that were made anew: who mounts one still has the lost one.
   * Raises INS6003.
   */
  put(place: string, files: Files): Promise<readonly string[]>;
  /** What is otherwise than it was put, in words; empty when nothing is. */
  differences(place: string, files: Files): Promise<readonly string[]>;
  /** Calls back soon after a file was touched by another hand; the returned function ends it. */
  watch(place: string, touched: () => void): () => void;
  /** Instances that have files here. */
  instances(key: ServiceKey, identity: string): Promise<readonly string[]>;
  /** Of one instance; null: of all. */
  remove(key: ServiceKey, identity: string, instance: string | null): Promise<void>;
}

type Files = Readonly<Record<string, string>>;
