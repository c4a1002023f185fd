import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import type { Signer } from "../../src/lib/signing.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { Chain } from "../../src/store/chain.ts";
import { rows } from "../../src/store/rows.ts";
import { MIGRATIONS, type Tables } from "../../src/store/schema.ts";
import { remembering } from "../../src/store/statements.ts";
import { remembered } from "./remembered.ts";

/** Signatures cost time and decide nothing here. */
const SIGNER: Signer = { publicKey: "", sign: () => "", signed: () => true };

let template: Buffer | null = null;

/** The real store on a database in memory: no file, no wait. */
export async function memoryStore(installation: string): Promise<Store> {
  template ??= await migrated();
  const file = new Database(template);
  const chain = new Chain(SIGNER, installation);
  return remembered(rows(new Kysely<Tables>({ dialect: new SqliteDialect({ database: remembering(file) }) }), installation, chain));
}

async function migrated(): Promise<Buffer> {
  const file = new Database(":memory:");
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: remembering(file) }) });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } }).migrateToLatest();
  if (error !== undefined) throw error;
  const bytes = file.serialize();
  await db.destroy();
  return bytes;
}
