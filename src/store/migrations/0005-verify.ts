import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export interface VerifyTables {
  contexts: { stack: string; service: string; identity: string; doc: string };
  told: { id: string; doc: string };
  /** One row: the last event and the installation's signature over it. */
  heads: { id: number; seq: number; hash: string; signature: string };
}

export const verify: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("contexts")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("identity", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("contexts_key", ["stack", "service", "identity"])
      .execute();
    await db.schema
      .createTable("told")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("heads")
      .addColumn("id", "integer", (c) => c.primaryKey())
      .addColumn("seq", "integer", (c) => c.notNull())
      .addColumn("hash", "text", (c) => c.notNull())
      .addColumn("signature", "text", (c) => c.notNull())
      .execute();
  },
};
