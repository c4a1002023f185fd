import type { Kysely, Transaction } from "kysely";
import type { DriftStore, HealRow, LookRow, TouchKind, VigilRow } from "../reconcile/drift-store.ts";
import type { Tables } from "./schema.ts";

const WATCH = "watch";

/** Touches, gaps, looks and heals over one connection or one transaction. */
export function driftRows(db: Kysely<Tables> | Transaction<Tables>): DriftStore {
  return {
    async addTouch({ id, stack, service, instance, kind, detail, at, by, taints }) {
      const known = await db
        .selectFrom("touches")
        .select("seq")
        .where("id", "=", id)
        .where("at", "=", at)
        .where("kind", "=", kind)
        .where("detail", "=", detail)
        .executeTakeFirst();
      if (known !== undefined) return false;
      await db
        .insertInto("touches")
        .values({ id, stack, service, instance, kind, detail, at, by, taints: taints ? 1 : 0 } as never)
        .execute();
      return true;
    },
    async touches({ stack, service, id, since } = {}) {
      let query = db.selectFrom("touches").selectAll().orderBy("seq");
      if (stack !== undefined) query = query.where("stack", "=", stack);
      if (service !== undefined) query = query.where("service", "=", service);
      if (id !== undefined) query = query.where("id", "=", id);
      if (since !== undefined) query = query.where("at", ">=", since);
      return (await query.execute()).map((row) => ({ ...row, kind: row.kind as TouchKind, taints: row.taints === 1 }));
    },

    async addGap({ from, to, reason, blind }) {
      await db
        .insertInto("gaps")
        .values({ from, to, reason, blind: blind ? 1 : 0 } as never)
        .execute();
    },
    async gaps(since) {
      let query = db.selectFrom("gaps").selectAll().orderBy("seq");
      if (since !== undefined) query = query.where("to", ">=", since);
      return (await query.execute()).map((row) => ({ ...row, blind: row.blind === 1 }));
    },

    async looks({ stack, service, id } = {}) {
      let query = db.selectFrom("looks").select("doc").orderBy("id");
      if (stack !== undefined) query = query.where("stack", "=", stack);
      if (service !== undefined) query = query.where("service", "=", service);
      if (id !== undefined) query = query.where("id", "=", id);
      return (await query.execute()).map((row) => JSON.parse(row.doc) as LookRow);
    },
    async putLook(look) {
      const doc = JSON.stringify(look);
      await db
        .insertInto("looks")
        .values({ id: look.id, stack: look.stack, service: look.service, doc })
        .onConflict((c) => c.column("id").doUpdateSet({ doc }))
        .execute();
    },
    async dropLook(id) {
      await db.deleteFrom("looks").where("id", "=", id).execute();
    },

    async vigil() {
      const row = await db.selectFrom("meta").select("value").where("key", "=", WATCH).executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.value) as VigilRow);
    },
    async putVigil(row) {
      const value = JSON.stringify(row);
      await db
        .insertInto("meta")
        .values({ key: WATCH, value })
        .onConflict((c) => c.column("key").doUpdateSet({ value }))
        .execute();
    },

    async heals(key, since) {
      const found = await db
        .selectFrom("heals")
        .select("doc")
        .where("stack", "=", key.stack)
        .where("service", "=", key.service)
        .where("at", ">=", since)
        .orderBy("seq")
        .execute();
      return found.map((row) => JSON.parse(row.doc) as HealRow);
    },
    async addHeal(heal) {
      await db
        .insertInto("heals")
        .values({ stack: heal.stack, service: heal.service, at: heal.at, doc: JSON.stringify(heal) } as never)
        .execute();
    },
  };
}
