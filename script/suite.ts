/**
 * Runs the checks and the test suites named as arguments, one after another, and ends with the line `N passed, N failed` over all
 * of them. Without any: the checks, `unit`, `real` and `laws`; `all`: the same with the whole of `e2e` in the place of `laws`. each check counts one, each test counts one, and a suite that ends badly without a
 * failed test (a file that cannot be loaded, an unhandled rejection) counts one failure. Exits 1 on any failure.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...words: string[]];
}

const CHECKS: readonly Check[] = [
  { name: "lint", command: ["npm", "run", "--silent", "lint"] },
  { name: "types", command: ["npm", "run", "--silent", "types"] },
  { name: "arrows", command: ["npm", "run", "--silent", "arrows"] },
  { name: "purity", command: ["node", "script/purity.ts"] },
  { name: "shape", command: ["node", "script/shape.ts"] },
  { name: "dead code", command: ["npm", "run", "--silent", "dead"] },
  { name: "generated files", command: ["script/generate", "--check"] },
];
interface Suite {
  /** Of vitest.config.ts. */
  readonly project: string;
  /** All of them when there are none. */
  readonly files?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const SUITES: Readonly<Record<string, Suite>> = {
  unit: { project: "unit" },
  real: { project: "real" },
  // What docs/proof.md names for the laws, and that nothing is lost.
  laws: { project: "e2e", files: [...new Set([...namedInProof(), "test/e2e/no-loss.test.ts"])], env: { INSTAR_SHORT: "1" } },
  e2e: { project: "e2e" },
};
const USUAL = ["checks", "unit", "real", "laws"];
const ALL = ["checks", "unit", "real", "e2e"];

function namedInProof(): readonly string[] {
  const rows = readFileSync(join(root, "docs/proof.md"), "utf8").match(/^\| \d+ .*$/gm) ?? [];
  return rows.join("\n").match(/test\/e2e\/[a-z-]+\.test\.ts/g) ?? [];
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

let running: ChildProcess | undefined;
process.on("SIGTERM", () => {
  running?.kill();
  process.exit(143);
});

/** The exit code of the program; what it prints goes to ours, or is kept and returned. */
function run(command: readonly string[], keep: boolean, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const [program = "", ...words] = command;
    const child = spawn(program, words, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", keep ? "pipe" : "inherit", keep ? "pipe" : "inherit"],
    });
    running = child;
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function check({ name, command }: Check): Promise<Count> {
  const since = performance.now();
  const { code, output } = await run(command, true);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds(since)})`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

async function suite(name: string, { project, files = [], env = {} }: Suite): Promise<Count> {
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "instar-suite-"));
  try {
    const file = join(folder, "report.json");
    const words = ["run", ...files, "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const { code } = await run(["vitest", ...words], false, env);
    const { passed, failed } = counted(file);
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${name}: ${passed} passed, ${failed} failed (${seconds(since)})`);
    return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file that failed without a failed test could not be loaded: one failure. No report at all: the run itself failed. */
function counted(file: string): Count {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { passed: 0, failed: 1 };
  }
  const report = JSON.parse(text) as VitestReport;
  const unloaded = report.testResults.filter(
    (result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
}

const words = process.argv.slice(2);
const wanted = words.length === 0 ? USUAL : words.flatMap((name) => (name === "all" ? ALL : [name]));
const known = ["checks", ...Object.keys(SUITES)];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no suite is called ${unknown.join(", ")}: ${[...known, "all"].join(", ")}`);
  process.exit(64);
}
const counts: Count[] = [];
if (wanted.includes("checks")) for (const one of CHECKS) counts.push(await check(one));
for (const [name, one] of Object.entries(SUITES)) if (wanted.includes(name)) counts.push(await suite(name, one));

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
