import type { Busy } from "./loop-entry.ts";
import type { Clock, Engine, EngineInstance, Instant, RoutedServer, Router } from "./ports.ts";

const FRESH_MS = 1000;

export interface Seen {
  readonly instances: readonly EngineInstance[];
  readonly routed: readonly RoutedServer[];
}

/**
 * For people who look (`ps`, the page), never for decisions: what was seen within the last second, unless an event or a
 * step has happened since. Looks at the same time share one answer. What is being made or started is seen roughly: the engine
 * holds its inspect back for as long as that takes (0.9 s, seen on 20.10).
 */
export class Glance {
  readonly #engine: Engine;
  readonly #router: Router;
  readonly #clock: Clock;
  readonly #underWay: () => readonly (readonly [name: string, Busy])[];
  #last: { readonly at: Instant; readonly seen: Promise<Seen> } | null = null;

  constructor(engine: Engine, router: Router, clock: Clock, underWay: () => readonly (readonly [name: string, Busy])[]) {
    this.#underWay = underWay;
    this.#engine = engine;
    this.#router = router;
    this.#clock = clock;
  }

  /** Raises INS3001, INS4002. */
  see(): Promise<Seen> {
    const now = this.#clock.now();
    if (this.#last !== null && Math.abs(now - this.#last.at) < FRESH_MS) return this.#last.seen;
    const seen = this.#look();
    this.#last = { at: now, seen };
    return seen;
  }

  forget(): void {
    this.#last = null;
  }

  async #look(): Promise<Seen> {
    try {
      const begun = new Set(this.#underWay().flatMap(([name, busy]) => (busy.do === "create" || busy.do === "start" ? [name] : [])));
      const [instances, routed] = await Promise.all([this.#engine.instances({}, begun), this.#router.observe()]);
      return { instances, routed };
    } catch (cause) {
      // A failure is for who asked, not for who asks next.
      this.forget();
      throw cause;
    }
  }
}
