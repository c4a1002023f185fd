import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeBackup } from "../../src/backup/backup.ts";
import { type Manifest, STORE } from "../../src/backup/manifest.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import type { InstarError } from "../../src/errors.ts";
import { ownByName } from "../../src/files/files.ts";
import { copyStore } from "../../src/store/copy.ts";
import { MIGRATIONS } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/sqlite.ts";

const SCHEMA = Object.keys(MIGRATIONS);
let root: string;
let home: string;
let file: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-backup-"));
  home = join(root, "home");
  file = join(root, "backup.tar.zst");
  mkdirSync(home, { mode: 0o700 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, text: string): void => {
  mkdirSync(join(home, name, ".."), { recursive: true });
  writeFileSync(join(home, name), text);
};

async function backUp(): Promise<Manifest> {
  const taken = await takeBackup({
    home,
    version: "1.2.3",
    installation: "the-id",
    schema: SCHEMA,
    copyStore: (to) => copyStore(join(home, STORE), to),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
  });
  expect(taken.name).toBe("instar-the-id-2026-01-02T030405Z.tar.zst");
  writeFileSync(file, await buffer(taken.body));
  return taken.manifest;
}

const restore = (more: { force?: boolean; knownSchema?: readonly string[] } = {}) =>
  restoreBackup(file, { home, force: false, knownSchema: SCHEMA, now: Date.UTC(2026, 0, 3), own: ownByName, ...more });

const refused = async (work: Promise<unknown>): Promise<InstarError> =>
  work.then(
    () => Promise.reject(new Error("accepted")),
    (e) => e,
  );

/** Another user's where the tests may give files away. */
const UID = process.getuid?.() === 0 ? 1000 : (process.getuid?.() ?? 0);
const SEALED = `${"a".repeat(64)}.${UID}.${UID}.0440`;

describe("a backup", () => {
  it("holds the store with what is written while it is made, keys, contents, and no socket, lock, log or snapshot", async () => {
    const store = await openStore(home);
    await store.addEvent(1, { kind: "a", message: "one" });
    put("token", "secret\n");
    put("hmac.key", "key");
    put("files/ab/cd", "content");
    put("external/secrets/db", "of the user");
    put("external/secrets/.new", "half of");
    put("external/configs/app.new", "of the user too");
    put("files/.env.new", "mounted");
    put(`files/${SEALED}`, "for another user");
    put("snapshots/s1.tar", "large");
    put("instar.db.before-0002", "old");
    put("daemon.lock", "");
    put("sessions.json", "[]");
    put("daemon.log", "said");
    mkdirSync(join(root, "volume/g1"), { recursive: true });
    writeFileSync(join(root, "volume/g1/haproxy.cfg"), "global");
    symlinkSync(join(root, "volume"), join(home, "router"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(home, "instar.sock"), () => resolve()));
    let going = true;
    const writing = (async () => {
      for (let at = 2; going; at++) {
        await store.addEvent(at, { kind: "b", message: "more" });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const manifest = await backUp();
    going = false;
    await writing;
    await store.close();
    server.close();
    expect(manifest.members.map((m) => m.name)).toEqual([
      STORE,
      "external/configs/app.new",
      "external/secrets/db",
      "files/.env.new",
      `files/${SEALED}`,
      "files/ab/cd",
      "hmac.key",
      "installation",
      "router/g1/haproxy.cfg",
      "signing.key",
      "token",
    ]);
    expect(readdirSync(home).filter((name) => name.startsWith(".backup"))).toEqual([]);

    rmSync(home, { recursive: true });
    const done = await restore();
    expect(done.aside).toBeNull();
    expect(readFileSync(join(home, "token"), "utf8")).toBe("secret\n");
    expect(readFileSync(join(home, "files/ab/cd"), "utf8")).toBe("content");
    expect(readFileSync(join(home, "external/secrets/db"), "utf8")).toBe("of the user");
    // As an instance reads it that the engine starts again before any daemon does.
    const { mode, uid, gid } = statSync(join(home, "files", SEALED));
    expect([mode & 0o7777, uid, gid]).toEqual([0o440, UID, UID]);
    expect(["token", "external/secrets/db"].map((name) => statSync(join(home, name)).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(join(home, "external/secrets")).mode & 0o777).toBe(0o700);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(existsSync(join(home, "router"))).toBe(false);
    expect(readFileSync(join(home, "restored/router/g1/haproxy.cfg"), "utf8")).toBe("global");
    const again = await openStore(home);
    expect((await again.events({ after: 0, limit: 1 }))[0]?.message).toBe("one");
    await again.close();
  });
});

describe("a restore touches nothing", () => {
  beforeEach(async () => {
    const store = await openStore(home);
    await store.close();
    put("token", "before");
    await backUp();
    put("token", "now");
  });
  const untouched = (): void => {
    expect(readFileSync(join(home, "token"), "utf8")).toBe("now");
    expect(readdirSync(root).sort()).toEqual(["backup.tar.zst", "home"]);
  };

  it("when the home is not empty; with force the old home is moved aside", async () => {
    expect((await refused(restore())).code).toBe("INS6011");
    untouched();
    const { aside } = await restore({ force: true });
    expect(readFileSync(join(home, "token"), "utf8")).toBe("before");
    expect(aside).toBe(`${home}.before-restore-2026-01-03T000000Z`);
    expect(readFileSync(join(String(aside), "token"), "utf8")).toBe("now");
  });

  it("of the snapshots, which volume is half restored, and saved images: with force they stay in the home", async () => {
    put("snapshots/shop_data/half-restored.json", "{}");
    put("images/index.json", "[]");
    const { aside } = await restore({ force: true });
    expect(readFileSync(join(home, "token"), "utf8")).toBe("before");
    expect(readFileSync(join(home, "snapshots/shop_data/half-restored.json"), "utf8")).toBe("{}");
    expect(readFileSync(join(home, "images/index.json"), "utf8")).toBe("[]");
    expect(readdirSync(String(aside)).filter((name) => ["snapshots", "images"].includes(name))).toEqual([]);
  });

  it("when what stays cannot be moved: the old home is back, whole", async () => {
    put("snapshots/s1", "of a volume");
    put("images/index.json", "[]");
    const sha256 = createHash("sha256").update("x").digest("hex");
    const members = [STORE, "images/index.json"].map((name) => ({ name, size: 1, sha256 }));
    const tar = pack();
    tar.entry({ name: "manifest.json" }, JSON.stringify({ format: 1, instar: "1", schema: SCHEMA, installation: "i", date: "d", members }));
    for (const { name } of members) tar.entry({ name }, "x");
    tar.finalize();
    writeFileSync(file, zstdCompressSync(await buffer(Readable.from(tar))));
    expect(await refused(restore({ force: true }))).toMatchObject({ code: "ENOTEMPTY" });
    expect(readFileSync(join(home, "token"), "utf8")).toBe("now");
    expect(readFileSync(join(home, "snapshots/s1"), "utf8")).toBe("of a volume");
    expect(readFileSync(join(home, "images/index.json"), "utf8")).toBe("[]");
  });

  it("when the file is cut short anywhere, or any byte of its content is another", async () => {
    const whole = readFileSync(file);
    const content = zstdDecompressSync(whole);
    // Some bytes say how to unpack: another window gives the same content.
    const isSame = (bent: Buffer): boolean => {
      try {
        return zstdDecompressSync(bent).equals(content);
      } catch (error) {
        if (!/^(ZSTD|Z)_/.test(String((error as NodeJS.ErrnoException).code))) throw error;
        return false;
      }
    };
    for (const part of [0, 1, 0.5, 0.98]) {
      writeFileSync(file, whole.subarray(0, part === 1 ? 10 : Math.floor(whole.length * part)));
      expect((await refused(restore({ force: true }))).code, `cut at ${part}`).toBe("INS6010");
    }
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const bent = Buffer.from(whole);
      bent.writeUInt8((bent.readUInt8(at) ^ 0x55) & 0xff, at);
      if (isSame(bent)) continue;
      writeFileSync(file, bent);
      const error = await refused(restore({ force: true }));
      expect(error.code, `byte ${at}: ${error.message}`).toBe("INS6010");
    }
    untouched();
  });

  it("when the store is of a newer Instar", async () => {
    expect(await refused(restore({ force: true, knownSchema: [] }))).toMatchObject({
      code: "INS6001",
      hint: expect.stringContaining("1.2.3"),
    });
    untouched();
  });

  it("when a member is not what the manifest says, or lies outside the home", async () => {
    const sha256 = createHash("sha256").update("x").digest("hex");
    for (const [name, content, because] of [
      ["token", "y", "checksum differs"],
      ["token", "xx", "checksum differs"],
      ["../token", "x", "outside the home"],
      ["/etc/x", "x", "outside the home"],
    ] as const) {
      const tar = pack();
      const members = [STORE, name].map((one) => ({ name: one, size: 1, sha256 }));
      tar.entry(
        { name: "manifest.json" },
        JSON.stringify({ format: 1, instar: "1", schema: SCHEMA, installation: "i", date: "d", members }),
      );
      tar.entry({ name: STORE }, "x");
      tar.entry({ name }, content);
      tar.finalize();
      writeFileSync(file, zstdCompressSync(await buffer(Readable.from(tar))));
      const error = await refused(restore({ force: true }));
      expect(error).toMatchObject({ code: "INS6010", message: expect.stringContaining(because) });
    }
    untouched();
  });
});
