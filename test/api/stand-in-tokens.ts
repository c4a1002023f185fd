import { InstarError } from "../../src/errors.ts";
import type { NewToken, TokenControl, TokenView } from "../../src/reconcile/token-control.ts";

/** Tokens in memory, as far as the API and CLI can see them. */
export class StandInTokens implements TokenControl {
  readonly made = new Map<string, TokenView>();
  #count = 0;

  /** The secret of a new token. */
  give(more: Partial<NewToken> = {}): string {
    const { name = `n${++this.#count}`, role = "read", scope = null, expiresInMs = null } = more;
    const secret = `instar_${name}_${"s".repeat(36)}`;
    const expiresAt = expiresInMs === null ? null : Date.now() + expiresInMs;
    this.made.set(secret, { name, role, scope, createdAt: 1, who: "ann", expiresAt, usedAt: null });
    return secret;
  }

  /** Its time has come. */
  expire(secret: string): void {
    this.made.set(secret, { ...(this.made.get(secret) as TokenView), expiresAt: 1 });
  }

  create: TokenControl["create"] = async (how, who) => {
    if ([...this.made.values()].some(({ name }) => name === how.name))
      throw new InstarError("INS7010", `there is a token ${how.name} already`);
    const secret = this.give(how);
    const token = { ...(this.made.get(secret) as TokenView), who };
    this.made.set(secret, token);
    return { token, secret };
  };

  list: TokenControl["list"] = async () => [...this.made.values()];

  remove: TokenControl["remove"] = async (name) => {
    const found = [...this.made].find(([, token]) => token.name === name);
    if (found === undefined) throw new InstarError("INS7011", `there is no token ${name}`);
    this.made.delete(found[0]);
  };

  holderOf: TokenControl["holderOf"] = async (secret) => {
    const found = this.made.get(secret) ?? null;
    if (found?.expiresAt != null && found.expiresAt <= Date.now()) throw new InstarError("INS7002", `the token ${found.name} expired`);
    return found;
  };
}
