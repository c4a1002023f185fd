/** How late a generator of load was in one second: large means that it, and whatever else ran, had no processor to run on. */
export interface LateSecond {
  /** The second's beginning, ms since the epoch. */
  readonly at: number;
  /** The worst of it, ms: what was sent in this second had been due so long before. */
  readonly lateMs: number;
}

const SECOND_MS = 1_000;
/** What every generator is late, by its own timer. */
const LEAST_MS = 20;

/** Keeps the worst of each second, and nothing of a second in which it was on time. */
export class Lateness {
  readonly seconds: LateSecond[] = [];
  #worst = 0;

  get worstMs(): number {
    return this.#worst;
  }

  /** Something due `lateMs` ago is sent now. */
  note(now: number, lateMs: number): void {
    this.#worst = Math.max(this.#worst, lateMs);
    if (lateMs < LEAST_MS) return;
    const at = Math.floor(now / SECOND_MS) * SECOND_MS;
    const last = this.seconds.at(-1);
    if (last?.at !== at) this.seconds.push({ at, lateMs });
    else if (lateMs > last.lateMs) this.seconds[this.seconds.length - 1] = { at, lateMs };
  }
}

/** The worst within these instants and a second around them: who was kept waiting by the same thing is late a moment before or after. */
export function worstAround(seconds: readonly LateSecond[], from: number, to: number): number {
  const near = seconds.filter(({ at, lateMs }) => at - lateMs <= to + SECOND_MS && at + SECOND_MS >= from - SECOND_MS);
  return Math.max(0, ...near.map(({ lateMs }) => lateMs));
}
