import type { KeptToken, TokenRole } from "./token-store.ts";

export interface NewToken {
  readonly name: string;
  readonly role: TokenRole;
  /** `stack` or `stack/service`, at least one; null: everything. */
  readonly scope: readonly string[] | null;
  /** null: it stands until it is removed. */
  readonly expiresInMs: number | null;
}

/** A token without anything that lets somebody in. */
export type TokenView = Omit<KeptToken, "hash">;

/** Shown once: what is kept of the token is its sha256. */
export interface TokenMade {
  readonly token: TokenView;
  /** What a client sends after `Authorization: Bearer`. */
  readonly secret: string;
}

/** Tokens beside the one in the home, each with a role and what it reaches. */
export interface TokenControl {
  /** Raises INS7010 for a name that is taken, INS2001 for a scope of `admin`, INS2002 and INS2006 for what is not there. */
  create(token: NewToken, who: string): Promise<TokenMade>;
  /** By name. */
  list(): Promise<readonly TokenView[]>;
  /** Raises INS7011. */
  remove(name: string, who: string): Promise<void>;
  /** Whose it is, as it stands now; null: nobody's. Raises INS7002 for one that has expired. */
  holderOf(secret: string): Promise<TokenView | null>;
}
