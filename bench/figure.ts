import { quantile } from "../test/load/report.ts";

/** One measured number beside what it may be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The claim: at most this much. */
  readonly atMost: number;
  /** What it was computed from. */
  readonly from: Readonly<Record<string, number>>;
}

export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
export const p99 = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.99,
  );
export const round = (value: number): number => Number(value.toPrecision(4));

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.value <= one.atMost ? "ok" : "OVER",
    one.name,
    `${round(one.value)} ${one.unit}`,
    `≤ ${one.atMost} ${one.unit}`,
    Object.entries(one.from)
      .map(([key, value]) => `${key} ${round(value)}`)
      .join(", "),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
