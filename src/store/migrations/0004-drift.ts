import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The tables of drift-rows.ts. Instants are integer milliseconds, documents JSON text, booleans 0 or 1. */
export interface DriftTables {
  touches: {
    seq: number;
    id: string;
    stack: string;
    service: string;
    instance: string;
    kind: string;
    detail: string;
    at: number;
    by: string;
    taints: number;
  };
  gaps: { seq: number; from: number; to: number; reason: string; blind: number };
  looks: { id: string; stack: string; service: string; doc: string };
  heals: { seq: number; stack: string; service: string; at: number; doc: string };
}

export const drift: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("touches")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("id", "text", (c) => c.notNull())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("instance", "text", (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("detail", "text", (c) => c.notNull())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("by", "text", (c) => c.notNull())
      .addColumn("taints", "integer", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("touches_of").on("touches").columns(["id", "at"]).execute();
    await db.schema
      .createTable("gaps")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("from", "integer", (c) => c.notNull())
      .addColumn("to", "integer", (c) => c.notNull())
      .addColumn("reason", "text", (c) => c.notNull())
      .addColumn("blind", "integer", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("looks")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("heals")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
  },
};
