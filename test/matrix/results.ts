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
  readonly seen: Seen | null;
  /** null where it was run. */
  readonly notRun: string | null;
}

type Kept = Omit<Result, "seen"> & { readonly seen: (Omit<Seen, "away"> & Partial<Seen>) | null };

/** One that was kept before all of it was recorded. */
const complete = ({ seen, ...kept }: Kept): Result => ({
  ...kept,
  seen:
    seen === null
      ? null
      : {
          away: null,
          ...seen,
          unapproved: seen.unapproved === null ? null : { ...seen.unapproved, promoted: seen.unapproved.promoted ?? null },
        },
});

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
