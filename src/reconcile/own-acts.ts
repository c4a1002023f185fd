import type { TouchKind } from "./drift-store.ts";
import type { Clock, Instant } from "./ports.ts";

/** What Instar itself is about to do to a running instance (`instar exec`), so that the touch has the name of who asked for it (law 1, the exceptions). */
export interface OwnAct {
  readonly instance: string;
  readonly kind: TouchKind;
  /** As the engine prints it: the words of the command with single spaces between them. */
  readonly detail: string;
  /** Who asked for it. */
  readonly by: string;
}

/** The event of an act comes within milliseconds of it. */
const PATIENCE_MS = 30_000;

export class OwnActs {
  readonly #clock: Clock;
  #announced: { readonly act: OwnAct; readonly until: Instant }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The returned function takes it back: it was not done after all. */
  announce(act: OwnAct): () => void {
    const entry = { act, until: this.#clock.now() + PATIENCE_MS };
    this.#announced.push(entry);
    return () => {
      this.#announced = this.#announced.filter((one) => one !== entry);
    };
  }

  /** Each announcement explains one event. */
  match(instance: string, kind: TouchKind, detail: string): OwnAct | null {
    const now = this.#clock.now();
    this.#announced = this.#announced.filter(({ until }) => until > now && until <= now + PATIENCE_MS);
    const found = this.#announced.find(({ act }) => act.instance === instance && act.kind === kind && act.detail.trim() === detail.trim());
    if (found === undefined) return null;
    this.#announced = this.#announced.filter((one) => one !== found);
    return found.act;
  }
}
