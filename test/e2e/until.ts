/**
 * Waits until `look` returns something other than false, null or undefined, and returns that.
 * The limit is a guard against hanging, not a promise of speed: it names what was awaited and what was seen last.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  limitMs = 60_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== false && found !== null && found !== undefined) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`still waiting for ${what} after ${limitMs} ms`, { cause: last });
    await pause(40);
  }
}

/** Load needs time to show what it shows; nothing else waits for the clock. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
