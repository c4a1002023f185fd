import type { Cli } from "./cli.ts";

/** Waits for what the daemon does to its end, whoever waits: Ctrl-C only ends the waiting, with a word of it and 130. */
export async function detachable<T>(cli: Pick<Cli, "remark" | "stderr">, work: () => Promise<T>, look = "instar events -f"): Promise<T> {
  const leave = (): void => {
    // A terminal has `^C` on the line, and what was drawn in place.
    cli.remark(`${cli.stderr.tty ? "\n" : ""}detached; the daemon goes on with what it has begun: ${look}`);
    process.exit(130);
  };
  process.once("SIGINT", leave);
  try {
    return await work();
  } finally {
    process.off("SIGINT", leave);
  }
}
