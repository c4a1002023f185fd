import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export interface JobTables {
  jobs: { deployment: number; moment: string; stack: string; service: string; closed: number; doc: string };
  /** Deployments of one `up` that succeed or go back together. */
  groups: { number: number; stack: string; doc: string };
  /** How far in the event log the hooks have been told. */
  cursors: { name: string; seq: number };
}

export const jobs: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("jobs")
      .addColumn("deployment", "integer", (c) => c.notNull())
      .addColumn("moment", "text", (c) => c.notNull())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("closed", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_key", ["deployment", "moment"])
      .execute();
    await db.schema.createIndex("jobs_of").on("jobs").columns(["stack", "service", "closed"]).execute();
    await db.schema
      .createTable("groups")
      .addColumn("number", "integer", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("cursors")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("seq", "integer", (c) => c.notNull())
      .execute();
  },
};
