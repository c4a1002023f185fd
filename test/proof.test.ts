import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Strategy } from "./matrix/cells.ts";
import { judge } from "./matrix/judge.ts";
import { lastResults } from "./matrix/results.ts";
import { DEFECTS } from "./simulation/defects.ts";
import { LAWS } from "./simulation/laws.ts";

const ROOT = join(import.meta.dirname, "..");
const page = readFileSync(join(ROOT, "docs/proof.md"), "utf8");
const rows = page.split("\n").filter((line) => /^\| \d+ [a-z]/.test(line));
const cells = (row: string): string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Each `file`: "name of a test" of the page. */
const links = [...page.matchAll(/`((?:test|src)\/[^`]+)`(?:: "([^"]+)")?/g)].map(([, file = "", name]) => ({ file, name }));

it("each file that docs/proof.md names is there, and so is each test", () => {
  const dead = links.filter(({ file, name }) => {
    const path = join(ROOT, file);
    return !existsSync(path) || (name !== undefined && !readFileSync(path, "utf8").includes(name));
  });
  expect(dead).toEqual([]);
  expect(links.length).toBeGreaterThan(30);
});

it("no test that a law names runs in the long set only", () => {
  const named = links.filter(({ file, name }) => name !== undefined && rows.some((row) => row.includes(`\`${file}\`: "${name}"`)));
  const long = named.filter(({ file, name = "" }) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return text.includes(`runIf(LONG)("${name}`) || text.includes(`skipIf(!LONG)("${name}`) || text.includes("describe.skipIf(!LONG)");
  });
  expect(long).toEqual([]);
});

it("each cell of the crash matrix that a law names was run, and was not broken", () => {
  const keys = rows.flatMap((row) => [...(cells(row)[2] ?? "").matchAll(/crash matrix: "([^"]+)"/g)].map(([, key = ""]) => key));
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys) {
    const { cell, seen } = lastResults(key.split(" ")[0] as Strategy)[key] ?? { seen: null };
    if (cell === undefined || seen === null) throw new Error(`${key} was not run`);
    expect(judge(cell, seen).verdict, key).not.toBe("broken");
  }
});

it("each of the ten laws has a property, a crash cell and a real test", () => {
  expect(rows.map((row) => Number.parseInt(row.slice(2), 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const row of rows) {
    const [, property = "", crash = "", real = ""] = cells(row);
    expect(property, row).toMatch(/"[^"]+"/);
    expect(crash, row).toMatch(/crash matrix: "|`test\//);
    expect(real, row).toMatch(/`test\/(e2e|real)\/.*": *|`test\/(e2e|real)\/[^`]+`: "/);
  }
});

it("each sentence that stands for itself is a law of the simulator, and none of those is missing", () => {
  const said = rows.flatMap((row) => [...(cells(row)[1] ?? "").matchAll(/(?:^|\s|\.)"([^"]+\.)"/g)].map(([, sentence]) => sentence));
  expect(new Set(said)).toEqual(new Set(Object.values(LAWS)));
});

it("each defect that is kept is told", () => {
  const told = page.split("## Defects found")[1] ?? "";
  const names = [...told.matchAll(/^\| ((?:crowded )?[0-9, ]+) \|/gm)].flatMap(([, list = ""]) => list.split(", "));
  expect(names.sort()).toEqual(DEFECTS.map(({ name }) => name).sort());
});
