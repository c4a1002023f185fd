import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST } from "./manifest.ts";
import { vanished } from "./members.ts";

/** Below the home: what a restore leaves for the next start of the daemon, and for people. */
export const RESTORED = "restored";
export const MARK = join(RESTORED, MANIFEST);
const DONE = join(RESTORED, "done.json");

/** The date of the backup that this home was restored from and no daemon has run with since; null otherwise. */
export async function restoredFrom(home: string): Promise<string | null> {
  const text = await readFile(join(home, MARK), "utf8").catch(vanished(null));
  return text === null ? null : (JSON.parse(text) as { date: string }).date;
}

export async function settleRestored(home: string): Promise<void> {
  await rename(join(home, MARK), join(home, DONE));
}
