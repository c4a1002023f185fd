import type { Clock, EngineEvent } from "../../src/reconcile/ports.ts";

/** The event streams of a simulated engine, which may be told to lose what happens. */
export class FakeEvents {
  losing = false;
  private readonly clock: Clock;
  private readonly readers = new Set<(event: EngineEvent) => void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  emit(event: Omit<EngineEvent, "at">): void {
    if (this.losing) return;
    for (const read of this.readers) read({ at: this.clock.now(), ...event });
  }

  /** What every reader gets when its stream broke and stands again. */
  reconnect(): void {
    for (const read of this.readers) read(this.resync());
  }

  async *stream(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const waiting: EngineEvent[] = [this.resync()];
    let wake = (): void => {};
    const read = (event: EngineEvent): void => {
      waiting.push(event);
      wake();
    };
    const onAbort = (): void => wake();
    signal.addEventListener("abort", onAbort, { once: true });
    this.readers.add(read);
    try {
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.readers.delete(read);
      signal.removeEventListener("abort", onAbort);
    }
  }

  private resync(): EngineEvent {
    return { at: this.clock.now(), action: "resync", kind: "resync", name: "", labels: {}, exitCode: null };
  }
}
