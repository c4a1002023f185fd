import type { FileSpec } from "../spec/types.ts";
import type { Instant } from "./ports.ts";

export type SecretKind = FileSpec["kind"];

/** A secret or config that the daemon keeps for files that say `external`. Nothing here, or anywhere, gives its content back. */
export interface SecretView {
  readonly name: string;
  /** As revisions have it: an HMAC with a key of the installation, 64 hex digits. */
  readonly version: string;
  readonly bytes: number;
  readonly changedAt: Instant;
  /** `shop/web`, sorted: services that name it, in the file last applied or in the revision wanted now; those of a stack that is down do not count. */
  readonly usedBy: readonly string[];
}

export interface SecretSet extends SecretView {
  /** False: the next `up` finds what the last one would have found. */
  readonly changed: boolean;
}

export interface SecretRemoved {
  readonly removed: string;
  readonly version: string;
  readonly usedBy: readonly string[];
}

/** What `external: true` refers to. Instances have copies of their own: only the next `up` looks here. */
export interface SecretControl {
  list(kind: SecretKind): Promise<readonly SecretView[]>;
  /** Raises INS2101 for the name, INS2103 for a content that is empty, INS2104, INS6003. */
  set(kind: SecretKind, name: string, bytes: Uint8Array, who: string): Promise<SecretSet>;
  /** Raises INS2100, INS2101, INS2104; INS2102 while a service names it, unless `force`. */
  remove(kind: SecretKind, name: string, how: { readonly force: boolean; readonly who: string }): Promise<SecretRemoved>;
}
