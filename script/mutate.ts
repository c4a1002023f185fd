/** See script/mutate. Works in a copy of the tree, so that nothing here is ever half changed. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutantsOf } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "..");
/** Longer than the tests of a folder take on a busy machine: a mutant that never ends is noticed too. */
const LIMIT_MS = 180_000;
const COPIED = ["src", "test", "package.json", "tsconfig.json", "vitest.config.ts"];

const tree = mkdtempSync(join(tmpdir(), "instar-mutation-"));
process.once("exit", () => rmSync(tree, { recursive: true }));
for (const name of COPIED) cpSync(join(ROOT, name), join(tree, name), { recursive: true });
symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));

const testsOf = (file: string): string[] => (file.startsWith("src/plan/") ? ["test/plan/", "test/props/"] : ["test/route/"]);

function passes(tests: readonly string[]): boolean {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const how = ["run", "--project", "unit", "--bail", "1", "--pool", "threads"];
  const { status } = spawnSync(process.execPath, [vitest, ...how, ...tests], { cwd: tree, timeout: LIMIT_MS, killSignal: "SIGKILL" });
  return status === 0;
}

const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked : globSync("src/{plan,route}/*.ts", { cwd: ROOT }).sort();
for (const tests of new Set(files.map((file) => testsOf(file).join(" "))))
  if (!passes(tests.split(" "))) throw new Error(`${tests} do not pass unchanged`);

for (const file of files) {
  const source = readFileSync(join(ROOT, file), "utf8");
  const mutants = mutantsOf(source);
  const survivors: string[] = [];
  for (const { start, end, text, line, words } of mutants) {
    writeFileSync(join(tree, file), source.slice(0, start) + text + source.slice(end));
    const survived = passes(testsOf(file));
    if (survived) survivors.push(`  ${file}:${line} ${words}`);
    console.error(`${survived ? "SURVIVED" : "noticed "} ${file}:${line} ${words}`);
  }
  writeFileSync(join(tree, file), source);
  const score = mutants.length === 0 ? 100 : Math.round((100 * (mutants.length - survivors.length)) / mutants.length);
  console.log([`| \`${file}\` | ${mutants.length} | ${survivors.length} | ${score} % |`, ...survivors].join("\n"));
}
