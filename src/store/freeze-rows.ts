import type { Kysely, Transaction } from "kysely";
import type { DeclaredExec } from "../reconcile/execution.ts";
import type { FreezeRow, FreezeStore } from "../reconcile/freeze-store.ts";
import type { Tables } from "./schema.ts";

const KEPT = 1000;

export function freezeRows(db: Kysely<Tables> | Transaction<Tables>): FreezeStore {
  return {
    freezes: async () =>
      (await db.selectFrom("freezes").select("doc").orderBy("volume").execute()).map(({ doc }) => JSON.parse(doc) as FreezeRow),
    async putFreeze(row) {
      const doc = JSON.stringify(row);
      await db
        .insertInto("freezes")
        .values({ volume: row.volume, doc })
        .onConflict((c) => c.column("volume").doUpdateSet({ doc }))
        .execute();
    },
    async dropFreeze(volume) {
      await db.deleteFrom("freezes").where("volume", "=", volume).execute();
    },

    async declaredExecs() {
      const found = await db.selectFrom("declared_execs").select("doc").orderBy("seq").execute();
      return new Map(found.map(({ doc }) => JSON.parse(doc) as DeclaredExec).map((row) => [row.id, row]));
    },
    async addDeclaredExec(row) {
      const last = await db.selectFrom("declared_execs").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
      const seq = (last?.seq ?? 0) + 1;
      await db
        .insertInto("declared_execs")
        .values({ seq, id: row.id, doc: JSON.stringify(row) })
        .execute();
      await db
        .deleteFrom("declared_execs")
        .where("seq", "<=", seq - KEPT)
        .execute();
    },
  };
}
