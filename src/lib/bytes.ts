const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };
const FORM = /^(\d{1,16}(?:\.\d{1,16})?) ?(?:([kmgtp])i?b?|(b))?$/i;

/**
 * Reads a size as Compose writes it (`64m`, `1.5gb`, `2GiB`, `1024`): powers of 1024, as the engine's own command line.
 * Returns integer bytes, or null when the text is not one or does not fit an exact integer.
 */
export function parseBytes(text: string): number | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const unit = UNITS[(match[2] ?? "").toLowerCase()] ?? 1;
  const bytes = Math.floor(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** `67108864` → `64m`; the largest unit that divides it exactly. */
export function formatBytes(bytes: number): string {
  for (const unit of ["p", "t", "g", "m", "k"] as const) {
    const size = UNITS[unit] ?? 1;
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
