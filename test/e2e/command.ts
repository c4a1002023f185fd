import { spawn } from "node:child_process";
import { entry } from "../entry.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Runs one command line of Instar to its end. Killed after three minutes, which then fails with code 124. */
export function run(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry(), ...args], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    const guard = setTimeout(() => child.kill("SIGKILL"), 180_000);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(guard);
      resolve({ code: code ?? 124, stdout, stderr });
    });
  });
}

/** The error object of a `--json` run that failed: the last line of JSON on stderr (or the whole of it). */
export function failureOf(outcome: Outcome): Failure {
  for (const text of [outcome.stderr.trim(), ...outcome.stderr.trim().split("\n").reverse()]) {
    const parsed = parse(text) as { error?: Failure } | null;
    if (parsed?.error !== undefined) return parsed.error;
  }
  throw new Error(`exit code ${outcome.code} without an error object\nstdout: ${outcome.stdout}\nstderr: ${outcome.stderr}`);
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
