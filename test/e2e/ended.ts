import { readFileSync } from "node:fs";

/** When a process that was killed is gone, ms since the epoch. Until then it takes requests: a busy machine needs a tenth of a second for it. */
export async function ended(pid: number): Promise<number> {
  while (isAlive(pid)) await new Promise(setImmediate);
  return Date.now();
}

/** Neither gone nor a zombie, whose sockets are closed. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return false;
  }
}
