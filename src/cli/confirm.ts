import { createInterface } from "node:readline/promises";
import { InstarError } from "../errors.ts";
import type { Cli } from "./cli.ts";

/** Asks for the name on a terminal; `yes` is consent given before. Raises INS2014 without either. */
export async function confirm(cli: Cli, what: string, name: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (cli.json || !process.stdin.isTTY) throw new InstarError("INS2014", `${what}: nobody was there to confirm it`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D leave a question open for ever.
    const left = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
    const typed = await Promise.race([asking.question(`${what}. Type ${cli.stderr.paint.bold(name)} to go on: `), left]);
    if (typed.trim() !== name) throw new InstarError("INS2014", `${JSON.stringify(typed.trim())} is not ${name}; nothing was done`);
  } finally {
    asking.close();
  }
}
