interface Turn {
  readonly alone: boolean;
  go(): void;
}

/** Lets so many work at once, in the order they came; or one alone. */
export class Turnstile {
  readonly #most: number;
  readonly #queue: Turn[] = [];
  #inside = 0;
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  among<T>(work: () => Promise<T>): Promise<T> {
    return this.#through(work, false);
  }

  /** Nobody else is inside during `work`. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#through(work, true);
  }

  async #through<T>(work: () => Promise<T>, alone: boolean): Promise<T> {
    await new Promise<void>((go) => {
      this.#queue.push({ alone, go });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#inside--;
      if (alone) this.#closed = false;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#closed || this.#inside >= (next.alone ? 1 : this.#most)) return;
      this.#queue.shift();
      this.#inside++;
      this.#closed = next.alone;
      next.go();
    }
  }
}
