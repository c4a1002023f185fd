/** Instances are looked at every ten seconds (INSTAR_LOOK); where that is rarer than this, everything is read anew each time. */
const KNOWN_MS = 120_000;

/**
 * What is known of things by their key, as long as somebody asks: what nobody asked for in `forMs` is forgotten, within twice that. Of
 * instances that are gone nobody says so, and nobody asks. `now`: ms of a clock that only goes forward.
 */
export class Recent<V> {
  readonly #forMs: number;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly value: V; askedAt: number }>();
  #sweptAt: number;

  constructor(forMs = KNOWN_MS, now: () => number = () => performance.now()) {
    this.#forMs = forMs;
    this.#now = now;
    this.#sweptAt = now();
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: string): V | undefined {
    const found = this.#known.get(key);
    if (found !== undefined) found.askedAt = this.#now();
    return found?.value;
  }

  set(key: string, value: V): void {
    const now = this.#now();
    this.#known.set(key, { value, askedAt: now });
    if (now - this.#sweptAt < this.#forMs) return;
    this.#sweptAt = now;
    for (const [other, { askedAt }] of this.#known) if (now - askedAt > this.#forMs) this.#known.delete(other);
  }

  delete(key: string): void {
    this.#known.delete(key);
  }
}
