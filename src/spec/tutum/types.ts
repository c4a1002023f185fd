import type { Entry } from "../node.ts";
import type { Position } from "../types.ts";

/** What became of a key of an old stackfile where that does not mean exactly the same, or of one that is left out. */
export interface ImportNote {
  readonly at: Position;
  readonly service: string;
  /** As the old file has it; of a variable `environment.VIRTUAL_HOST`. */
  readonly key: string;
  /** A path under the service, `deploy.replicas`; with another service's name before it where it moved there. null: left out. */
  readonly became: string | null;
  readonly note: string;
}

export interface OldService {
  readonly name: string;
  readonly at: Position;
  /** By today's name: an `autorestart` is found under `restart`. Keys that say nothing are not there. */
  readonly keys: ReadonlyMap<string, OldKey>;
}

export interface OldKey extends Entry {
  /** As it is written. */
  readonly written: string;
}

export type OldStack = ReadonlyMap<string, OldService>;
