import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { InstarError } from "../errors.ts";
import { sync } from "./copy.ts";
import { asStoreError } from "./failure.ts";

export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Brings the file to the newest schema. An older one is upgraded in a copy that takes its place when it is whole, and stays as
 * `instar.db.before-0002` (the first migration it had not had), so that a failure or a crash leaves what was there in use.
 * Returns the migrations it had had before. Raises INS6001 for a newer schema, INS6012 when a migration fails, INS6003 on a full disk.
 */
export async function upgrade(path: string, migrations: Migrations): Promise<readonly string[]> {
  const names = Object.keys(migrations).sort();
  const applied = existsSync(path) ? schemaOf(path) : [];
  const newer = applied.find((name) => !names.includes(name));
  if (newer !== undefined) throw new InstarError("INS6001", `${path} has the schema ${newer}, which this version does not know`);
  const missing = names.filter((name) => !applied.includes(name));
  const [next] = missing;
  if (next === undefined) return applied;
  // No file, or a first start that was interrupted before its first migration: nothing is in it yet.
  if (applied.length === 0) {
    await migrate(path, migrations);
    return applied;
  }
  const before = `${path}.before-${next.split("-")[0]}`;
  const fresh = `${path}.upgrading`;
  try {
    wholeIn(path);
    copy(path, before);
    copy(path, fresh);
    await migrate(fresh, migrations);
    wholeIn(fresh);
  } catch (cause) {
    remove(fresh);
    const known = asStoreError(cause);
    if (known instanceof InstarError) throw known;
    throw new InstarError(
      "INS6012",
      `${path} could not be brought from ${applied.at(-1)} to ${missing.at(-1)}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  renameSync(fresh, path);
  sync(dirname(path));
  return applied;
}

/** The migrations a store has had, oldest first. Raises INS6001 for a file that is no store. */
export function schemaOf(path: string): readonly string[] {
  const file = new Database(path, { readonly: true });
  try {
    const there = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    if (there.length === 0) return [];
    return file.prepare("SELECT name FROM kysely_migration ORDER BY name").pluck().all() as string[];
  } catch (cause) {
    throw new InstarError("INS6001", `${path} is not a store of Instar`, { cause });
  } finally {
    file.close();
  }
}

async function migrate(path: string, migrations: Migrations): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: new Database(path) }) });
  try {
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } }).migrateToLatest();
    if (error !== undefined) throw asStoreError(error);
  } finally {
    await db.destroy();
  }
}

/** What waits in the write-ahead log goes into the file itself: a copy of the file alone is then whole. */
function wholeIn(path: string): void {
  const file = new Database(path, { timeout: 0 });
  try {
    file.pragma("wal_checkpoint(TRUNCATE)");
    file.pragma("journal_mode = DELETE");
  } finally {
    file.close();
  }
  sync(path);
}

function copy(from: string, to: string): void {
  remove(to);
  copyFileSync(from, to);
  sync(to);
}

function remove(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${suffix}`, { force: true });
}
