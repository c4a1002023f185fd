import type { KeptToken, TokenStore } from "../../src/reconcile/token-store.ts";
import { type Journal, Table } from "./fake-store-tables.ts";

export function fakeTokens(journal: Journal): TokenStore {
  const tokens = new Table<KeptToken>(journal, ({ name }) => [name]);
  const of = (hash: string): KeptToken | null => tokens.where((row) => row.hash === hash)[0] ?? null;
  return {
    tokens: async () => tokens.all(),
    token: async (name) => tokens.get(name),
    tokenOf: async (hash) => of(hash),
    async addToken(row) {
      if (tokens.get(row.name) !== null || of(row.hash) !== null) throw new Error(`${row.name} or its hash is there`);
      tokens.put({ ...row, usedAt: null }, row.name);
    },
    dropToken: async (name) => tokens.drop(name),
    async tokenUsed(hash, at) {
      const row = of(hash);
      if (row !== null) tokens.put({ ...row, usedAt: at }, row.name);
    },
  };
}
