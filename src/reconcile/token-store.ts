import type { Instant } from "./ports.ts";

/** What a token may do: look, look and deploy, everything. */
export type TokenRole = "read" | "deploy" | "admin";

export interface TokenRow {
  readonly name: string;
  /** sha256 of the token, hex: the token itself is nowhere. */
  readonly hash: string;
  readonly role: TokenRole;
  /** `stack` or `stack/service`, at least one; null: everything. */
  readonly scope: readonly string[] | null;
  readonly createdAt: Instant;
  readonly who: string;
  /** null: never. */
  readonly expiresAt: Instant | null;
}

/** A token with its last use; null: not used yet. */
export interface KeptToken extends TokenRow {
  readonly usedAt: Instant | null;
}

export interface TokenStore {
  /** By name. */
  tokens(): Promise<readonly KeptToken[]>;
  token(name: string): Promise<KeptToken | null>;
  tokenOf(hash: string): Promise<KeptToken | null>;
  /** Not used yet. One of this name or hash must not be there. */
  addToken(row: TokenRow): Promise<void>;
  dropToken(name: string): Promise<void>;
  /** Nothing where it is gone: what was removed does not come back by being used. */
  tokenUsed(hash: string, at: Instant): Promise<void>;
}
