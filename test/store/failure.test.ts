import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { asStoreError } from "../../src/store/failure.ts";
import { LOCK_FILE, lockHome, openStore, STORE_FILE } from "../../src/store/sqlite.ts";

it("a store that only can be read says so, with the remedy", () => {
  const folder = mkdtempSync(join(tmpdir(), "instar-readonly-"));
  try {
    const file = join(folder, "instar.db");
    new Database(file).exec("create table t (a)").close();
    const db = new Database(file, { readonly: true });
    let raised: unknown = null;
    try {
      db.exec("insert into t values (1)");
    } catch (error) {
      raised = asStoreError(error);
    }
    db.close();
    expect(raised).toBeInstanceOf(InstarError);
    expect(raised).toMatchObject({ code: "INS6003", hint: expect.stringContaining("read-only") });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a file of the store that cannot be opened says so, with the remedy", async () => {
  const home = mkdtempSync(join(tmpdir(), "instar-unopened-"));
  try {
    // Root may open every file, but neither a folder as one nor what is not there.
    mkdirSync(join(home, LOCK_FILE));
    symlinkSync(join(home, "nowhere", STORE_FILE), join(home, STORE_FILE));
    const refusal = { code: "INS6003", message: expect.stringContaining("opened"), hint: expect.stringContaining("INSTAR_HOME") };
    expect(() => lockHome(home)).toThrow(expect.objectContaining(refusal));
    await expect(openStore(home)).rejects.toMatchObject(refusal);
  } finally {
    rmSync(home, { recursive: true });
  }
});
