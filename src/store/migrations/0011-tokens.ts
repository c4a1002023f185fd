import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export interface TokenTables {
  /** `hash` is the sha256 of the token, hex. */
  tokens: { name: string; hash: string; used: number | null; doc: string };
}

export const tokens: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("tokens")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("hash", "text", (c) => c.notNull().unique())
      .addColumn("used", "integer")
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
  },
};
