import type Database from "better-sqlite3";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { asStoreError } from "./failure.ts";

/** More different texts than the store has; those of lists (`in (?, ?)`) vary with their length. */
const MOST = 500;

/**
 * The same database, which compiles each text of SQL once: preparing costs several times what running most of them does.
 * Raises INS6003 where SQLite cannot write, within a transaction or without one.
 */
export function remembering(file: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => void file.close(),
    prepare(sql) {
      const found = statements.get(sql);
      if (found !== undefined) return found;
      if (statements.size >= MOST) statements.clear();
      const made = told(() => file.prepare<unknown[]>(sql));
      const statement: SqliteStatement = {
        reader: made.reader,
        all: (given) => told(() => made.all(given)),
        run: (given) => told(() => made.run(given)),
        iterate: (given) => made.iterate(given),
      };
      statements.set(sql, statement);
      return statement;
    },
  };
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw asStoreError(cause);
  }
}
