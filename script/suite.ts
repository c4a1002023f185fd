/**
 * Runs the checks and the test suites named as arguments (all without any), one after another, and ends with the line
 * `N passed, N failed` over all of them: each check counts one, each test counts one, and a suite that ends badly without a
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
const SUITES = ["unit", "real", "e2e"] as const;

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
function run(command: readonly string[], keep: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const [program = "", ...words] = command;
    const child = spawn(program, words, { cwd: root, stdio: ["ignore", keep ? "pipe" : "inherit", keep ? "pipe" : "inherit"] });
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

async function suite(name: string): Promise<Count> {
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "instar-suite-"));
  try {
    const file = join(folder, "report.json");
    const words = ["run", "--project", name, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const { code } = await run(["vitest", ...words], false);
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

const wanted = process.argv.slice(2);
const known = ["checks", ...SUITES];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no suite is called ${unknown.join(", ")}: ${known.join(", ")}`);
  process.exit(64);
}
const chosen = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

const counts: Count[] = [];
if (chosen("checks")) for (const one of CHECKS) counts.push(await check(one));
for (const name of SUITES) if (chosen(name)) counts.push(await suite(name));

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
