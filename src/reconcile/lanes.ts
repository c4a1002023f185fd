interface Waiting<T> {
  readonly who: string;
  readonly merges: string | null;
  work: (alone: boolean) => Promise<T>;
  /** Nobody else's work went into this one. */
  alone: boolean;
  readonly result: Promise<T>;
  readonly end: (result: Promise<T>) => void;
}

/** Work on one thing (a lane), one after another. */
export class Lanes<T> {
  readonly #lanes = new Map<string, Waiting<T>[]>();
  readonly #running = new Set<Promise<void>>();

  /**
   * `merges`: of work by the same caller for the same thing that waits one behind the other only the last is done, and its result is
   * everybody's: ten pushes in a second are two deployments at most. null: it is done in any case.
   */
  enter(lane: string, who: string, merges: string | null, work: (alone: boolean) => Promise<T>): Promise<T> {
    const queue = this.#lanes.get(lane);
    const last = queue?.at(-1);
    if (last !== undefined && merges !== null && last.merges === merges && last.who === who) {
      last.work = work;
      last.alone = false;
      return last.result;
    }
    const { promise, resolve } = Promise.withResolvers<T>();
    const waiting: Waiting<T> = { who, merges, work, alone: true, result: promise, end: resolve };
    if (queue !== undefined) queue.push(waiting);
    else {
      this.#lanes.set(lane, [waiting]);
      const running = this.#drain(lane).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
    return promise;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #drain(lane: string): Promise<void> {
    for (;;) {
      const next = this.#lanes.get(lane)?.shift();
      if (next === undefined) break;
      const result = next.work(next.alone);
      next.end(result);
      await result.then(
        () => undefined,
        // Whoever entered hears of it.
        () => undefined,
      );
    }
    this.#lanes.delete(lane);
  }
}
