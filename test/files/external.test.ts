import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openExternals } from "../../src/files/external.ts";
import type { ExternalFiles } from "../../src/reconcile/ports.ts";

let home: string;
let externals: ExternalFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-external-"));
  externals = openExternals(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const mode = (...path: string[]) => statSync(join(home, "external", ...path)).mode & 0o7777;
const text = async (name: string) => Buffer.from((await externals.read("secret", name)).bytes).toString();

test("a content is its owner's alone, in folders that are; what lay there by hand becomes so", async () => {
  mkdirSync(join(home, "external/secrets"), { recursive: true });
  chmodSync(join(home, "external"), 0o755);
  writeFileSync(join(home, "external/secrets/db"), "by hand", { mode: 0o755 });
  expect((await externals.read("secret", "db")).executable).toBe(true);
  await externals.put("secret", "db", Buffer.from([0, 255, 10]));
  await externals.put("config", "db", Buffer.from("another"));
  const { bytes, executable, changedAt } = await externals.read("secret", "db");
  expect([Buffer.from(bytes), executable]).toEqual([Buffer.from([0, 255, 10]), false]);
  expect(changedAt).toBe(Math.round(statSync(join(home, "external/secrets/db")).mtimeMs));
  expect([mode(), mode("secrets"), mode("configs"), mode("secrets", "db"), mode("configs", "db")]).toEqual([
    ...[0o700, 0o700, 0o700],
    ...[0o600, 0o600],
  ]);
  expect(readdirSync(join(home, "external/secrets"))).toEqual(["db"]);
});

test("names are those a stack file can write, and nothing that leads elsewhere", async () => {
  const bad = [
    "",
    ".",
    "..",
    "../token",
    "a/b",
    "/etc/passwd",
    ".hidden",
    ".new",
    "a\0b",
    "a\nb",
    "-a",
    "ä",
    "constructor",
    "x".repeat(256),
  ];
  for (const name of bad) {
    await expect(externals.put("secret", name, Buffer.from("x")), name).rejects.toMatchObject({ code: "INS2101" });
    await expect(externals.read("secret", name), name).rejects.toMatchObject({ code: "INS2101" });
    await expect(externals.remove("secret", name), name).rejects.toMatchObject({ code: "INS2101" });
  }
  expect(existsSync(join(home, "external"))).toBe(false);
  for (const name of ["a", "A.b_c-9", "x".repeat(255)]) await externals.put("secret", name, Buffer.from(name));
  expect(await externals.names("secret")).toEqual(["A.b_c-9", "a", "x".repeat(255)]);
  expect(await externals.names("config")).toEqual([]);
});

test("of many at once each is whole, and the last one stays", async () => {
  const content = (n: number) => Buffer.alloc(1 << 20, n);
  const [first] = [externals.put("secret", "db", content(1))];
  const looks = (async () => {
    await first;
    for (let n = 0; n < 20; n++) {
      const { bytes } = await externals.read("secret", "db");
      expect(Buffer.from(bytes).equals(content(bytes[0] ?? 0))).toBe(true);
    }
  })();
  await Promise.all([first, ...[2, 3, 4, 5, 6].map((n) => externals.put("secret", "db", content(n))), looks]);
  expect((await externals.read("secret", "db")).bytes[0]).toBe(6);
  expect(readdirSync(join(home, "external/secrets"))).toEqual(["db"]);
});

test("what a crash left half written is no secret, and goes with the next write or removal", async () => {
  const left = join(home, "external/secrets/.new");
  await externals.put("secret", "db", Buffer.from("whole"));
  writeFileSync(left, "ha");
  expect(await externals.names("secret")).toEqual(["db"]);
  await externals.put("secret", "other", Buffer.from("whole too"));
  expect(existsSync(left)).toBe(false);
  writeFileSync(left, "ha");
  await externals.remove("secret", "db");
  expect(readdirSync(join(home, "external/secrets"))).toEqual(["other"]);
});

test("a folder in its place is named, and stays", async () => {
  mkdirSync(join(home, "external/secrets/db/inner"), { recursive: true });
  await expect(externals.put("secret", "db", Buffer.from("x"))).rejects.toMatchObject({
    code: "INS2104",
    message: expect.stringContaining("external/secrets/db"),
  });
  await expect(externals.remove("secret", "db")).rejects.toMatchObject({ code: "INS2104" });
  await expect(externals.read("secret", "db")).rejects.toMatchObject({ code: "INS1031", message: expect.stringContaining("is a folder") });
  expect(readdirSync(join(home, "external/secrets"))).toEqual(["db"]);
});

test("what is missing is named with the command that puts it there", async () => {
  await expect(externals.read("config", "app")).rejects.toMatchObject({
    code: "INS1031",
    hint: expect.stringContaining("secret set --config app"),
  });
});

test.runIf(process.getuid?.() === 0)("a full disk leaves the old content, and nothing half written", async () => {
  const disk = join(home, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
  try {
    externals = openExternals(disk);
    await externals.put("secret", "db", Buffer.from("old"));
    const refusal = externals.put("secret", "db", Buffer.alloc(1 << 20, "n"));
    await expect(refusal).rejects.toMatchObject({ code: "INS6003" });
    expect(await text("db")).toBe("old");
    expect(readdirSync(join(disk, "external/secrets"))).toEqual(["db"]);
    await externals.put("secret", "db", Buffer.from("new"));
    expect(readFileSync(join(disk, "external/secrets/db"), "utf8")).toBe("new");
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
});
