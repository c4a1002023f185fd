import type { InPlaceFiles } from "./context-in-place.ts";
import type { ServiceKey } from "./control.ts";

/**
 * Directories that instances mount read-only and that change as a whole: a name in one leads over a link to the set of files that
 * is current, and a change turns that link. They are on disk, so that an instance starts after a reboot without the daemon.
 */
export interface ContextFiles {
  /** Of a service's context with this identity, absolute on the host. */
  place(key: ServiceKey, identity: string): string;
  /**
   * Whole and on disk when it resolves; a reader finds the set of before or this one. True: the directory was made anew, and who
   * mounts one from before still has that. Raises INS6003.
   */
  put(place: string, files: Readonly<Record<string, string>>): Promise<boolean>;
  /** What is otherwise than it was put, in words; empty when nothing is. */
  differences(place: string, files: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Calls back soon after something in there was touched, by whomever; the returned function ends it. */
  watch(place: string, touched: () => void): () => void;
  remove(place: string): Promise<void>;
  /** hosts and resolv.conf. */
  readonly inPlace: InPlaceFiles;
}
