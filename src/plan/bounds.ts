import type { Desired, Instant } from "./types.ts";

/**
 * How many instances may be started and how many taken away, in integers.
 * Worked examples stand at each function and again in test/plan/bounds.test.ts.
 */
export interface Counts {
  readonly replicas: number;
  readonly parallelism: number;
  readonly order: "start-first" | "stop-first";
  /** Instances that run or are being made, of any revision, not draining and not ended. */
  readonly live: number;
  /** Of these, how many may not be given up: available ones of the target. */
  readonly available: number;
  /** Instances of other revisions that serve. */
  readonly servingOld: number;
  /** Instances being drained or stopped. */
  readonly leaving: number;
  /** The first of content that never served proves itself (ADR 0005). */
  readonly proving: boolean;
}

/** parallelism 0 means all at once (Compose spec, deploy.update_config). */
export const batch = (parallelism: number, replicas: number): number =>
  Math.max(1, parallelism === 0 ? replicas : Math.min(parallelism, replicas));

/**
 * How many more may be created (not started). One batch is built ahead, since a container that is not started costs
 * nothing and building takes time.
 * - start-first, 3 wanted, batch 1: 3 old live → 2 (the surge, and one ahead); 3 old + 2 new → 0; 2 old + 2 new, 1 draining → 1.
 * - start-first, 10 wanted, batch 3: 10 old live → 6.
 * - start-first, 3 wanted, batch 1, the first one proves itself: 3 old + 2 new → 1.
 * - stop-first, 1 wanted: 1 old live → 1, so that the successor stands ready.
 * - 5 wanted, nothing there: all.
 * - never more than 2 × replicas in all: 1 wanted, 1 draining and 1 live → 0.
 */
export function mayCreate(c: Counts): number {
  if (c.replicas === 0) return 0;
  const surge = batch(c.parallelism, c.replicas);
  const ahead = c.order === "start-first" ? surge + Number(c.proving) : 0;
  const total = c.live + c.leaving;
  return Math.max(0, Math.min(c.replicas + surge + ahead - c.live, 2 * c.replicas - total));
}

/**
 * How many created instances may be started, given how many useful ones run (serving old ones and new ones, none of them leaving)
 * and how many processes there are at all.
 * - start-first, 3 wanted, batch 1: 3 run → 1; 4 run → 0.
 * - start-first, 1 wanted: 1 serves, one that never became ready is being stopped → 0: never more than 2 × replicas.
 * - stop-first: as many as are missing, counting every process that runs, also those on their way out: 1 wanted, 1 draining → 0.
 */
export function mayStart(c: Pick<Counts, "replicas" | "parallelism" | "order">, useful: number, running: number): number {
  if (c.order === "stop-first") return Math.max(0, c.replicas - running);
  return Math.max(0, Math.min(c.replicas + batch(c.parallelism, c.replicas) - useful, 2 * c.replicas - running));
}

/**
 * Of those that are ready and take no traffic yet, how many hold back no start: what is ready has been started, and the next batch need not
 * wait for its route, nor for the longer time of content that never served (ADR 0005). At most one batch, one more while content proves
 * itself, and none where a pause between batches is declared, which begins when they are available.
 * - 3 wanted, batch 1: 3 old serve, 1 is ready → 1, so that `mayStart` counts 3 and lets the second begin; 2 are ready → 1, and 2 where
 *   the first proves itself, so that the third begins.
 */
export const passedOver = ({ bounds, replicas }: Pick<Desired, "bounds" | "replicas">, unrouted: number, proving: boolean): number =>
  pauseMs(bounds) > 0 ? 0 : Math.min(batch(bounds.parallelism, replicas) + Number(proving), unrouted);

/**
 * How many serving instances of other revisions may begin to drain.
 * - start-first, 3 wanted: 3 old serving, 0 new available → 0; 1 new available → 1.
 * - stop-first, 3 wanted, batch 1: 3 old serving, 0 new → 1; 2 old, 0 new → 0; 2 old, 1 new → 1.
 * - 0 wanted: all.
 */
export function mayDrain(c: Omit<Counts, "proving">): number {
  const unavailable = c.order === "stop-first" ? batch(c.parallelism, c.replicas) : 0;
  const keep = Math.max(0, c.replicas - unavailable);
  return Math.max(0, Math.min(c.servingOld, c.available + c.servingOld - keep));
}

const pauseMs = ({ delayMs, monitorMs }: Desired["bounds"]): number => Math.max(delayMs, monitorMs);

/**
 * After every full batch the delay passes before the next one begins, in whatever way it would: by a container that is built or started,
 * or (stop-first) by an old one that drains (Compose spec, update_config.delay and monitor). Until when; a time that has passed: nothing
 * is waited for. 3 wanted, batch 1, delay 10 s: the second starts 10 s after the first is available, although it is built.
 */
export function betweenBatches(
  { bounds, movement, replicas }: Pick<Desired, "bounds" | "movement" | "replicas">,
  world: { readonly available: ReadonlySet<number>; readonly lastAvailableAt: Instant | null; readonly servingOld: readonly unknown[] },
): Instant {
  const wait = pauseMs(bounds);
  if (wait === 0 || movement === null || world.lastAvailableAt === null || world.servingOld.length === 0) return 0;
  return world.available.size % batch(bounds.parallelism, replicas) === 0 ? world.lastAvailableAt + wait : 0;
}

/**
 * Failures a deployment survives: 3 replicas at ratio 0 → 0; 10 at 0.25 → 2.
 */
export const allowedFailures = (replicas: number, ratio: number): number => Math.floor(ratio * replicas);

/**
 * Wait before a slot that keeps dying is filled again, in ms, counted from its last death within ten minutes:
 * first death 0, then 1 s, 2 s, 4 s … at most 60 s.
 */
export const crashDelay = (deaths: number): number => (deaths <= 1 ? 0 : Math.min(60_000, 1000 * 2 ** (deaths - 2)));
