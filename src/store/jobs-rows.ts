import type { Kysely, Transaction } from "kysely";
import type { JobRow, JobStore } from "../reconcile/jobs-store.ts";
import type { Tables } from "./schema.ts";

const read = (row: { doc: string }): JobRow => JSON.parse(row.doc) as JobRow;
const numberOf = (deployment: string): number => Number(/^D(\d+)$/.exec(deployment)?.[1] ?? -1);

export const jobsRows = (db: Kysely<Tables> | Transaction<Tables>): JobStore => ({
  async job(deployment, moment) {
    const found = await db
      .selectFrom("jobs")
      .select("doc")
      .where("deployment", "=", numberOf(deployment))
      .where("moment", "=", moment)
      .executeTakeFirst();
    return found === undefined ? null : read(found);
  },
  async jobsOf(deployment) {
    const of = db.selectFrom("jobs").select("doc").where("deployment", "=", numberOf(deployment));
    return (await of.orderBy("moment", "desc").execute()).map(read);
  },
  async openJobs({ stack, service }) {
    const of = db.selectFrom("jobs").select("doc").where("stack", "=", stack).where("service", "=", service).where("closed", "=", 0);
    return (await of.orderBy("deployment").orderBy("moment", "desc").execute()).map(read);
  },
  async cursor(name) {
    return (await db.selectFrom("cursors").select("seq").where("name", "=", name).executeTakeFirst())?.seq ?? null;
  },
  async putCursor(name, seq) {
    await db
      .insertInto("cursors")
      .values({ name, seq })
      .onConflict((c) => c.column("name").doUpdateSet({ seq }))
      .execute();
  },
  async putJob(row) {
    const doc = JSON.stringify(row);
    const closed = Number(row.closed);
    await db
      .insertInto("jobs")
      .values({
        ...{ deployment: numberOf(row.deployment), moment: row.moment, stack: row.stack, service: row.service, closed, doc },
      })
      .onConflict((c) => c.columns(["deployment", "moment"]).doUpdateSet({ closed, doc }))
      .execute();
  },
});
