import type { EventView, ServiceKey } from "./control.ts";
import type { Clock } from "./ports.ts";
import type { Store } from "./store.ts";

/** Tells who listens every event row once, in order, and a tick (seq 0) whenever something of a service moved. */
export class Announcer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: EventView) => void>();
  #told = 0;
  readonly #moved = new Map<string, ServiceKey>();
  #reading: Promise<void> | null = null;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What is in the log already is not told: readers ask for it. */
  async open(): Promise<void> {
    this.#told = (await this.#store.events({ limit: 1 })).at(-1)?.seq ?? 0;
  }

  subscribe(listener: (event: EventView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when it is told. What moves while the log is being read is told together, after the next reading. */
  async moved(key: ServiceKey): Promise<void> {
    this.#moved.set(`${key.stack}/${key.service}`, key);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#moved.size > 0) {
      const moved = [...this.#moved.values()];
      this.#moved.clear();
      for (const event of await this.#store.events({ after: this.#told })) {
        this.#told = event.seq;
        this.#tell(event);
      }
      for (const { stack, service } of moved)
        this.#tell({ seq: 0, at: this.#clock.now(), kind: "changed", stack, service, instance: null, deployment: null, message: "" });
    }
  }

  #tell(event: EventView): void {
    for (const listener of this.#listeners) listener(event);
  }
}
