import type { Check } from "../plan/choose.ts";
import type { Clock, EngineInstance, Instant, Prober } from "./ports.ts";

const FIRST_MS = 25;
const SLOWEST_MS = 250;
const ATTEMPT_MS = 1000;

/** What is ready after 0.5 s is known 50 ms later at most. */
const pauseAfter = (sinceMs: number): number => Math.min(SLOWEST_MS, Math.max(FIRST_MS, Math.round(sinceMs / 10)));

const textOf = (check: Check): string => JSON.stringify(check);

const inWords = (check: Check): string =>
  check.kind === "http" ? `GET ${check.path} on port ${check.port}` : check.kind === "tcp" ? `port ${check.port}` : "its healthcheck";

export interface Seen {
  readonly readySince: Instant | null;
  /** When the last probe that was answered was sent; absent where the engine's word is all there is. */
  readonly answeredAt?: Instant;
  readonly probedSince: Instant;
  readonly detail: string | null;
}

/** Something it is asked for beside its readiness, and does not answer. */
export interface Unanswered {
  readonly since: Instant;
  readonly words: string;
}

type Probed = Seen & { readonly cancel: () => void; readonly id: string; readonly steadyMs: number; readonly check: string };

interface Probe {
  readonly key: string;
  readonly instance: EngineInstance;
  readonly check: Extract<Check, { port: number }>;
  readonly address: string;
}

/**
 * Probes each start of each instance from outside, every 25 ms at first, then after a tenth of the time it has taken so far and at
 * least every 250 ms, until it answers, and once more at the end of the time for which it has to stay ready: the engine may tell of
 * a death long after it (docs/proof.md, 1339). From then on the router's own checks watch it. Keyed by id and start, so that a
 * restart is proved again.
 */
export class Readiness {
  readonly #prober: Prober;
  readonly #clock: Clock;
  readonly #changed: (instance: EngineInstance) => void;
  readonly #seen = new Map<string, Probed>();
  #shifts = 0;
  /** The key of its present start, by id. */
  readonly #starts = new Map<string, string>();
  /** What is asked beside, by check. */
  readonly #also = new Map<string, Readiness>();

  constructor(prober: Prober, clock: Clock, changed: (instance: EngineInstance) => void) {
    this.#prober = prober;
    this.#clock = clock;
    this.#changed = changed;
  }

  /**
   * What is known now; begins to probe when nothing is.
   * @param steadyMs how long it has to stay ready before it counts: it is asked again then
   */
  look(instance: EngineInstance, check: Check, address: string | null, steadyMs: number): Seen {
    const key = `${instance.id} ${instance.startedAt}`;
    const before = this.#knownBy(key, check);
    if (before === undefined) this.forget(instance.id);
    if (check.kind === "healthcheck") return this.#fromEngine(key, instance, before);
    const asked = check.kind !== "running" && address !== null ? { key, instance, check, address } : null;
    if (before !== undefined) return asked === null || steadyMs <= before.steadyMs ? before : this.#longer(asked, before, steadyMs);
    const now = this.#clock.now();
    const readySince = asked === null ? (instance.startedAt ?? now) : null;
    const seen = { readySince, probedSince: now, detail: null, cancel: () => undefined, id: instance.id, steadyMs, check: textOf(check) };
    this.#keep(key, seen);
    if (asked !== null) this.#ask(asked, 0);
    return seen;
  }

