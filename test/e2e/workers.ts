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
