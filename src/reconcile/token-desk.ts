import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { InstarError } from "../errors.ts";
import type { Clock } from "./ports.ts";
import type { Store } from "./store.ts";
import type { TokenControl, TokenMade, TokenView } from "./token-control.ts";
import type { KeptToken, TokenRow } from "./token-store.ts";

/** So that scanners for secrets know one when they see it. */
const PREFIX = "instar_";
/** A use is written down at most this often: each is a write that waits for the disk. */
const NOTE_EVERY_MS = 60_000;

const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

export class TokenDesk implements TokenControl {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  create: TokenControl["create"] = async ({ name, role, scope, expiresInMs }, who): Promise<TokenMade> => {
    if (role === "admin" && scope !== null) throw new InstarError("INS2001", "an admin's token reaches everything: it has no scope");
    const secret = `${PREFIX}${randomBytes(32).toString("base64url")}`;
    const now = this.#clock.now();
    const row: TokenRow = {
      ...{ name, hash: hashOf(secret).toString("hex"), role, scope: scope === null ? null : plainest(scope) },
      ...{ createdAt: now, who, expiresAt: expiresInMs === null ? null : now + expiresInMs },
    };
    await this.#store.write(async (within) => {
      if ((await within.token(name)) !== null) throw new InstarError("INS7010", `there is a token ${name} already`);
      for (const part of row.scope ?? []) await mustBeThere(within, part);
      await within.addToken(row);
      await within.addEvent(now, { kind: "token.created", message: `the token ${name} (${wordsOf(row)}) was made by ${who}` });
    });
    return { token: viewOf({ ...row, usedAt: null }), secret };
  };

  list: TokenControl["list"] = async () => (await this.#store.tokens()).map(viewOf);

  remove: TokenControl["remove"] = (name, who) =>
    this.#store.write(async (within) => {
      const row = await within.token(name);
      if (row === null) throw new InstarError("INS7011", `there is no token ${name}`);
      await within.dropToken(name);
      await within.addEvent(this.#clock.now(), {
        kind: "token.removed",
        message: `the token ${name} (${wordsOf(row)}) was removed by ${who}`,
      });
    });

  /** Looked up each time, so that one that was removed is refused at once. */
  holderOf: TokenControl["holderOf"] = async (secret) => {
    const hash = hashOf(secret);
    const row = await this.#store.tokenOf(hash.toString("hex"));
    if (row === null || !timingSafeEqual(Buffer.from(row.hash, "hex"), hash)) return null;
    const now = this.#clock.now();
    if (row.expiresAt !== null && row.expiresAt <= now)
      throw new InstarError("INS7002", `the token ${row.name} expired at ${new Date(row.expiresAt).toISOString()}`, {
        hint: "instar token rm removes it, instar token create makes another one",
      });
    if (row.usedAt === null || row.usedAt <= now - NOTE_EVERY_MS) await this.#note(row, now);
    return viewOf(row);
  };

  async #note(row: KeptToken, now: number): Promise<void> {
    try {
      await this.#store.tokenUsed(row.hash, now);
    } catch (error) {
      // On a full disk one can still look.
      if (!(error instanceof InstarError) || error.code !== "INS6003") throw error;
    }
  }
}

/** In order, each once, without services of stacks that are there whole. */
function plainest(scope: readonly string[]): readonly string[] {
  const parts = new Set(scope);
  return [...parts].filter((part) => !part.includes("/") || !parts.has(part.split("/")[0] ?? "")).sort();
}

async function mustBeThere(store: Store, part: string): Promise<void> {
  const [stack = "", service] = part.split("/");
  if (service === undefined) {
    const row = await store.stack(stack);
    if (row === null || row.removed) throw new InstarError("INS2006", `there is no stack ${stack}`);
    return;
  }
  const row = await store.service({ stack, service });
  if (row === null || row.removed) throw new InstarError("INS2002", `there is no service ${part}`);
}

/** `deploy, shop/web, until 2027-01-01T00:00:00.000Z` */
const wordsOf = ({ role, scope, expiresAt }: TokenRow): string =>
  [
    role,
    scope === null ? "everything" : scope.join(" "),
    ...(expiresAt === null ? [] : [`until ${new Date(expiresAt).toISOString()}`]),
  ].join(", ");

const viewOf = ({ hash: _, ...row }: KeptToken): TokenView => row;
