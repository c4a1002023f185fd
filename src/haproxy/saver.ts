import type { RouteTable } from "../route/types.ts";

const AGAIN_MS = 1_000;

/**
 * Saves the newest table in the background, one write at a time; tables in between are skipped. A failed
 * write is tried again every second until one succeeds, and told to whoever asks whether all is saved.
 */
export class Saver {
  readonly #write: (table: RouteTable) => Promise<void>;
  #pending: RouteTable | null = null;
  #running: Promise<void> | null = null;
  #failed: { readonly table: RouteTable; readonly cause: unknown } | null = null;
  /** How often something newer was written by another way: what failed and began before that is not tried again. */
  #superseded = 0;
  #closed = false;

  constructor(write: (table: RouteTable) => Promise<void>) {
    this.#write = write;
  }

  save(table: RouteTable): void {
    this.#pending = table;
    this.#running ??= this.#run();
  }

  /** Something newer has been written by another way: what waits here is out of date. */
  superseded(): void {
    this.#superseded++;
    this.#pending = null;
    this.#failed = null;
  }

  /** Nobody's any more: what could not be saved is not tried again. */
  close(): void {
    this.#closed = true;
    this.superseded();
  }

  /** Resolves when nothing is unsaved; a write that failed is tried once more first. */
  async saved(): Promise<void> {
    while (this.#running !== null) await this.#running;
    if (this.#failed === null) return;
    this.save(this.#failed.table);
    while (this.#running !== null) await this.#running;
    if (this.#failed !== null) throw this.#failed.cause;
  }

  async #run(): Promise<void> {
    while (this.#pending !== null) {
      const table = this.#pending;
      this.#pending = null;
      const began = this.#superseded;
      try {
        await this.#write(table);
        this.#failed = null;
      } catch (cause) {
        if (began === this.#superseded) this.#failed = { table, cause };
      }
    }
    this.#running = null;
    if (this.#failed !== null && !this.#closed) setTimeout(() => this.#again(), AGAIN_MS).unref();
  }

  /** What is on disk is what serves after a restart of the router: it may not stay old because nothing else changes. */
  #again(): void {
    if (this.#failed !== null && this.#running === null) this.save(this.#failed.table);
  }
}
