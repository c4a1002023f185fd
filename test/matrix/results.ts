import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cell, keyOf, type Strategy } from "./cells.ts";
import type { Seen } from "./seen.ts";

/** A cell that was run, or why it could not be. */
export interface Result {
  readonly cell: Cell;
  /** `2026-11-26T03:10Z` */
  readonly at: string;
  /** Short, with `+` where the tree was not that of the commit; null: not recorded. */
  readonly commit: string | null;
  readonly seen: Seen | null;
  /** null where it was run. */
  readonly notRun: string | null;
}

type Later = "away" | "refused" | "outage";
type Kept = Omit<Result, "seen" | "commit"> & {
  readonly commit?: string | null;
  readonly seen: (Omit<Seen, Later> & Partial<Pick<Seen, Later>>) | null;
};

/** One that was kept before all of it was recorded has null for what it does not say. */
function complete({ seen, ...kept }: Kept): Result {
  const result = { commit: null, ...kept };
  if (seen === null) return { ...result, seen };
  const { unapproved } = seen;
  return {
    ...result,
    seen: {
      ...{ away: null, refused: null, outage: null, ...seen },
      unapproved: unapproved === null ? null : { ...unapproved, promoted: unapproved.promoted ?? null },
    },
  };
}

const fileOf = (strategy: Strategy): string => fileURLToPath(new URL(`last/${strategy}.json`, import.meta.url));

/** The last result of each cell of a strategy, by key. A file for each, so that two strategies may run at once. */
export function lastResults(strategy: Strategy): Readonly<Record<string, Result>> {
  try {
    const kept = JSON.parse(readFileSync(fileOf(strategy), "utf8")) as Record<string, Kept>;
    return Object.fromEntries(Object.entries(kept).map(([key, result]) => [key, complete(result)]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

export function keep(result: Result): void {
  const { strategy } = result.cell;
  const all = { ...lastResults(strategy), [keyOf(result.cell)]: result };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = fileOf(strategy);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(sorted, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}
