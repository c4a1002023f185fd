import type { Revision } from "../spec/types.ts";
import { revisionOf } from "./actions.ts";
import type { ServiceKey } from "./control.ts";
import type { Store } from "./store.ts";

/**
 * Every pass asks for the revisions of what it sees, and what a revision is never changes (law 2): read once, it stays in memory until
 * nobody has asked for it between two calls of `age`. A service of a thousand deployments has two or three of them here.
 */
export class Revisions {
  readonly #store: Pick<Store, "revision">;
  #asked = new Map<string, Revision>();
  #before: ReadonlyMap<string, Revision> = new Map();

  constructor(store: Pick<Store, "revision">) {
    this.#store = store;
  }

  /** @throws InstarError INS2004: the store has no such revision */
  async of(key: ServiceKey, number: number): Promise<Revision> {
    const name = `${key.stack}/${key.service}@${number}`;
    const found = this.#asked.get(name) ?? this.#before.get(name) ?? (await revisionOf(this.#store, key, number));
    this.#asked.set(name, found);
    return found;
  }

  /** Lets go of what was not asked for since the call before. */
  age(): void {
    this.#before = this.#asked;
    this.#asked = new Map();
  }
}
