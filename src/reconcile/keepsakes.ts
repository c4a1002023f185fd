import { InstarError } from "../errors.ts";
import { KEPT_REVISIONS } from "../plan/keeping.ts";
import type { ImageIdentity, Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { SavedImages } from "./image-port.ts";
import type { Clock, Engine } from "./ports.ts";

const ATTEMPTS = 3;
const RETRY_MS = 2000;

interface KeepsakeParts {
  readonly engine: Engine;
  readonly saved: SavedImages;
  readonly clock: Clock;
  readonly look: (key: ServiceKey) => void;
}

type Keeping = "kept" | "keeping" | { readonly failed: string };

/** Made here, so that no registry can give it back: the engine knows it by its id alone. */
export const madeHere = (image: ImageIdentity): boolean => /^sha256:[a-f0-9]{64}$/.test(image.runnable);

/**
 * Images of the present deployments that no registry could give back are saved while the rollout goes on; a deployment does
 * not count as succeeded before.
 */
export class Keepsakes {
  readonly #parts: KeepsakeParts;
  readonly #known = new Map<string, Keeping>();
  /** One at a time: each reads and writes a whole image. */
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: KeepsakeParts) {
    this.#parts = parts;
  }

  /** Begins to save it where that is needed; looks at the service again once it is done. */
  ensure(key: ServiceKey, { image, spec }: Revision): Keeping {
    if (!madeHere(image) || (spec.keep ?? KEPT_REVISIONS) === 0) return "kept";
    const found = this.#known.get(image.runnable);
    if (found !== undefined) return found;
    this.#known.set(image.runnable, "keeping");
    this.#turn = this.#turn.then(() => this.#save(key, image));
    return "keeping";
  }

  /** After a deployment ended for it: the next one tries again. */
  forget({ image }: Revision): void {
    if (typeof this.#known.get(image.runnable) === "object") this.#known.delete(image.runnable);
  }

  /** Saved images went: what is known of them is asked for anew. */
  lookAgain(): void {
    for (const [id, state] of this.#known) if (state !== "keeping") this.#known.delete(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
  }

  async #save(key: ServiceKey, image: ImageIdentity): Promise<void> {
    const { engine, saved, clock, look } = this.#parts;
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        if (!(await saved.has(image))) await saved.save(image, engine.saveImage(image));
        this.#known.set(image.runnable, "kept");
        break;
      } catch (error) {
        const words = error instanceof InstarError ? `${error.code} ${error.message}` : String(error);
        if (attempt < ATTEMPTS) await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
        else {
          this.#known.set(image.runnable, { failed: `its image, which no registry has, could not be saved: ${words}` });
          break;
        }
      }
    }
    look(key);
  }
}
