/** Work under one key is done one after the other, in the order it was asked for; work under another key does not wait for it. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** What came before under this key may fail: that is no business of what comes after. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    this.#last.set(key, mine);
    await before;
    try {
      return await work();
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
      done();
    }
  }
}
