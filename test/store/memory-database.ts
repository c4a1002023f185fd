import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import type { Signer } from "../../src/lib/signing.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { Chain } from "../../src/store/chain.ts";
import { QueuedSqlite } from "../../src/store/queued-sqlite.ts";
import { rows } from "../../src/store/rows.ts";
import { MIGRATIONS, type Tables } from "../../src/store/schema.ts";
import { remembering } from "../../src/store/statements.ts";

/** Signatures cost time and decide nothing here. */
const SIGNER: Signer = { publicKey: "", sign: () => "", signed: () => true };

let template: Buffer | null = null;

/** The real store on a database in memory: no file, no wait. `asked` is told the text of each statement. */
export async function memoryDatabase(
  installation: string,
  asked: (sql: string) => void = () => undefined,
): Promise<{ readonly store: Store; readonly file: Database.Database }> {
  template ??= await migrated();
  const file = new Database(template);
  const chain = new Chain(SIGNER, installation);
  const db = new Kysely<Tables>({
    dialect: new QueuedSqlite({ database: remembering(file) }),
    log: ({ query }) => asked(query.sql),
  });
  return { store: rows(db, installation, chain), file };
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
