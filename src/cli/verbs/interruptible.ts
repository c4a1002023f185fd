import type { Exit } from "../cli.ts";

/** Runs until it ends or Ctrl-C; for a stream, being left is how it ends. */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<Exit> {
  const left = new AbortController();
  const leave = () => left.abort();
  process.once("SIGINT", leave);
  try {
    await work(left.signal);
  } catch (error) {
    if (!left.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", leave);
  }
  return left.signal.aborted ? 130 : 0;
}
