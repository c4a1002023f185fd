import type { Clock } from "../../src/reconcile/ports.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeStore } from "../sim/fake-store.ts";
import { uncovered } from "./cover.ts";
import type { Violation } from "./laws.ts";

interface Absence {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** To write down that it was cut off, in a store that takes 20 ms at most, behind what is being written. */
const WRITTEN_MS = 100;
/** What the disk had no room for is tried again. */
const AGAIN_MS = 500;

/**
 * The stretches in which nobody watched (docs/drift.md, "Gaps"): no daemon was there, its stream was broken because the engine
 * was away, or what was told was thrown away before it was heard.
 */
export class Absences {
  readonly #all: Absence[] = [];
  /** When nothing could be written; `to` is null while it lasts. */
  readonly #full: { readonly from: number; to: number | null }[] = [];
  readonly #time: Pick<Clock, "now">;
  /** A daemon that is killed before it has heard of a cut and written so believes it has watched until then. */
  readonly #latestMs: number;

  /** `eventMs`: no event is told later than this after it happened. */
  constructor(time: Pick<Clock, "now">, { control }: FakeEngine, store: Pick<FakeStore, "control">, eventMs: number) {
    this.#time = time;
    this.#latestMs = eventMs + WRITTEN_MS;
    const { setDown, loseEvents } = control;
    let down: number | null = null;
    control.setDown = (isDown) => {
      if (isDown) down ??= time.now();
      else if (down !== null) this.#over("the engine was away", down);
      if (!isDown) down = null;
      setDown(isDown);
    };
    control.loseEvents = (lost) => {
      const since = control.lostSince();
      if (!lost && since !== null && down === null) this.#over(LOST, since);
      loseEvents(lost);
    };
    const { fill } = store.control;
    store.control.fill = (after) => {
      if (after !== null) this.#full.push({ from: time.now(), to: null });
      else for (const one of this.#full) one.to ??= time.now();
      fill(after);
    };
  }

  /** From its kill until the next one is open. */
  daemonBack(died: number): void {
    this.#over(DEAD, died);
  }

  #over(what: string, from: number): void {
    this.#all.push({ what, from, to: this.#time.now() });
  }

  /** A daemon that lives until then has written down what was lost; before, only its memory knows better than what it wrote last. */
  #writtenBy(lost: Absence): number {
    const heard = lost.to + this.#latestMs;
    const room = this.#full
      .filter(({ from, to }) => from <= heard && (to ?? heard) >= lost.to)
      .map(({ to }) => (to ?? this.#time.now()) + AGAIN_MS);
    return Math.max(lost.to, ...room) + this.#latestMs;
  }

  *broken(gaps: readonly { readonly from: number; readonly to: number }[]): Generator<Violation> {
    for (const absence of this.#all) {
      const { what, from, to } = absence;
      // What was waiting to be read, or had just been told, when a daemon died: it had written down that it watched, and nobody knows better.
      if (what === LOST && this.#all.some((one) => one.what === DEAD && one.from <= this.#writtenBy(absence) && one.to >= from)) continue;
      const missing = uncovered({ from: Math.min(from + this.#latestMs, to), to }, gaps);
      if (missing !== null) yield { law: "watched", seen: `${what} for ${to - from} ms, and from ${missing - from} ms on no gap says so` };
    }
  }
}

const DEAD = "the daemon was dead";
const LOST = "events were lost";
