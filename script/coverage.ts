/** See script/coverage. The report is V8's, mapped to branches as vitest's coverage provider does it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { coveredByProcesses } from "./coverage-daemons.ts";
import { judgeWays, KINDS, readReasons } from "./coverage-reasons.ts";
import { type Covered, united, type Way, waysOf } from "./coverage-ways.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDERS = ["src/plan", "src/route", "src/reconcile"] as const;
const { real } = parseArgs({ options: { real: { type: "boolean", default: false } } }).values;

const folder = mkdtempSync(join(tmpdir(), "instar-coverage-"));
process.once("exit", () => rmSync(folder, { recursive: true }));

function run(command: string, words: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status } = spawnSync(command, words, {
    cwd: ROOT,
    stdio: ["ignore", process.stderr, process.stderr],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error("the tests fail: what they cover says nothing");
}

function byUnitTests(): Way[] {
  // What is counted is slow, more so beside other work, and no test's time says anything here.
  const patient = "--testTimeout=600000";
  const words = ["run", "--project", "unit", patient, "--coverage.enabled", "--coverage.provider=v8", "--coverage.reporter=json"];
  const files = FOLDERS.map((name) => `--coverage.include=${name}/**/*.ts`);
  const own = join(folder, "unit");
  run(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), ...words, ...files, `--coverage.reportsDirectory=${own}`], {});
  return waysOf(JSON.parse(readFileSync(join(own, "coverage-final.json"), "utf8")) as Readonly<Record<string, Covered>>, ROOT);
}

async function byDaemons(): Promise<Way[]> {
  const own = join(folder, "daemons");
  mkdirSync(own);
  run(join(ROOT, "script/test"), ["e2e"], { INSTAR_COVERAGE: own, INSTAR_ENTRY: join(ROOT, "src/cli.ts") });
  return waysOf(await coveredByProcesses(own, (path) => FOLDERS.some((name) => path.startsWith(join(ROOT, name, "/")))), ROOT);
}

function print(title: string, ways: readonly Way[]): void {
  console.log(`| ${title} | branches | taken | |\n|---|---|---|---|`);
  for (const name of FOLDERS) {
    const own = ways.filter(({ file }) => file.startsWith(`${name}/`));
    const taken = own.filter((way) => way.taken).length;
    console.log(`| \`${name}\` | ${own.length} | ${taken} | ${((100 * taken) / Math.max(1, own.length)).toFixed(1)} % |`);
  }
  console.log();
}

const lines = new Map<string, readonly string[]>();
function textOf({ file, line }: Way): string {
  const known = lines.get(file) ?? readFileSync(join(ROOT, file), "utf8").split("\n");
  lines.set(file, known);
  return known[line - 1]?.trim() ?? "";
}

const unit = byUnitTests();
print("unit tests", unit);
const reasons = readReasons(ROOT);
const { unexplained, needless } = judgeWays(unit, reasons, textOf);
for (const kind of KINDS) console.log(`${kind}: ${reasons.filter((reason) => reason.kind === kind).length} lines`);
for (const way of unexplained) console.log(`no reason: ${way.file}:${way.line} ${way.type}, way ${way.nth + 1}: ${textOf(way)}`);
for (const { file, at } of needless) console.log(`taken, and has a reason: ${file}: ${at}`);
let wrong = unexplained.length + needless.length;

if (real) {
  const both = united(unit, await byDaemons());
  print("with the daemons of e2e", both);
  const claimed = reasons.filter(({ kind }) => kind === "engine");
  const borneOut = new Set(judgeWays(both, claimed, textOf).needless);
  for (const reason of claimed.filter((one) => !borneOut.has(one))) {
    console.log(`not taken on the engine either: ${reason.file}: ${reason.at}`);
    wrong++;
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
