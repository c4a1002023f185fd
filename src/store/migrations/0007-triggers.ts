import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export interface TriggerTables {
  triggers: { id: string; stack: string; service: string; doc: string };
  /** `owed` is 1 while a callback is to be made. */
  deliveries: { trigger: string; key: string; at: number; owed: number; doc: string };
}

export const triggers: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("triggers")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("deliveries")
      .addColumn("trigger", "text", (c) => c.notNull())
      .addColumn("key", "text", (c) => c.notNull())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("owed", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("deliveries_key", ["trigger", "key"])
      .execute();
    await db.schema.createIndex("deliveries_at").on("deliveries").columns(["at"]).execute();
  },
};
