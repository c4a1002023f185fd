/** Whether events of a stretch of time may be missing, from what the engine still remembers of it. Instants in ms. */

export interface Interruption {
  /** The last moment up to which everything was heard. */
  readonly from: number;
  readonly now: number;
  /** `daemon`: nobody listened. `stream`: the connection broke, seen at once. */
  readonly what: "daemon" | "stream" | "slow";
  /** When the engine's process began; null: that cannot be seen. */
  readonly engineStartedAt: number | null;
  /** What the engine has in its memory of events. */
  readonly memory: { readonly full: boolean; readonly oldest: number | null };
}

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Somebody could have acted unseen. */
  readonly blind: boolean;
}

const WORDS = {
  daemon: "the daemon was down",
  stream: "the engine's event stream was cut",
  slow: "events came faster than they were read",
} as const;

/**
 * The engine keeps its last 256 events (moby, daemon/events, eventsLimit) and forgets them when it ends. Worked examples, from = 100:
 * memory full, oldest at 90: everything since is in it, nobody is unwatched; oldest at 130: 100 to 130 is blind, the rest was read;
 * the engine began at 120 and we listened until it ended: it was not there, nobody acted through it, and until the stream stood again
 * all was read afterwards; we were down: 100 to 120 is
 * blind, and what came after it was read afterwards.
 */
export function judge({ from, now, what, engineStartedAt, memory }: Interruption): Gap[] {
  const why = WORDS[what];
  const restarted = engineStartedAt !== null && engineStartedAt > from;
  const gaps: Gap[] = [];
  if (restarted && what === "daemon")
    gaps.push({ from, to: engineStartedAt, reason: `${why}, and the engine restarted meanwhile`, blind: true });
  else if (restarted) gaps.push({ from, to: engineStartedAt, reason: "the engine was down: nobody could act through it", blind: false });
  const known = restarted ? engineStartedAt : from;
  const read = { reason: `${why}; all the engine remembered of it was read afterwards`, blind: false };
  const reaches = memory.full
    ? memory.oldest !== null && memory.oldest <= known
    : engineStartedAt !== null || (memory.oldest !== null && memory.oldest <= known);
  if (!reaches) {
    const to = memory.oldest === null ? now : Math.max(known, memory.oldest);
    gaps.push({ from: known, to, reason: `${why}, and the engine remembers only its last 256 events`, blind: true });
    if (to < now) gaps.push({ from: to, to: now, ...read });
  } else gaps.push({ from: known, to: now, ...read });
  return gaps;
}
