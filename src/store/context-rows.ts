import type { Kysely, Transaction } from "kysely";
import type { ContextRow, ContextRows, ToldRow } from "../reconcile/context-store.ts";
import type { Tables } from "./schema.ts";

/** What was rendered and told, over one connection or transaction. */
export const contextRows = (db: Kysely<Tables> | Transaction<Tables>): ContextRows => ({
  contexts: async () => (await db.selectFrom("contexts").select("doc").execute()).map(({ doc }) => JSON.parse(doc) as ContextRow),
  async putContext(row) {
    const doc = JSON.stringify(row);
    const { stack, service, identity } = row;
    await db
      .insertInto("contexts")
      .values({ stack, service, identity, doc })
      .onConflict((c) => c.columns(["stack", "service", "identity"]).doUpdateSet({ doc }))
      .execute();
  },
  async dropContext({ stack, service, identity }) {
    await db.deleteFrom("contexts").where("stack", "=", stack).where("service", "=", service).where("identity", "=", identity).execute();
  },
  told: async () => (await db.selectFrom("told").select("doc").execute()).map(({ doc }) => JSON.parse(doc) as ToldRow),
  async putTold(row) {
    const doc = JSON.stringify(row);
    await db
      .insertInto("told")
      .values({ id: row.id, doc })
      .onConflict((c) => c.column("id").doUpdateSet({ doc }))
      .execute();
  },
  async dropTold(id) {
    await db.deleteFrom("told").where("id", "=", id).execute();
  },
});
