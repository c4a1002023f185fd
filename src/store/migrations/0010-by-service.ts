import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Every pass reads its service's facts and crashes: without these it read those of all services, and a look at all the square of them. */
export const byService: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema.createIndex("facts_of").on("facts").columns(["stack", "service"]).execute();
    await db.schema.createIndex("crashes_of").on("crashes").columns(["stack", "service", "at"]).execute();
    await db.schema.createIndex("heals_of").on("heals").columns(["stack", "service", "at"]).execute();
  },
};
