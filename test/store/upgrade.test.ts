import { copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MIGRATIONS } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { type Migrations, schemaOf, upgrade } from "../../src/store/upgrade.ts";

/** A home as the first published schema wrote it, with a stack, a revision, a deployment and two events. */
const FIXTURE = readFileSync(new URL("schema-0001.sql", import.meta.url), "utf8");
const FIRST: Migrations = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name.startsWith("0001")));
const SECOND: Migrations = {
  ...FIRST,
  "0002-tried": {
    up: async (db) => {
      await sql`CREATE TABLE tried (name text)`.execute(db);
      await sql`UPDATE stacks SET doc = json_set(doc, '$.tried', 1)`.execute(db);
    },
  },
};
let home: string;
/** Readers of a write-ahead log leave its files; the key is no part of the store. */
const files = (): string[] =>
  readdirSync(home)
    .filter((name) => !/-(wal|shm)$|^signing\.key$/.test(name))
    .sort();
const path = (): string => join(home, "instar.db");

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-store-"));
  const file = new Database(path());
  file.pragma("journal_mode = WAL");
  file.exec(FIXTURE);
  file.close();
});
afterEach(() => rmSync(home, { recursive: true }));

it("an old home opens with this version: its revision, its deployment and its events are there", async () => {
  const store = await openStore(home);
  expect(store.installation).toBe("0b0e5f0a-6f0f-4b6e-9d57-000000000001");
  expect((await store.revision({ stack: "shop", service: "web" }, 1))?.instanceHash).toBe("aa");
  expect((await store.deployment("D1"))?.outcome).toBe("succeeded");
  expect((await store.events({ after: 0 })).map((e) => e.kind)).toEqual(["deployment.started", "deployment.succeeded"]);
  await store.close();
});

it("the store is upgraded in a copy; the file from before stays, with what was still in its write-ahead log", async () => {
  // Written and not checkpointed: as after a kill.
  const writer = new Database(path());
  writer.pragma("journal_mode = WAL");
  writer.pragma("wal_autocheckpoint = 0");
  writer.exec("UPDATE meta SET value = 'late' WHERE key = 'installation'");
  for (const name of ["instar.db", "instar.db-wal"]) copyFileSync(join(home, name), join(home, `${name}.kept`));
  writer.close();
  for (const name of ["instar.db", "instar.db-wal"]) renameSync(join(home, `${name}.kept`), join(home, name));
  const store = await openStore(home, { migrations: SECOND });
  expect(store.installation).toBe("late");
  await store.close();
  expect(schemaOf(path())).toEqual(["0001-first", "0002-tried"]);
  expect(files()).toEqual(["installation", "instar.db", "instar.db.before-0002"]);
  expect(schemaOf(`${path()}.before-0002`)).toEqual(["0001-first"]);
  const before = new Database(`${path()}.before-0002`, { readonly: true });
  expect(before.prepare("SELECT value FROM meta").pluck().get()).toBe("late");
  before.close();
  // Once only.
  rmSync(`${path()}.before-0002`);
  await upgrade(path(), SECOND);
  expect(files()).toEqual(["installation", "instar.db"]);
});

it("a migration that fails leaves the file from before in use, and says so", async () => {
  const up = async (db: Parameters<NonNullable<Migrations[string]>["up"]>[0]): Promise<void> => {
    await sql`CREATE TABLE half (name text)`.execute(db);
    await sql`INSERT INTO nowhere VALUES (1)`.execute(db);
  };
  await expect(openStore(home, { migrations: { ...FIRST, "0002-bad": { up } } })).rejects.toMatchObject({
    code: "INS6012",
    message: expect.stringContaining("from 0001-first to 0002-bad: no such table: nowhere"),
  });
  expect(schemaOf(path())).toEqual(["0001-first"]);
  const file = new Database(path(), { readonly: true });
  expect(file.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([]);
  file.close();
  expect(files()).toEqual(["instar.db", "instar.db.before-0002"]);
  const store = await openStore(home, { migrations: FIRST });
  expect(await store.stacks()).toHaveLength(1);
  await store.close();
});

it("a newer schema, and a file that is no store, are refused by name", async () => {
  await (await openStore(home, { migrations: SECOND })).close();
  await expect(openStore(home, { migrations: FIRST })).rejects.toMatchObject({
    code: "INS6001",
    message: expect.stringContaining("0002-tried"),
  });
  rmSync(path());
  const other = new Database(path());
  other.exec("CREATE TABLE other (x)");
  other.close();
  await expect(openStore(home)).rejects.toMatchObject({ code: "INS6001" });
});
