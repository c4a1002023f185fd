/** See script/coverage. The report is V8's, mapped to branches by vitest's coverage provider. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["src/plan", "src/route", "src/reconcile"] as const;

/** Istanbul's format of a file (`coverage-final.json`), as far as it is read here. */
interface Covered {
  readonly branchMap: Readonly<
    Record<string, { readonly type: string; readonly locations: readonly { readonly start: { readonly line?: number } }[] }>
  >;
  /** How often each way of a branch was taken. */
  readonly b: Readonly<Record<string, readonly number[]>>;
}

const folder = mkdtempSync(join(tmpdir(), "instar-coverage-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const words = ["run", "--project", "unit", "--coverage.enabled", "--coverage.provider=v8", "--coverage.reporter=json"];
const files = FOLDERS.map((name) => `--coverage.include=${name}/**/*.ts`);
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "node_modules/vitest/vitest.mjs"), ...words, ...files, `--coverage.reportsDirectory=${folder}`],
  {
    cwd: ROOT,
    stdio: ["ignore", process.stderr, process.stderr],
  },
);
if (status !== 0) throw new Error("the tests fail: what they cover says nothing");

const report = JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8")) as Readonly<Record<string, Covered>>;
const ways = Object.entries(report).flatMap(([path, { branchMap, b }]) =>
  Object.entries(branchMap).flatMap(([id, { type, locations }]) =>
    locations.map(({ start }, index) => ({ file: relative(ROOT, path), type, line: start.line ?? 0, taken: (b[id]?.[index] ?? 0) > 0 })),
  ),
);
console.log("| folder | branches | taken | |\n|---|---|---|---|");
for (const name of FOLDERS) {
  const own = ways.filter(({ file }) => file.startsWith(`${name}/`));
  const taken = own.filter((way) => way.taken).length;
  console.log(`| \`${name}\` | ${own.length} | ${taken} | ${((100 * taken) / Math.max(1, own.length)).toFixed(1)} % |`);
}
console.log();
for (const { file, line, type } of ways.filter((way) => !way.taken)) console.log(`${file}:${line} ${type}`);
