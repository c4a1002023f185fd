import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventView } from "../../src/reconcile/control.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { eventHash } from "../../src/store/chain.ts";
import { MIGRATIONS } from "../../src/store/schema.ts";
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

  // Nobody needs the key for any of these; hashes are anybody's to compute.
  const rehash = (seq: number): void => {
    const file = new Database(join(home, "instar.db"));
    file.prepare("UPDATE events SET message = 'nothing' WHERE seq = ?").run(seq);
    const all = file.prepare("SELECT * FROM events ORDER BY seq").all() as (EventView & { readonly hash: string })[];
    let before = "";
    for (const { hash: _, ...event } of all) {
      before = eventHash(before, event);
      file.prepare("UPDATE events SET hash = ? WHERE seq = ?").run(before, event.seq);
    }
    file.close();
  };
  const another = (): void => {
    const event = { seq: 6, at: 1, kind: "test", stack: null, service: null, instance: null, deployment: null, message: "forged" };
    const file = new Database(join(home, "instar.db"));
    const { hash } = file.prepare("SELECT hash FROM events WHERE seq = 5").get() as { hash: string };
    file.prepare("INSERT INTO events (seq, at, kind, message, hash) VALUES (6, 1, 'test', 'forged', ?)").run(eventHash(hash, event));
    file.close();
  };
  const BROKEN = (seq: number) => new RegExp(`^event ${seq} is not the one .* or was not written after the one before it$`);
  it.each<[string, () => void, RegExp]>([
    ["a tail cut with its head", () => by("DELETE FROM events WHERE seq > 3; DELETE FROM heads"), BROKEN(4)],
    [
      "a tail cut, with a head of another key",
      () => by("DELETE FROM events WHERE seq > 3; UPDATE heads SET signature = 'AAAA'"),
      BROKEN(4),
    ],
    [
      "a tail cut, with the head moved",
      () => by("DELETE FROM events WHERE seq > 3; UPDATE heads SET seq = 3, hash = (SELECT hash FROM events WHERE seq = 3)"),
      BROKEN(4),
    ],
    [
      "a tail cut with its head and the seal",
      () => by("DELETE FROM events WHERE seq > 3; DELETE FROM heads; DELETE FROM meta WHERE key = 'sealed'"),
      BROKEN(4),
    ],
    ["a changed event, all hashes made anew", () => rehash(2), BROKEN(6)],
    [
      "a changed event, all hashes made anew, without the head",
      () => {
        rehash(2);
        by("DELETE FROM heads");
      },
      BROKEN(6),
    ],
    ["an event added at the end", another, BROKEN(7)],
    ["everything cut, head and all", () => by("DELETE FROM events; DELETE FROM heads"), /^event 1 was removed$/],
    [
      "everything cut, with a head of another key",
      () => by("DELETE FROM events; UPDATE heads SET signature = 'AAAA'"),
      /^event 1 was removed$/,
    ],
  ])("%s shows, and goes on showing after the next events", async (_name, tamper, words) => {
    await store.close();
    tamper();
    store = await openStore(home);
    expect(await faults()).not.toEqual([]);
    for (let n = 0; n < 3; n++) {
      await store.addEvent(9000, { kind: "test", message: "after" });
      expect(await faults()).toEqual([expect.stringMatching(words)]);
      await reopen();
      expect(await faults()).toEqual([expect.stringMatching(words)]);
    }
  });

  it("an event that is added while the daemon runs shows, and goes on showing", async () => {
    another();
    for (let n = 0; n < 2; n++) {
      await store.addEvent(9000, { kind: "test", message: "after" });
      expect(await faults()).toEqual([expect.stringMatching(BROKEN(7))]);
    }
  });

  it("a head that another key signed does not lead a daemon that runs", async () => {
    by("UPDATE heads SET seq = 90, signature = 'AAAA'");
    expect((await store.addEvent(9000, { kind: "test", message: "after" })).seq).toBe(6);
    expect(await faults()).toEqual([]);
  });

  it("a store that was opened and had no event yet is whole, and so is what follows", async () => {
    const fresh = mkdtempSync(join(tmpdir(), "instar-chain-"));
    for (const seq of [0, 1]) {
      const one = await openStore(fresh);
      expect(await one.checkChain()).toMatchObject({ events: 0, head: null, faults: [] });
      expect(await one.head()).toBeNull();
      if (seq === 1) {
        expect((await one.addEvent(1000, { kind: "test", message: "first" })).seq).toBe(1);
        expect(await one.checkChain()).toMatchObject({ events: 1, head: { seq: 1 }, faults: [] });
      }
      await one.close();
    }
    rmSync(fresh, { recursive: true });
  });

  it("a log without events that an older version sealed without a head is whole; one whose events it sealed keeps its head", async () => {
    by("UPDATE meta SET value = '1' WHERE key = 'sealed'");
    await reopen();
    expect(await faults()).toEqual([]);
    by("DELETE FROM events; DELETE FROM heads");
    await reopen();
    expect(await faults()).toEqual(["the signed head is gone"]);
    by("UPDATE meta SET value = '1' WHERE key = 'sealed'");
    await reopen();
    expect(await faults()).toEqual([]);
    expect((await store.addEvent(9000, { kind: "test", message: "first" })).seq).toBe(1);
  });

  it("a log from before heads were signed is taken as it is, also where a newer Instar has left its key", async () => {
    await store.close();
    const old = mkdtempSync(join(tmpdir(), "instar-chain-"));
    const before = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < "0005"));
    await (await openStore(old, { migrations: before })).close();
    const file = new Database(join(old, "instar.db"));
    const event = { seq: 1, at: 1, kind: "test", stack: null, service: null, instance: null, deployment: null, message: "old" };
    file.prepare("INSERT INTO events (seq, at, kind, message, hash) VALUES (1, 1, 'test', 'old', ?)").run(eventHash("", event));
    file.close();
    expect(existsSync(join(old, "signing.key"))).toBe(true);
    store = await openStore(old);
    expect(await store.checkChain()).toMatchObject({ events: 1, head: { seq: 1 }, faults: [] });
    await store.addEvent(9000, { kind: "test", message: "after" });
    expect(await faults()).toEqual([]);
    rmSync(old, { recursive: true });
  });

  it("a cut tail is not written over: what follows leaves the gap open", async () => {
    by("DELETE FROM events WHERE seq > 3");
    await reopen();
    expect((await store.addEvent(9000, { kind: "test", message: "after" })).seq).toBe(6);
    expect(await faults()).toEqual(["events 4 to 5 were removed"]);
  });
});
