import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export interface FreezeTables {
  freezes: { volume: string; doc: string };
  declared_execs: { seq: number; id: string; doc: string };
}

export const freezes: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("freezes")
      .addColumn("volume", "text", (c) => c.primaryKey())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("declared_execs")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("id", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
  },
};
