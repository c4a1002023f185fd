import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { InstarError } from "../../src/errors.ts";
import { asStoreError } from "../../src/store/failure.ts";

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
