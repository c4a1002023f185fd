import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely } from "kysely";
import { InstarError } from "../errors.ts";
import { KEY_FILE, signerIn } from "../lib/signing.ts";
import type { Store } from "../reconcile/store.ts";
import { Chain, storedHead } from "./chain.ts";
import { asStoreError } from "./failure.ts";
import { overOneConnection } from "./one-connection.ts";
import { QueuedSqlite } from "./queued-sqlite.ts";
import { rows } from "./rows.ts";
import { MIGRATIONS, type Tables } from "./schema.ts";
import { remembering } from "./statements.ts";
import { type Migrations, upgrade } from "./upgrade.ts";

export const STORE_FILE = "instar.db";
export const LOCK_FILE = "daemon.lock";

const SEALING = "0005-verify";
/** "1" was the seal of versions that left a log without events without a head. */
const SEAL = "2";

export interface StoreOptions {
  /** Other ones in tests. */
  readonly migrations?: Migrations;
  /** Of a fresh store that belongs to an installation which exists already. */
  readonly installation?: string;
}

/**
 * Opens `$INSTAR_HOME/instar.db` (WAL, synchronous=FULL); an older schema is upgraded first, and a copy of it kept.
 * Raises INS6001 for a schema of a newer Instar, INS6012 for an upgrade that failed, INS6003 on a full disk and for a file that
 * cannot be opened or written.
 */
export async function openStore(home: string, options: StoreOptions = {}): Promise<Store> {
  const path = join(home, STORE_FILE);
  const had = await upgrade(path, options.migrations ?? MIGRATIONS).catch((cause: unknown) => {
    throw asStoreError(cause);
  });
  const file = guarded(() => new Database(path));
  chmodSync(path, 0o600);
  guarded(() => {
    file.pragma("journal_mode = WAL");
    file.pragma("synchronous = FULL");
    file.pragma("foreign_keys = ON");
    // KiB, as SQLite's own default. better-sqlite3's 16,000 fill as the record grows, page by page between everything else in the
    // process's memory; what is read again and again are the newest rows, and the system has the file in its own cache.
    file.pragma("cache_size = -2000");
  });
  const db = new Kysely<Tables>({ dialect: new QueuedSqlite({ database: remembering(file) }) });
  const installation = await identify(db, home, options.installation ?? randomUUID());
  const sealable = !had.includes(SEALING) || !existsSync(join(home, KEY_FILE));
  const chain = new Chain(signerIn(home), installation);
  if (SEALING in (options.migrations ?? MIGRATIONS)) await beginChain(db, chain, sealable);
  return overOneConnection(rows(db, installation, chain));
}

/**
 * The head as it was left. A log from before heads were signed is taken as it is, once: from here on it is sealed, an empty one, too.
 * `sealable`: it can be one, since its schema had no heads, or its home no key, until now. Another log without the seal stays without
 * a head.
 */
async function beginChain(db: Kysely<Tables>, chain: Chain, sealable: boolean): Promise<void> {
  chain.sealed = true;
  const seal = await db.selectFrom("meta").select("value").where("key", "=", "sealed").executeTakeFirst();
  if (seal?.value === SEAL) return;
  const last = await db.selectFrom("events").select(["seq", "hash"]).orderBy("seq", "desc").limit(1).executeTakeFirst();
  const head = await storedHead(db);
  await db.transaction().execute(async (tx) => {
    if (last === undefined && head === null) await chain.sign(tx, { seq: 0, hash: "" });
    if (last !== undefined && seal === undefined && sealable) await chain.sign(tx, last);
    await tx
      .insertInto("meta")
      .values({ key: "sealed", value: SEAL })
      .onConflict((c) => c.column("key").doUpdateSet({ value: SEAL }))
      .execute();
  });
}

/** The id on every label. It is also written to `$INSTAR_HOME/installation` for people and scripts. */
async function identify(db: Kysely<Tables>, home: string, fresh: string): Promise<string> {
  const found = await db.selectFrom("meta").select("value").where("key", "=", "installation").executeTakeFirst();
  const installation = found?.value ?? fresh;
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
 * Raises INS6002, and INS6003 where the lock cannot be opened or written.
 */
export function lockHome(home: string): () => void {
  const file = guarded(() => new Database(join(home, LOCK_FILE), { timeout: 0 }));
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
