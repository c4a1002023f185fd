import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { signerIn } from "../../src/lib/signing.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { Chain } from "../../src/store/chain.ts";
import { rows } from "../../src/store/rows.ts";
import { MIGRATIONS, type Tables } from "../../src/store/schema.ts";

/** Every simulation signs with one key. */
const KEYS = mkdtempSync(join(tmpdir(), "instar-simulation-"));
process.once("exit", () => rmSync(KEYS, { recursive: true }));

let template: Buffer | null = null;

/** The real store on a database in memory: no file, no wait. */
export async function memoryStore(installation: string): Promise<Store> {
  template ??= await migrated();
  const file = new Database(template);
  const chain = new Chain(signerIn(KEYS), installation);
  return rows(new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) }), installation, chain);
}

async function migrated(): Promise<Buffer> {
  const file = new Database(":memory:");
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } }).migrateToLatest();
  if (error !== undefined) throw error;
  const bytes = file.serialize();
  await db.destroy();
  return bytes;
}
