/** How long snapshots that Instar made by itself are kept; null is without limit. */
export interface Retention {
  /** The newest so many. */
  readonly keep: number | null;
  readonly maxAgeMs: number | null;
}

/** What the decision needs to know of a snapshot. */
export interface Aged {
  readonly id: string;
  readonly volume: string;
  readonly createdAt: number;
  /** Made before a deployment. What somebody asked for or imported stays until somebody removes it. */
  readonly automatic: boolean;
}

/**
 * Ids of those that go, oldest first. Counted for each volume; the newest of a volume never goes by its age alone. What a wrong clock
 * dated after `now` counts as of now, and goes before one that is.
 * `{keep: 2}` of three → the oldest; `{keep: null, maxAgeMs: one day}` of two that are two days old → the older.
 */
export function expired(snapshots: readonly Aged[], retention: Retention, now: number): string[] {
  const gone: Aged[] = [];
  for (const volume of new Set(snapshots.map((snapshot) => snapshot.volume))) {
    const newestFirst = snapshots.filter((snapshot) => snapshot.volume === volume && snapshot.automatic).sort(newerFirst(now));
    for (const [rank, snapshot] of newestFirst.entries()) {
      const tooMany = retention.keep !== null && rank >= Math.max(1, retention.keep);
      const tooOld = retention.maxAgeMs !== null && rank > 0 && now - snapshot.createdAt > retention.maxAgeMs;
      if (tooMany || tooOld) gone.push(snapshot);
    }
  }
  return gone.sort((a, b) => a.createdAt - b.createdAt).map((snapshot) => snapshot.id);
}

const newerFirst =
  (now: number) =>
  (a: Aged, b: Aged): number => {
    const isAhead = (one: Aged): number => Number(one.createdAt > now);
    const byTime = Math.min(b.createdAt, now) - Math.min(a.createdAt, now);
    return byTime || isAhead(a) - isAhead(b) || b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
  };
