import type { Kysely, Transaction } from "kysely";
import type { KeptToken, TokenRow, TokenStore } from "../reconcile/token-store.ts";
import type { Tables } from "./schema.ts";

const read = (row: { readonly used: number | null; readonly doc: string }): KeptToken => ({
  ...(JSON.parse(row.doc) as TokenRow),
  usedAt: row.used,
});
const one = (row: Parameters<typeof read>[0] | undefined): KeptToken | null => (row === undefined ? null : read(row));

export const tokenRows = (db: Kysely<Tables> | Transaction<Tables>): TokenStore => {
  const found = db.selectFrom("tokens").select(["used", "doc"]);
  return {
    tokens: async () => (await found.orderBy("name").execute()).map(read),
    token: async (name) => one(await found.where("name", "=", name).executeTakeFirst()),
    tokenOf: async (hash) => one(await found.where("hash", "=", hash).executeTakeFirst()),
    async addToken(row) {
      await db
        .insertInto("tokens")
        .values({ name: row.name, hash: row.hash, used: null, doc: JSON.stringify(row) })
        .execute();
    },
    async dropToken(name) {
      await db.deleteFrom("tokens").where("name", "=", name).execute();
    },
    async tokenUsed(hash, at) {
      await db.updateTable("tokens").set({ used: at }).where("hash", "=", hash).execute();
    },
  };
};
