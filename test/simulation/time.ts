import type { Clock } from "../../src/reconcile/ports.ts";

interface Waiter {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
  cancelled: boolean;
}

/** Time that jumps from one thing to the next: waiters are woken in the order of their times, equal ones in the order they came. */
export class SimulatedTime implements Clock {
  #now: number;
  #order = 0;
  readonly #heap: Waiter[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, wake: () => void): () => void {
    const waiter: Waiter = { at: this.#now + Math.max(0, ms), order: this.#order++, wake, cancelled: false };
    this.#push(waiter);
    return () => {
      waiter.cancelled = true;
    };
  }

  /** Wakes the next waiter, at its time; false when nobody waits until `limit`. */
  step(limit: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > limit) return false;
      this.#pop();
      if (next.cancelled) continue;
      this.#now = next.at;
      next.wake();
      return true;
    }
  }

  #before(a: Waiter, b: Waiter): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #push(waiter: Waiter): void {
    const heap = this.#heap;
    let index = heap.push(waiter) - 1;
    for (;;) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (index === 0 || parent === undefined || !this.#before(waiter, parent)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = waiter;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && this.#before(right, below)) {
        child += 1;
        below = right;
      }
      if (below === undefined || !this.#before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

/**
 * Lets everything run that waits for nothing but its turn. What is to come on the next tick comes when no promise is left to be
 * continued: nothing here waits for the event loop, whose rounds cost more than most of what is done in them.
 */
export const settle = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
