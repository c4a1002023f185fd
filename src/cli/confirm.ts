import { createInterface } from "node:readline/promises";
import { InstarError } from "../errors.ts";
import type { Cli } from "./cli.ts";

/**
 * Asks on the terminal; true for yes. Without a terminal nobody can answer: raises INS2001, which names `--yes`.
 */
export async function confirm(cli: Cli, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || cli.json)
    throw new InstarError("INS2001", "nobody can be asked here", { hint: "give --yes to go ahead, or --dry-run to only look" });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
