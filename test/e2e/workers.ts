import { readdirSync, readFileSync } from "node:fs";

/** Counts the workers an HAProxy master has had, by looking at its children: one more for every reload. */
export class WorkerCount {
  private readonly seen = new Set<string>();
  private readonly masters: () => readonly number[];
  private readonly timer: NodeJS.Timeout;

  constructor(masters: () => readonly number[]) {
    this.masters = masters;
    this.timer = setInterval(() => this.look(), 50);
    this.look();
  }

  /** How many workers began after the first look. */
  stop(): number {
    this.look();
    clearInterval(this.timer);
    return Math.max(0, this.seen.size - 1);
  }

  private look(): void {
    for (const master of this.masters()) for (const child of childrenOf(master)) this.seen.add(child);
  }
}

/** Every worker in a router's container, of whichever master. */
export const workersOf = (pid: number): readonly string[] => childrenOf(pid).flatMap((master) => childrenOf(Number(master)));

/** HAProxy's master in a router's container, whose process 1 (`pid`) is its supervisor. Throws when there is none now. */
export function masterOf(pid: number): number {
  const master = childrenOf(pid).at(-1);
  if (master === undefined) throw new Error(`no HAProxy runs under ${pid}`);
  return Number(master);
}

export function childrenOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")
        .trim()
        .split(" ")
        .filter((child) => child !== ""),
    );
  } catch (error) {
    // It ended between the look and the read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