  /** What of these checks it does not answer, the first; null: it answers all of them. Others are asked no more. */
  unanswered(instance: EngineInstance, checks: readonly Check[], address: string | null): Unanswered | null {
    const texts = new Set(checks.map(textOf));
    for (const [text, also] of this.#also) if (!texts.has(text)) also.forget(instance.id);
    let first: Unanswered | null = null;
    for (const check of checks) {
      const also = this.#also.get(textOf(check)) ?? new Readiness(this.#prober, this.#clock, this.#changed);
      this.#also.set(textOf(check), also);
      const { readySince, probedSince, detail } = also.look(instance, check, address, 0);
      if (readySince === null) first ??= { since: probedSince, words: `${inWords(check)}: ${detail ?? "no answer"}` };
    }
    return first;
  }

  hasAnswered = (key: string): boolean => (this.#seen.get(key)?.readySince ?? null) !== null;

  forget(id: string): void {
    for (const also of this.#also.values()) also.forget(id);
    const key = this.#starts.get(id);
    if (key !== undefined) this.#forget(key);
  }

  /** How often the clock was set: an instant read before is not to be compared with one after. */
  get shifts(): number {
    return this.#shifts;
  }

  /** The clock was set by so many ms: what was seen lies as long back as before. */
  shift(by: number): void {
    this.#shifts++;
    for (const also of this.#also.values()) also.shift(by);
    for (const [key, seen] of this.#seen)
      this.#seen.set(key, {
        ...seen,
        probedSince: seen.probedSince + by,
        readySince: seen.readySince === null ? null : seen.readySince + by,
        ...(seen.answeredAt === undefined ? {} : { answeredAt: seen.answeredAt + by }),
      });
  }

  close(): void {
    for (const also of this.#also.values()) also.close();
    for (const key of this.#seen.keys()) this.#forget(key);
  }

  /**
   * What is known of it by this check: another revision of the same content may be probed by another one. What it has answered beside
   * is taken over; else it is asked anew.
   */
  #knownBy(key: string, check: Check): Probed | undefined {
    const [before, text] = [this.#seen.get(key), textOf(check)];
    if (before === undefined || before.check === text) return before;
    if (before.readySince !== null && this.#also.get(text)?.hasAnswered(key) === true) {
      const known = { ...before, check: text };
      this.#seen.set(key, known);
      return known;
    }
    return undefined;
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
      steadyMs: 0,
      check: textOf({ kind: "healthcheck" }),
    };
    this.#keep(key, seen);
    return seen;
  }

  /** What had been ready for long enough has to stay so for longer. */
  #longer(probe: Probe, before: Probed, steadyMs: number): Seen {
    const wasAsked = this.#isDue(before);
    const seen = { ...before, steadyMs };
    this.#seen.set(probe.key, seen);
    if (seen.readySince !== null && !wasAsked) this.#ask(probe, seen.readySince + steadyMs - this.#clock.now());
    return seen;
  }

  /** A probe is under way or to come. */
  #isDue({ readySince, answeredAt, steadyMs }: Probed): boolean {
    return readySince === null || (answeredAt ?? readySince) < readySince + steadyMs;
  }

  #ask(probe: Probe, afterMs: number): void {
    const cancel = this.#clock.after(Math.max(0, afterMs), () => {
      const sentAt = this.#clock.now();
      this.#prober.probe(probe.check, probe.address, ATTEMPT_MS).then(
        (detail) => this.#answered(probe, sentAt, detail),
        (cause: unknown) => this.#answered(probe, sentAt, String(cause)),
      );
    });
    const seen = this.#seen.get(probe.key);
    if (seen === undefined) cancel();
    else this.#seen.set(probe.key, { ...seen, cancel });
  }

  #answered(probe: Probe, sentAt: Instant, detail: string | null): void {
    const before = this.#seen.get(probe.key);
    if (before === undefined) return;
    if (detail !== null) {
      const { answeredAt: _, ...rest } = before;
      if (before.readySince === null) {
        this.#seen.set(probe.key, { ...rest, readySince: null, detail });
        this.#ask(probe, pauseAfter(this.#clock.now() - before.probedSince));
      } else {
        // As if it had just started: it has the whole of its time to become ready again.
        this.#seen.set(probe.key, { ...rest, readySince: null, probedSince: this.#clock.now(), detail });
        this.#ask(probe, FIRST_MS);
        this.#changed(probe.instance);
      }
      return;
    }
    const now = this.#clock.now();
    const seen =
      before.readySince === null
        ? { ...before, readySince: now, answeredAt: now, detail: null }
        : { ...before, readySince: before.readySince, answeredAt: sentAt };
    this.#seen.set(probe.key, seen);
    if (this.#isDue(seen)) this.#ask(probe, seen.readySince + seen.steadyMs - now);
    this.#changed(probe.instance);
  }

  #keep(key: string, seen: Probed): void {
    this.#seen.set(key, seen);
    this.#starts.set(seen.id, key);
  }

  #forget(key: string): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) return;
    seen.cancel();
    this.#seen.delete(key);
    this.#starts.delete(seen.id);
  }
}
