import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { emptyLog } from "./small-disk.ts";

it("empties the log under whoever has the store open, who loses nothing and goes on", () => {
  const folder = mkdtempSync(join(tmpdir(), "instar-log-"));
  try {
    const file = join(folder, "instar.db");
    const db = new Database(file);
    db.pragma("journal_mode = WAL");
    db.exec("create table t (a)");
    for (let n = 0; n < 50; n++) db.prepare("insert into t values (?)").run(n);
    const size = (): number => statSync(`${file}-wal`).size;
    expect(size()).toBeGreaterThan(0);
    expect(emptyLog(file)).toBe(true);
    expect(size(), "its next write needs room").toBe(0);
    db.prepare("insert into t values (50)").run();
    expect(size()).toBeGreaterThan(0);
    expect(db.prepare("select count(*) as n from t").get()).toEqual({ n: 51 });
    // In the midst of a write: not now.
    db.exec("begin immediate; insert into t values (51)");
    expect(emptyLog(file)).toBe(false);
    db.exec("commit");
    db.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
