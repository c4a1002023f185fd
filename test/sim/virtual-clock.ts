import type { Clock } from "../../src/reconcile/ports.ts";

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Goes on by so many ms, waking each waiter at its own time, the earliest first, and lets what it woke run. */
  advance(ms: number): Promise<void>;
  /** When the next waiter is due; null: nobody waits. */
  nextAt(): number | null;
}

/** Lets everything run that waits for nothing but its turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const virtualClock = (start = 1_000_000): VirtualClock => {
  let now = start;
  let order = 0;
  const waiting = new Set<{ readonly at: number; readonly order: number; readonly wake: () => void }>();
  const next = () => [...waiting].sort((a, b) => a.at - b.at || a.order - b.order)[0];

  return {
    now: () => now,
    after: (ms, wake) => {
      order += 1;
      const waiter = { at: now + Math.max(0, ms), order, wake };
      waiting.add(waiter);
      return () => void waiting.delete(waiter);
    },
    nextAt: () => next()?.at ?? null,
    advance: async (ms) => {
      const until = now + ms;
      await settle();
      for (let due = next(); due !== undefined && due.at <= until; due = next()) {
        waiting.delete(due);
        now = due.at;
        due.wake();
        await settle();
      }
      now = until;
    },
  };
};
