import { statSync } from "node:fs";
import { join } from "node:path";
import { LOCK_FILE } from "./sqlite.ts";

const LOOK_MS = 1_000;

/**
 * Calls back once when the home was deleted or replaced under a running daemon: what it writes then reaches no disk that anybody
 * will read, and another daemon may already run in its place. Returns what ends the watch.
 */
export function whenLost(home: string, lost: () => void): () => void {
  const seen = (): number | null => statSync(join(home, LOCK_FILE), { throwIfNoEntry: false })?.ino ?? null;
  const ours = seen();
  const watch = setInterval(() => {
    if (seen() === ours) return;
    clearInterval(watch);
    lost();
  }, LOOK_MS);
  watch.unref();
  return () => clearInterval(watch);
}
