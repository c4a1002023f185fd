import type { Instant } from "./types.ts";

/** An instance that runs, as its age is judged. */
export interface Aged {
  readonly name: string;
  readonly slot: number;
  readonly startedAt: Instant;
}

export interface Aging {
  /** Replaced now: the one that is due for longest; null: none is. */
  readonly due: Aged | null;
  /** When the next one comes due; null: nothing ages. */
  readonly wakeAt: Instant | null;
}

/** The last tenth of the life is the stretch over which a service's instances are spread. */
const SPREAD = 0.1;
/** After a replacement that failed; at least. */
const RETRY_MS = 3_600_000;

/**
 * How long an instance of this slot lives, ms: `max_age` at most, a tenth less at least. Slots of a service lie evenly over that
 * tenth, from a point that is the service's own, so that what was started together does not end together.
 * 3 replicas, 10 days, point 0: slots 1, 2, 3 live 9 days 16 h, 9 days 8 h, 9 days.
 */
export function lifeOf(maxAgeMs: number, slot: number, replicas: number, point: number): number {
  const share = (point + slot / Math.max(1, replicas)) % 1;
  return Math.floor(maxAgeMs * (1 - SPREAD * (share === 0 ? 1 : share)));
}

/** 0 to 1, the same for the same words (FNV-1a, 32 bits). */
export function pointOf(words: string): number {
  let hash = 0x811c9dc5;
  for (const char of words) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

/**
 * Which instance is replaced for its age. One at a time: the caller begins a deployment for it, and asks again when that has ended.
 * @param failedAt when the last such replacement ended without success; null: it succeeded, or there was none
 */
export function planAging(
  service: { readonly stack: string; readonly service: string; readonly replicas: number },
  maxAgeMs: number,
  instances: readonly Aged[],
  failedAt: Instant | null,
  now: Instant,
): Aging {
  const point = pointOf(`${service.stack}/${service.service}`);
  const ends = instances
    .map((one) => ({ one, end: one.startedAt + lifeOf(maxAgeMs, one.slot, service.replicas, point) }))
    .sort((a, b) => a.end - b.end || (a.one.name < b.one.name ? -1 : 1));
  const [first] = ends;
  if (first === undefined) return { due: null, wakeAt: null };
  // A failure of the future is of a clock that has been set back.
  const pause = failedAt === null || failedAt > now ? 0 : failedAt + Math.max(RETRY_MS, Math.floor(maxAgeMs * SPREAD));
  const at = Math.max(first.end, pause);
  if (at > now) return { due: null, wakeAt: at };
  return { due: first.one, wakeAt: null };
}
