import type { Kysely, Transaction } from "kysely";
import type { DeliveryRow, TriggerRow, TriggerStore } from "../reconcile/trigger-store.ts";
import type { Tables } from "./schema.ts";

const read = <T>(row: { doc: string }): T => JSON.parse(row.doc) as T;
const one = <T>(row: { doc: string } | undefined): T | null => (row === undefined ? null : read<T>(row));

export const triggerRows = (db: Kysely<Tables> | Transaction<Tables>): TriggerStore => ({
  triggers: async () =>
    (await db.selectFrom("triggers").select("doc").orderBy("stack").orderBy("service").orderBy("id").execute()).map((r) =>
      read<TriggerRow>(r),
    ),
  trigger: async (id) => one<TriggerRow>(await db.selectFrom("triggers").select("doc").where("id", "=", id).executeTakeFirst()),
  async putTrigger(row) {
    const doc = JSON.stringify(row);
    await db
      .insertInto("triggers")
      .values({ id: row.id, stack: row.stack, service: row.service, doc })
      .onConflict((c) => c.column("id").doUpdateSet({ doc }))
      .execute();
  },
  async dropTrigger(id) {
    await db.deleteFrom("triggers").where("id", "=", id).execute();
    await db.deleteFrom("deliveries").where("trigger", "=", id).execute();
  },

  delivery: async (trigger, key) =>
    one<DeliveryRow>(
      await db.selectFrom("deliveries").select("doc").where("trigger", "=", trigger).where("key", "=", key).executeTakeFirst(),
    ),
  async putDelivery(row) {
    const values = { at: row.at, owed: row.callback === null ? 0 : 1, doc: JSON.stringify(row) };
    await db
      .insertInto("deliveries")
      .values({ trigger: row.trigger, key: row.key, ...values })
      .onConflict((c) => c.columns(["trigger", "key"]).doUpdateSet(values))
      .execute();
  },
  owedCallbacks: async () =>
    (await db.selectFrom("deliveries").select("doc").where("owed", "=", 1).orderBy("at").execute()).map((r) => read<DeliveryRow>(r)),
  async dropDeliveries(before) {
    await db.deleteFrom("deliveries").where("at", "<", before).execute();
  },
});
