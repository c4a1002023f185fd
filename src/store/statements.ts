import type Database from "better-sqlite3";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/** More different texts than the store has; those of lists (`in (?, ?)`) vary with their length. */
const MOST = 500;

/** The same database, which compiles each text of SQL once: preparing costs several times what running most of them does. */
export function remembering(file: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => void file.close(),
    prepare(sql) {
      const found = statements.get(sql);
      if (found !== undefined) return found;
      if (statements.size >= MOST) statements.clear();
      const made = file.prepare<unknown[]>(sql);
      statements.set(sql, made);
      return made;
    },
  };
}
