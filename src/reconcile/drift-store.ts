import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** What was done to running instances, and when nobody watched. Written by the watch (drift-watch.ts), read by `drift`, `heal` and `verify`. */

export type TouchKind = "exec" | "copy" | "write" | "update" | "rename" | "pause" | "network" | "mount" | "restart" | "managed-file";

/** One deed of somebody on one instance, since its creation. Never changed, never removed before the service's history is. */
export interface TouchRow extends ServiceKey {
  /** Ascending, in the order in which they were written. */
  readonly seq: number;
  /** The engine's id of the container, and the instance's name at that time. */
  readonly id: string;
  readonly instance: string;
  readonly kind: TouchKind;
  /** The command, the path, the network … in words. */
  readonly detail: string;
  readonly at: Instant;
  /** Who, where the route tells it (`instar exec`: the caller); else `a client of the engine`. */
  readonly by: string;
  /** False: recorded only, as a copy out of the instance or a start together with its engine; the instance is as it was made. */
  readonly taints: boolean;
}

/** A stretch of time of which events may be missing. Open on no side; never merged, never removed. */
export interface GapRow {
  readonly seq: number;
  readonly from: Instant;
  readonly to: Instant;
  /** In words: the daemon was down, the engine's events ran over … */
  readonly reason: string;
  /**
   * True: somebody could have acted through the engine unseen; who lived in it is unwatched. False: the engine itself was not there,
   * so nobody acted through it, or everything it remembered was read afterwards.
   */
  readonly blind: boolean;
}

/** What the last look at an instance found. Its row is written when it changes, not with every look: `at` is when it was first so. */
export interface LookRow extends ServiceKey {
  readonly id: string;
  readonly instance: string;
  readonly at: Instant;
  /** The start it belongs to: hosts and resolv.conf are as the engine wrote them then. */
  readonly startedAt: Instant | null;
  /** Paths of the writable layer that no declaration explains; sorted. */
  readonly changed: readonly ChangedPath[];
  /** More paths changed than are listed. */
  readonly more: boolean;
  /** Configuration that differs from the revision's, in words. */
  readonly configuration: readonly string[];
  /** Its labels do not name it, or name another content than it has, in words; null: they do. */
  readonly foreign: string | null;
  /** hosts, resolv.conf, hostname: path inside the instance → hash at the start, and of those that differ now. */
  readonly files: Readonly<Record<string, string>>;
  readonly filesChanged: readonly string[];
}

export interface ChangedPath {
  readonly path: string;
  /** added, changed, deleted */
  readonly kind: "A" | "C" | "D";
  /** Of the content and the owner and mode; changes with each edit. Empty for what is deleted. */
  readonly hash: string;
  /** When it was first seen so. */
  readonly at: Instant;
}

/** From when on somebody watches, and the last moment up to which everything is known. */
export interface VigilRow {
  readonly since: Instant;
  readonly seen: Instant;
}

/** One replacement for drift: what the limit on them counts. */
export interface HealRow extends ServiceKey {
  readonly slot: number;
  readonly instance: string;
  readonly instanceHash: string;
  /** When the replaced instance began, and when it was found. */
  readonly startedAt: Instant;
  readonly at: Instant;
  readonly verdict: string;
}

/** A store's part about drift. Raises INS6003 as the rest of it. */
export interface DriftStore {
  /** False when this very touch (id, kind, detail, at) is there already: an event heard twice. */
  addTouch(touch: Omit<TouchRow, "seq">): Promise<boolean>;
  /** Oldest first. */
  touches(of?: Partial<ServiceKey> & { readonly id?: string; readonly since?: Instant }): Promise<readonly TouchRow[]>;

  addGap(gap: Omit<GapRow, "seq">): Promise<void>;
  /** Those that end after `since`; oldest first. */
  gaps(since?: Instant): Promise<readonly GapRow[]>;

  looks(of?: Partial<ServiceKey> & { readonly id?: string }): Promise<readonly LookRow[]>;
  putLook(look: LookRow): Promise<void>;
  dropLook(id: string): Promise<void>;

  vigil(): Promise<VigilRow | null>;
  putVigil(row: VigilRow): Promise<void>;

  /** Of one service, oldest first. */
  heals(key: ServiceKey, since: Instant): Promise<readonly HealRow[]>;
  addHeal(heal: HealRow): Promise<void>;
}
