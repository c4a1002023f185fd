const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)/gy;

/** The longest duration accepted: 100 years, well inside what a timer arithmetic of integers can hold. */
export const MAX_DURATION_MS = 100 * 365 * 86_400_000;

/**
 * Reads a duration as the Compose Specification writes it (`1h30m`, `500ms`, `0`), days and weeks too.
 * Returns integer milliseconds (rounded up, so that no wait becomes none), or null when the text is not one.
 */
export function parseDuration(text: string): number | null {
  if (text === "0") return 0;
  if (text.length > 64) return null;
  PART.lastIndex = 0;
  let total = 0;
  let read = 0;
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    total += Number(part[1]) * (UNITS[part[2] ?? ""] ?? 0);
    read = PART.lastIndex;
  }
  if (read === 0 || read !== text.length || total > MAX_DURATION_MS) return null;
  return Math.max(0, Math.ceil(total - 1e-9));
}

/** `90000` → `1m30s`; `0` → `0s`. Milliseconds in, the shortest form that `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = Math.round(ms);
  let text = "";
  for (const [unit, size] of [
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
    ["ms", 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
