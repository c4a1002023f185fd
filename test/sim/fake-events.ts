import type { Clock, EngineEvent } from "../../src/reconcile/ports.ts";

const REMEMBERED = 256;

/** The event streams of a simulated engine, which may be told to lose what happens. */
export class FakeEvents {
  losing = false;
  /** As dockerd keeps its last 256, told or not. */
  private kept: EngineEvent[] = [];
  private lost = 0;
  /** When the first of them was; null: none is lost. */
  lostSince: number | null = null;
  private readonly clock: Clock;
  private readonly queues = new Set<readonly EngineEvent[]>();
  private readonly readers = new Set<(event: EngineEvent) => void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  emit(event: Omit<EngineEvent, "at">): void {
    const told = { at: this.clock.now(), ...event };
    this.kept.push(told);
    if (this.kept.length > REMEMBERED) this.kept.shift();
    if (this.losing) {
      this.lost += 1;
      this.lostSince ??= told.at;
    } else for (const read of this.readers) read(told);
  }

  /** What every reader gets when its stream broke. */
  cut(): void {
    const cut = this.mark("cut", "cut");
    for (const read of this.readers) read(cut);
  }

  /** What every reader gets when its stream stands again. */
  reconnect(): void {
    const missed = this.lost === 0 ? [] : this.kept.slice(-this.lost);
    const since = this.lostSince === null ? [] : [this.mark("cut", "slow", this.lostSince)];
    this.lost = 0;
    this.lostSince = null;
    for (const read of this.readers) for (const event of [...since, this.mark("resync", "resync"), ...missed]) read(event);
  }

  /** The engine's process is another one. */
  forget(): void {
    this.kept = [];
    this.lost = 0;
    this.lostSince = null;
  }

  /** Told, and not yet taken by their readers. */
  get unread(): number {
    return [...this.queues].reduce((sum, queue) => sum + queue.length, 0);
  }

  memory(): { readonly full: boolean; readonly oldest: number | null } {
    return { full: this.kept.length >= REMEMBERED, oldest: this.kept[0]?.at ?? null };
  }

  async *stream(signal: AbortSignal, since = this.clock.now() + 1): AsyncGenerator<EngineEvent> {
    const waiting: EngineEvent[] = [this.mark("resync", "resync"), ...this.kept.filter(({ at }) => at >= since)];
    let wake = (): void => {};
    const read = (event: EngineEvent): void => {
      waiting.push(event);
      wake();
    };
    const onAbort = (): void => wake();
    signal.addEventListener("abort", onAbort, { once: true });
    this.readers.add(read);
    this.queues.add(waiting);
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
      this.queues.delete(waiting);
      signal.removeEventListener("abort", onAbort);
    }
  }

  private mark(kind: "resync" | "cut", action: string, at = this.clock.now()): EngineEvent {
    return { at, action, kind, name: "", labels: {}, exitCode: null };
  }
}
