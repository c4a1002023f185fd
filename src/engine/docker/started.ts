import { readdir, readFile, readlink } from "node:fs/promises";
import type { Instant } from "../../reconcile/ports.ts";

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on (proc(5), sysconf(3)). */
const TICKS = 100;

/**
 * When the engine's process began, found as the `dockerd` that listens on the socket; null where /proc does not tell
 * (another user's process). The API has no word for it. It tells an instance that was restarted with its engine from
 * one that was restarted alone.
 */
export async function engineStartedAt(socketPath: string): Promise<Instant | null> {
  const inode = listenerOf(await readFile("/proc/net/unix", "utf8"), socketPath);
  if (inode === null) return null;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const started = await gone(startedAt(pid, inode));
    if (started !== null) return started;
  }
  return null;
}

/** The inode of the listening socket with this path. @param table /proc/net/unix (proc(5)) */
export function listenerOf(table: string, socketPath: string): string | null {
  const ACCEPTS = "00010000";
  const cells = table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((c) => c[3] === ACCEPTS && c[7] === socketPath);
  return cells?.[6] ?? null;
}

async function startedAt(pid: string, inode: string): Promise<Instant | null> {
  if ((await readFile(`/proc/${pid}/comm`, "utf8")).trim() !== "dockerd") return null;
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(descriptors.map((fd) => gone(readlink(`/proc/${pid}/fd/${fd}`))));
  if (!targets.includes(`socket:[${inode}]`)) return null;
  return began(await readFile(`/proc/${pid}/stat`, "utf8"), await readFile("/proc/stat", "utf8"));
}

/** Field 22 of /proc/PID/stat in ticks after `btime` of /proc/stat. The name in field 2 may hold spaces: count from its bracket. */
export function began(processStat: string, systemStat: string): Instant {
  const ticks = Number(processStat.slice(processStat.lastIndexOf(")") + 2).split(" ")[19]);
  const boot = Number(/^btime (\d+)/m.exec(systemStat)?.[1]);
  return boot * 1000 + (ticks / TICKS) * 1000;
}

/** A process or descriptor that ended while it was looked at, or is not ours to look at. */
async function gone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (cause) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) return null;
    throw cause;
  }
}
