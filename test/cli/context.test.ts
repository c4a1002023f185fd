import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextTar } from "../../src/cli/context.ts";
import { ignoring } from "../../src/cli/ignore.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "instar-context-"));
  await mkdir(join(folder, "src/deep"), { recursive: true });
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\n");
  await writeFile(join(folder, "src/run.sh"), "#!/bin/sh\n");
  await chmod(join(folder, "src/run.sh"), 0o755);
  await writeFile(join(folder, "src/deep/notes.md"), "x".repeat(200_000));
  await symlink("src/run.sh", join(folder, "run"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function entries(tar: Readable): Promise<string[]> {
  const seen: string[] = [];
  const reading = extract();
  tar.on("error", (error) => reading.destroy(error));
  tar.pipe(reading);
  for await (const entry of reading) {
    seen.push(
      `${entry.header.type} ${entry.header.name} ${(entry.header.mode ?? 0).toString(8)} ${entry.header.linkname ?? entry.header.size}`,
    );
    entry.resume();
  }
  return seen;
}

async function bytes(tar: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

test("files, folders and links with their modes, sorted", async () => {
  expect(await entries(await contextTar(folder, "Dockerfile"))).toEqual([
    "file Dockerfile 644 13",
    "symlink run 777 src/run.sh",
    "directory src 755 0",
    "directory src/deep 755 0",
    "file src/deep/notes.md 644 200000",
    "file src/run.sh 755 10",
  ]);
});

test("the same files give the same bytes, whatever their times", async () => {
  const before = await bytes(await contextTar(folder, "Dockerfile"));
  await utimes(join(folder, "src/run.sh"), 1, 1);
  expect((await bytes(await contextTar(folder, "Dockerfile"))).equals(before)).toBe(true);
});

test(".dockerignore leaves out what it names, but never the Dockerfile", async () => {
  await writeFile(join(folder, ".dockerignore"), "**/*.md\nrun\nDockerfile\n");
  const names = (await entries(await contextTar(folder, "./Dockerfile"))).map((line) => line.split(" ")[1]);
  expect(names).toEqual([".dockerignore", "Dockerfile", "src", "src/deep", "src/run.sh"]);
});

test("a missing context or Dockerfile is named", async () => {
  await expect(contextTar(join(folder, "none"), "Dockerfile")).rejects.toMatchObject({
    code: "INS1001",
    message: expect.stringContaining("not a folder"),
  });
  await expect(contextTar(folder, "Other")).rejects.toMatchObject({ code: "INS1001", message: expect.stringContaining("no Other") });
});

test.each([
  ["node_modules", "node_modules", true],
  ["node_modules", "node_modules/a/b.js", true],
  ["node_modules", "web/node_modules", false],
  ["**/node_modules", "web/node_modules/x", true],
  ["**/node_modules", "node_modules", true],
  ["*.log", "a.log", true],
  ["*.log", "deep/a.log", false],
  ["**/*.log", "deep/a.log", true],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["[ab].txt", "b.txt", true],
  ["/dist/", "dist/x", true],
  ["./dist", "dist", true],
  ["# a comment", "# a comment", false],
  ["*\n!keep.txt", "keep.txt", false],
  ["*\n!keep.txt", "other", true],
  ["docs\n!docs/keep\ndocs/keep/not", "docs/keep/a", false],
  ["docs\n!docs/keep\ndocs/keep/not", "docs/keep/not", true],
  ["a.b", "aXb", false],
  ["(x)", "(x)", true],
])(".dockerignore %j on %j: %s", (rules, path, ignored) => {
  expect(ignoring(rules).ignored(path)).toBe(ignored);
});

test.each([
  ["node_modules", "node_modules", true],
  ["node_modules", "src", false],
  ["*\n!keep.txt", "data", true],
  ["*\n!src/*.ts", "src", false],
  ["*\n!src/*.ts", "src/deep", true],
  ["*\n!src/*/a.ts", "src/deep", false],
  ["data\n!**/keep", "data/deep", false],
  ["!data/keep\ndata", "data", true],
  ["data\n!data/keep\ndata/keep/not", "data/keep/not", true],
  ["data\n!data/keep", "database", false],
])(".dockerignore %j leaves %j out with all that is in it: %s", (rules, folder, whole) => {
  expect(ignoring(rules).whole(folder)).toBe(whole);
});

test("what cannot be read is named; what is ignored with all in it need not even be there", async () => {
  const begun = async () => {
    const tar = await contextTar(folder, "Dockerfile");
    // The folder has been listed then, and the archive stands still in its first file.
    await once(tar, "readable");
    return tar;
  };
  await writeFile(join(folder, "A"), "x".repeat(1_000_000));
  const broken = await begun();
  rmSync(join(folder, "src"), { recursive: true });
  await expect(entries(broken)).rejects.toMatchObject({
    code: "INS1001",
    message: expect.stringContaining(`${join(folder, "src")} cannot be read`),
  });
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, ".dockerignore"), "src\n!srv");
  const whole = await begun();
  rmSync(join(folder, "src"), { recursive: true });
  expect((await entries(whole)).map((line) => line.split(" ")[1])).toEqual([".dockerignore", "A", "Dockerfile", "run"]);
});

test("the Dockerfile goes along from a folder that is ignored", async () => {
  await writeFile(join(folder, ".dockerignore"), "src\n");
  await writeFile(join(folder, "src/deep/Dockerfile"), "FROM scratch\n");
  const names = (await entries(await contextTar(folder, "src/deep/Dockerfile"))).map((line) => line.split(" ")[1]);
  expect(names).toEqual([".dockerignore", "Dockerfile", "run", "src/deep/Dockerfile"]);
});

test("a Dockerfile that no file has goes first, under its own name", async () => {
  const seen = await entries(await contextTar(folder, ".instar.Dockerfile", "FROM a\n"));
  expect(seen[0]).toBe("file .instar.Dockerfile 644 7");
  expect(seen).toContain("file Dockerfile 644 13");
});
