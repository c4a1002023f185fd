import { randomUUID } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { InstarError } from "../errors.ts";
import type { Store } from "../reconcile/store.ts";
import { asStoreError } from "./failure.ts";
import { rows } from "./rows.ts";
import { MIGRATIONS, type Tables } from "./schema.ts";

/**
 * Opens `$INSTAR_HOME/instar.db` (WAL, synchronous=FULL), migrating it after a backup copy.
 * Raises INS6001 for a schema of a newer Instar, INS6003 on a full disk.
 */
export async function openStore(home: string): Promise<Store> {
  const path = join(home, "instar.db");
  const existed = existsSync(path);
  const file = guarded(() => new Database(path));
  chmodSync(path, 0o600);
  guarded(() => {
    file.pragma("journal_mode = WAL");
    file.pragma("synchronous = FULL");
    file.pragma("foreign_keys = ON");
  });
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
  await migrate(db, path, existed);
  const installation = await identify(db, home);
  return rows(db, installation);
}

async function migrate(db: Kysely<Tables>, path: string, existed: boolean): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  if (existed) {
    const applied = await db
      .selectFrom("kysely_migration" as never)
      .select("name" as never)
      .execute()
      .catch((cause: unknown) => {
        throw new InstarError("INS6001", `${path} is not a store of Instar`, { cause });
      });
    const newer = applied.map((row) => (row as { name: string }).name).filter((name) => !(name in MIGRATIONS));
    if (newer.length > 0) throw new InstarError("INS6001", `${path} has the schema ${newer.at(-1)}, which this version does not know`);
    if (applied.length < Object.keys(MIGRATIONS).length) copyFileSync(path, `${path}.before-${Object.keys(MIGRATIONS).at(-1)}`);
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw asStoreError(error);
}

/** The id on every label. It is also written to `$INSTAR_HOME/installation` for people and scripts. */
async function identify(db: Kysely<Tables>, home: string): Promise<string> {
  const found = await db.selectFrom("meta").select("value").where("key", "=", "installation").executeTakeFirst();
  const installation = found?.value ?? randomUUID();
  if (found === undefined) await db.insertInto("meta").values({ key: "installation", value: installation }).execute();
  writeFileSync(join(home, "installation"), `${installation}\n`, { mode: 0o600 });
  return installation;
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw asStoreError(cause);
  }
}

/**
 * One daemon per home: an exclusive lock that the kernel releases when the process ends, however it ends.
 * Raises INS6002.
 */
export function lockHome(home: string): () => void {
  const file = guarded(() => new Database(join(home, "daemon.lock"), { timeout: 0 }));
  try {
    file.pragma("locking_mode = EXCLUSIVE");
    file.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    if ((cause as { code?: string }).code === "SQLITE_BUSY")
      throw new InstarError("INS6002", `another daemon runs with ${home}`, { cause });
    throw asStoreError(cause);
  }
  return () => file.close();
}
