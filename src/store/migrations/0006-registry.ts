import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** `follows`: services that follow a registry. `pulls`: images that are on the engine because Instar pulled them. */
export interface RegistryTables {
  follows: { stack: string; service: string; doc: string };
  pulls: { reference: string; at: number };
}

export const registry: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("follows")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("follows_key", ["stack", "service"])
      .execute();
    await db.schema
      .createTable("pulls")
      .addColumn("reference", "text", (c) => c.primaryKey())
      .addColumn("at", "integer", (c) => c.notNull())
      .execute();
  },
};
