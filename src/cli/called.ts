import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InstarError } from "../errors.ts";

const run = promisify(execFile);

/** What a program printed. Raises INS7016 with what it said when it fails or is not there. */
export async function called(program: string, ...words: readonly string[]): Promise<string> {
  try {
    return (await run(program, words)).stdout;
  } catch (cause) {
    const { stderr, message } = cause as { readonly stderr?: string; readonly message: string };
    throw new InstarError("INS7016", `${program} ${words[0] ?? ""} failed: ${(stderr || message).trim()}`, { cause });
  }
}
