import type { IncomingHttpHeaders } from "node:http";
import { InstarError } from "../errors.ts";
import type { Urgency } from "../reconcile/registry-port.ts";

const AT_ONCE = 6;
const BURST = 5;
/** Between two patient requests to one host, at its fastest and at its slowest; ms. */
const FASTEST_MS = 20;
const SLOWEST_MS = 10_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** How long a pause may be that is sat out where somebody waits; ms. */
export const HASTE_MS = 3000;

interface Waiter {
  readonly urgency: Urgency;
  readonly go: () => void;
  readonly refuse: (error: InstarError) => void;
}

/**
 * The pace of one host. Patient requests are spread, a few at a time, by an interval that grows by half with each "too many requests" and shrinks
 * by two percent with each answer, so that it settles a little below what the host allows; urgent ones only wait for a
 * pause that the host asked for, and for a short one at that. In their order: nobody is overtaken by the same kind.
 */
export class Pace {
  readonly #host: string;
  readonly #now: () => number;
  readonly #waiting: Waiter[] = [];
  #running = 0;
  #intervalMs = FASTEST_MS;
  #nextPatientAt = 0;
  /** Patient requests let out together, and when the first of them was. */
  #burst = 0;
  #burstAt = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(host: string, now: () => number = () => performance.now()) {
    this.#host = host;
    this.#now = now;
  }

  /** Runs when its turn comes; `first`: before all who wait. Raises INS3028 for an urgent one that a long pause would hold. */
  async turn<T>(urgency: Urgency, work: () => Promise<T>, first = false): Promise<T> {
    await new Promise<void>((go, refuse) => {
      const waiter = { urgency, go, refuse };
      const place = first ? 0 : urgency === "now" ? this.#waiting.findIndex((one) => one.urgency === "patient") : -1;
      if (place < 0) this.#waiting.push(waiter);
      else this.#waiting.splice(place, 0, waiter);
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#running--;
      this.#next();
    }
  }

  /** An answer like any other. */
  well(headers: IncomingHttpHeaders): void {
    this.#intervalMs = Math.max(FASTEST_MS, this.#intervalMs * 0.98);
    // IETF draft "RateLimit header fields": nothing is left until the reset. The Hub gives a window instead: it answers 429 itself.
    const [remaining, reset] = [headers["ratelimit-remaining"], headers["ratelimit-reset"]].map((value) =>
      Number.parseInt(String(value), 10),
    );
    if (remaining === 0 && reset !== undefined && reset > 0) this.#pause(reset * 1000);
  }

  /** It asked us to slow down: nothing goes out until it said. Returns how long that is; ms. */
  slower(headers: IncomingHttpHeaders): number {
    // Several that were under way together are turned away for one and the same reason.
    if (this.#now() >= this.#pausedUntil) this.#intervalMs = Math.min(SLOWEST_MS, Math.max(FASTEST_MS * 2, this.#intervalMs * 1.5));
    const ms = retryAfterMs(headers["retry-after"]) ?? Math.max(1000, this.#intervalMs * 4);
    this.#pause(ms);
    return ms;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  #pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + Math.min(ms, LONGEST_PAUSE_MS));
  }

  /** Who has somebody waiting is told of a long pause, however he came to wait for it. */
  #refuseUrgent(): void {
    const ms = this.#pausedUntil - this.#now();
    if (ms <= HASTE_MS) return;
    const words = `${this.#host} asks for fewer requests; the next goes out in ${Math.ceil(ms / 1000)} s`;
    for (const one of this.#waiting.filter(({ urgency }) => urgency === "now")) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.refuse(new InstarError("INS3028", words));
    }
  }

  #next(): void {
    this.#refuseUrgent();
    for (let first = this.#waiting[0]; first !== undefined && this.#running < AT_ONCE; first = this.#waiting[0]) {
      const now = this.#now();
      const free = Math.max(this.#pausedUntil, first.urgency === "patient" ? this.#nextPatientAt : 0);
      if (free > now) {
        this.#wake(free - now);
        return;
      }
      this.#waiting.shift();
      this.#running++;
      if (first.urgency === "patient") this.#count(now);
      first.go();
    }
  }

  /** A few at once cost a core a fifth of what they cost one by one; the pace over a second is the same. */
  #count(now: number): void {
    if (now - this.#burstAt > this.#burst * this.#intervalMs) {
      this.#burst = 0;
      this.#burstAt = now;
    }
    this.#burst++;
    if (this.#burst < BURST) return;
    this.#nextPatientAt = this.#burstAt + BURST * this.#intervalMs;
    this.#burst = 0;
  }

  #wake(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, Math.ceil(ms));
    // Whoever ends does not wait for a registry.
    this.#timer.unref();
  }
}

/** Seconds or a date (RFC 9110, "Retry-After") → ms from now; null when it says neither. */
export function retryAfterMs(value: string | undefined, now = Date.now()): number | null {
  if (value === undefined) return null;
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1000, LONGEST_PAUSE_MS);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), LONGEST_PAUSE_MS);
}
