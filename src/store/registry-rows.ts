import type { Kysely, Transaction } from "kysely";
import type { FollowRow, FollowStore } from "../reconcile/autoredeploy-store.ts";
import type { PullStore } from "../reconcile/pull-store.ts";
import type { Tables } from "./schema.ts";

export function registryRows(db: Kysely<Tables> | Transaction<Tables>): FollowStore & PullStore {
  return {
    async followed({ stack, service }) {
      const row = await db.selectFrom("follows").select("doc").where("stack", "=", stack).where("service", "=", service).executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.doc) as FollowRow);
    },
    async putFollow(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("follows")
        .values({ stack: row.stack, service: row.service, doc })
        .onConflict((c) => c.columns(["stack", "service"]).doUpdateSet({ doc }))
        .execute();
    },
    pulls: async () => (await db.selectFrom("pulls").select("reference").execute()).map(({ reference }) => reference),
    async putPull(reference, at) {
      await db
        .insertInto("pulls")
        .values({ reference, at })
        .onConflict((c) => c.column("reference").doUpdateSet({ at }))
        .execute();
    },
    async dropPull(reference) {
      await db.deleteFrom("pulls").where("reference", "=", reference).execute();
    },
  };
}
