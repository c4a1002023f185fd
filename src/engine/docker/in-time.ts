/** Instead of an answer that has not come in time. */
export const WITHHELD = Symbol("withheld");

/**
 * Asks of each key at most once at a time, and waits so long. What has not come by then is not asked for again, nor waited for, until
 * that answer has come or failed.
 */
export const inTime = <K, A extends readonly unknown[], T>(
  limitMs: number,
): ((key: K, read: (key: K, ...rest: A) => Promise<T>, ...rest: A) => Promise<T | typeof WITHHELD>) => {
  const late = new Set<K>();
  return async (key, read, ...rest) => {
    if (late.has(key)) return WITHHELD;
    const reading = read(key, ...rest);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<typeof WITHHELD>((resolve) => {
      timer = setTimeout(() => resolve(WITHHELD), limitMs);
    });
    const first = await Promise.race([reading, limit]).finally(() => clearTimeout(timer));
    if (first === WITHHELD) {
      late.add(key);
      const over = (): void => void late.delete(key);
      reading.then(over, over);
    }
    return first;
  };
};
