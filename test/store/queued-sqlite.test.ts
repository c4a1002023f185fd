import { createHook } from "node:async_hooks";
import Database from "better-sqlite3";
import { Kysely, sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QueuedSqlite } from "../../src/store/queued-sqlite.ts";

let db: Kysely<unknown>;
beforeEach(() => {
  db = new Kysely<unknown>({ dialect: new QueuedSqlite({ database: new Database(":memory:") }) });
});
afterEach(async () => db.destroy());

const ask = async (n: number): Promise<number> => (await sql<{ n: number }>`select ${n} as n`.execute(db)).rows[0]?.n ?? -1;
const several = (count: number): Promise<number[]> => Promise.all(Array.from({ length: count }, (_, n) => ask(n)));

/** Promises that are made until the work is done. */
async function promisesOf(work: () => Promise<unknown>): Promise<number> {
  let made = 0;
  const hook = createHook({ init: (_id, type) => void (type === "PROMISE" && made++) }).enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return made;
}

describe("the one connection", () => {
  it("wakes who is next and nobody else: ten times the questions at once are ten times the work", async () => {
    await several(10);
    const [few, many] = [await promisesOf(() => several(30)), await promisesOf(() => several(300))];
    expect(many / few).toBeLessThan(11);
  });

  it("is a transaction's until its end, and then of those who waited, as they came", async () => {
    await sql`create table t (n integer)`.execute(db);
    const order: string[] = [];
    const { promise: hold, resolve: letGo } = Promise.withResolvers<void>();
    const count = async (who: string): Promise<void> => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from t`.execute(db);
      order.push(`${who} ${rows[0]?.n}`);
    };
    const writing = db.transaction().execute(async (tx) => {
      await sql`insert into t values (1)`.execute(tx);
      await hold;
      await sql`insert into t values (2)`.execute(tx);
    });
    const asking = [count("first"), count("second")];
    letGo();
    await Promise.all([writing, ...asking]);
    expect(order).toEqual(["first 2", "second 2"]);
  });

  it("is let go by what fails", async () => {
    await expect(sql`select * from missing`.execute(db)).rejects.toThrow("no such table");
    const wrong = db.transaction().execute(async () => Promise.reject(new Error("wrong")));
    await expect(wrong).rejects.toThrow("wrong");
    expect(await ask(7)).toBe(7);
  });
});
