import type { EventView, ServiceKey } from "./control.ts";
import type { Clock } from "./ports.ts";
import type { Store } from "./store.ts";

/** Tells who listens every event row once, in order, and a tick (seq 0) whenever something of a service moved. */
export class Announcer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: EventView) => void>();
  #told = 0;

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

  async moved(key: ServiceKey): Promise<void> {
    for (const event of await this.#store.events({ after: this.#told })) {
      if (event.seq <= this.#told) continue;
      this.#told = event.seq;
      this.#tell(event);
    }
    const { stack, service } = key;
    this.#tell({ seq: 0, at: this.#clock.now(), kind: "changed", stack, service, instance: null, deployment: null, message: "" });
  }

  #tell(event: EventView): void {
    for (const listener of this.#listeners) listener(event);
  }
}
