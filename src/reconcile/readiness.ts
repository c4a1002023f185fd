import type { Check } from "../plan/choose.ts";
import type { Clock, EngineInstance, Instant, Prober } from "./ports.ts";

const FIRST_MS = 25;
const SLOWEST_MS = 250;
const ATTEMPT_MS = 1000;

export interface Seen {
  readonly readySince: Instant | null;
  readonly probedSince: Instant;
  readonly detail: string | null;
}

/**
 * Probes each start of each instance from outside, every 25 ms at first, backing off to 250 ms, until it answers;
 * from then on the router's own checks watch it. Keyed by id and start, so that a restart is proved again.
 */
export class Readiness {
  readonly #prober: Prober;
  readonly #clock: Clock;
  readonly #changed: (instance: EngineInstance) => void;
  readonly #seen = new Map<string, Seen & { readonly cancel: () => void; readonly id: string }>();
  /** Keys by id. */
  readonly #starts = new Map<string, Set<string>>();

  constructor(prober: Prober, clock: Clock, changed: (instance: EngineInstance) => void) {
    this.#prober = prober;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** What is known now; begins to probe when nothing is. */
  look(instance: EngineInstance, check: Check, address: string | null): Seen {
    const key = `${instance.id} ${instance.startedAt}`;
    const before = this.#seen.get(key);
    if (check.kind === "healthcheck") return this.#fromEngine(key, instance, before);
    if (before !== undefined) return before;
    this.forget(instance.id);
    const now = this.#clock.now();
    if (check.kind === "running" || address === null) {
      const seen = { readySince: instance.startedAt ?? now, probedSince: now, detail: null, cancel: () => undefined, id: instance.id };
      this.#keep(key, seen);
      return seen;
    }
    const seen = { readySince: null, probedSince: now, detail: null, cancel: () => undefined, id: instance.id };
    this.#keep(key, seen);
    this.#again(key, instance, check, address, FIRST_MS, 0);
    return seen;
  }

  forget(id: string): void {
    for (const key of this.#starts.get(id) ?? []) this.#forget(key);
  }

  /** The clock was set by so many ms: what was seen lies as long back as before. */
  shift(by: number): void {
    for (const [key, seen] of this.#seen)
      this.#seen.set(key, {
        ...seen,
        probedSince: seen.probedSince + by,
        readySince: seen.readySince === null ? null : seen.readySince + by,
      });
  }

  close(): void {
    for (const key of this.#seen.keys()) this.#forget(key);
  }

  #fromEngine(key: string, instance: EngineInstance, before: Seen | undefined): Seen {
    const now = this.#clock.now();
    const healthy = instance.health === "healthy" || instance.health === "none";
    const seen = {
      readySince: healthy ? (before?.readySince ?? now) : null,
      probedSince: before?.probedSince ?? now,
      detail: instance.healthDetail,
      cancel: () => undefined,
      id: instance.id,
    };
    this.#keep(key, seen);
    return seen;
  }

  #again(
    key: string,
    instance: EngineInstance,
    check: Extract<Check, { port: number }>,
    address: string,
    everyMs: number,
    afterMs: number,
  ): void {
    const cancel = this.#clock.after(afterMs, () => {
      this.#prober.probe(check, address, ATTEMPT_MS).then(
        (detail) => this.#answered(key, instance, check, address, everyMs, detail),
        (cause: unknown) => this.#answered(key, instance, check, address, everyMs, String(cause)),
      );
    });
    const seen = this.#seen.get(key);
    if (seen === undefined) cancel();
    else this.#seen.set(key, { ...seen, cancel });
  }

  #answered(
    key: string,
    instance: EngineInstance,
    check: Extract<Check, { port: number }>,
    address: string,
    everyMs: number,
    detail: string | null,
  ): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) return;
    if (detail === null) {
      this.#seen.set(key, { ...seen, readySince: this.#clock.now(), detail: null });
      this.#changed(instance);
      return;
    }
    this.#seen.set(key, { ...seen, detail });
    this.#again(key, instance, check, address, Math.min(SLOWEST_MS, Math.ceil(everyMs * 1.3)), everyMs);
  }

  #keep(key: string, seen: Seen & { readonly cancel: () => void; readonly id: string }): void {
    this.#seen.set(key, seen);
    const starts = this.#starts.get(seen.id);
    if (starts === undefined) this.#starts.set(seen.id, new Set([key]));
    else starts.add(key);
  }

  #forget(key: string): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) return;
    seen.cancel();
    this.#seen.delete(key);
    const starts = this.#starts.get(seen.id);
    starts?.delete(key);
    if (starts?.size === 0) this.#starts.delete(seen.id);
  }
}
