import { stripVTControlCharacters } from "node:util";

/** Left-aligned columns, two spaces apart, the last one ragged. Cells may carry colour. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ""))));
  return all.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - width(cell))))
      .join("  ")
      .trimEnd(),
  );
}

export const width = (text: string): number => stripVTControlCharacters(text).length;

/** `5s`, `3m`, `7h`, `12d`: the largest whole unit. */
export function age(fromMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - fromMs) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** The first 12 hex digits of a digest. */
export const short = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);

/** `812 B`, `1.4 MiB`, `12 GiB`: three digits at most, powers of 1024. */
export function size(bytes: number): string {
  let rest = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (rest < 999.5) return `${rest < 10 && unit !== "B" ? rest.toFixed(1) : Math.round(rest)} ${unit}`;
    rest /= 1024;
  }
  return `${rest < 10 ? rest.toFixed(1) : Math.round(rest)} TiB`;
}
