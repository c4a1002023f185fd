import type { Kysely, Transaction } from "kysely";
import type { GroupRow, GroupStore } from "../reconcile/groups-store.ts";
import type { Tables } from "./schema.ts";

const numberOf = (id: string): number => Number(/^G(\d+)$/.exec(id)?.[1] ?? -1);

/** Inside a transaction only, where it numbers. */
export const groupsRows = (db: Kysely<Tables> | Transaction<Tables>): GroupStore => ({
  async group(id) {
    const found = await db.selectFrom("groups").select("doc").where("number", "=", numberOf(id)).executeTakeFirst();
    return found === undefined ? null : (JSON.parse(found.doc) as GroupRow);
  },
  async addGroup(row) {
    const last = await db
      .selectFrom("groups")
      .select((e) => e.fn.max("number").as("number"))
      .executeTakeFirst();
    const number = Number(last?.number ?? 0) + 1;
    const numbered: GroupRow = { ...row, id: `G${number}` };
    await db
      .insertInto("groups")
      .values({ number, stack: row.stack, doc: JSON.stringify(numbered) })
      .execute();
    return numbered;
  },
  async putGroup(row) {
    await db
      .updateTable("groups")
      .set({ doc: JSON.stringify(row) })
      .where("number", "=", numberOf(row.id))
      .execute();
  },
});
