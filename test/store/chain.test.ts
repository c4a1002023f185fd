import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/reconcile/store.ts";
import { openStore } from "../../src/store/sqlite.ts";

let home: string;
let store: Store;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "instar-chain-"));
  store = await openStore(home);
  for (let n = 1; n <= 5; n++) await store.addEvent(n * 1000, { kind: "test", message: `event ${n}` });
});
afterEach(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

/** As somebody with the file does it. */
const by = (sql: string): void => {
  const file = new Database(join(home, "instar.db"));
  file.exec(sql);
  file.close();
};
const reopen = async (): Promise<void> => {
  await store.close();
  store = await openStore(home);
};
const faults = async (): Promise<string[]> => (await store.checkChain()).faults.map(({ message }) => message);

describe("the event log", () => {
  it("is signed with a key that only its owner reads", () => {
    expect(statSync(join(home, "signing.key")).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["a removed event", "DELETE FROM events WHERE seq = 3", /event 3 was removed/],
    ["several removed events", "DELETE FROM events WHERE seq IN (2, 3)", /events 2 to 3 were removed/],
    ["a changed event", "UPDATE events SET message = 'nothing' WHERE seq = 3", /event 3 is not the one/],
    ["a changed event with a hash made anew", "UPDATE events SET message = 'x', hash = 'abc' WHERE seq = 3", /event 3 is not the one/],
    ["a cut tail", "DELETE FROM events WHERE seq > 3", /events 4 to 5 were removed from the end/],
    ["everything cut", "DELETE FROM events", /events 1 to 5 were removed from the end/],
    ["a lost head", "DELETE FROM heads", /head is gone/],
    ["a head of another key", "UPDATE heads SET signature = 'AAAA'", /not signed by this installation/],
    [
      "an added event",
      "INSERT INTO events SELECT 6, at, kind, stack, service, instance, deployment, message, hash FROM events WHERE seq = 5",
      /event 6 is not|ends otherwise/,
    ],
  ])("%s shows", async (_name, sql, words) => {
    await reopen();
    by(sql);
    expect((await faults()).join()).toMatch(words);
    await reopen();
    expect((await faults()).join()).toMatch(words);
  });

  it("a tail that is cut with its head shows to the daemon that runs", async () => {
    const kept = new Database(join(home, "instar.db"));
    const before = kept.prepare("SELECT * FROM heads").get() as { seq: number; hash: string; signature: string };
    kept.close();
    await store.addEvent(6000, { kind: "test", message: "unwelcome" });
    by(
      `DELETE FROM events WHERE seq = 6; UPDATE heads SET seq = ${before.seq}, hash = '${before.hash}', signature = '${before.signature}'`,
    );
    expect(await faults()).toEqual(["events 6 to 6 were removed from the end while the daemon runs"]);
  });

  it("a cut tail is not written over: what follows leaves the gap open", async () => {
    by("DELETE FROM events WHERE seq > 3");
    await reopen();
    expect((await store.addEvent(9000, { kind: "test", message: "after" })).seq).toBe(6);
    expect(await faults()).toEqual(["events 4 to 5 were removed"]);
  });
});
