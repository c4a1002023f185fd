import type { Variant } from "../apps/images.ts";

/** A revision, as whoever asked for it knows it. */
export interface InForce {
  readonly revision: number;
  readonly image: Variant;
  readonly edition: number;
  /** That the revision itself has, whatever `scale` did since; null: not known. */
  readonly replicas: number | null;
}

/** What there must be after a rollback without a number. */
export interface Before {
  readonly revision: number;
  readonly image: Variant;
  readonly edition: number;
  readonly replicas: number;
}

/**
 * What a service has been, kept by the one who asked for it and not by Instar, so that a rollback can be held against it. `rollback`
 * without a number goes to the last revision that succeeded and is not the present one, whole; only a number of replicas that
 * `scale` set stays until a file sets one (src/reconcile/rollback.ts, docs of `instar rollback`).
 */
export class Past {
  #list: InForce[] = [];
  /** False: there was more, which nobody knows any more. */
  #whole = true;
  #byHand: boolean | null = false;

  get present(): InForce | null {
    return this.#list.at(-1) ?? null;
  }

  /** This revision has succeeded. A revision never changes: one that is known already is what it was. */
  became(now: InForce): void {
    this.#list.push(this.#list.find(({ revision }) => revision === now.revision) ?? now);
  }

  /** A number of replicas was set by `scale`, or by a file. */
  set replicasBy(who: "scale" | "file") {
    this.#byHand = who === "scale";
  }

  /** What is in force is not known for sure, nor what was. */
  forget(): void {
    this.#list = [];
    this.#whole = false;
    this.#byHand = null;
  }

  /** `replicas`: what there are now. null: there is nothing to go back to. "unknown": only the service itself can tell. */
  before(replicas: number): Before | null | "unknown" {
    const { present } = this;
    const found = this.#list.findLast(({ revision }) => revision !== present?.revision);
    if (found === undefined) return this.#whole ? null : "unknown";
    const after = this.#byHand === true ? replicas : found.replicas;
    return this.#byHand === null || after === null ? "unknown" : { ...found, replicas: after };
  }
}

/** What a rollback came to. */
export interface RolledBack {
  /** Of the API, in words; null: it was not refused. */
  readonly refusal: string | null;
  /** Where it went; null: it did not succeed. */
  readonly to: number | null;
}

const NOTHING_BEFORE = "INS2004";

/** What is wrong with it, in words; null: it is what it must be, or nobody knows better. */
export function rollbackFault(before: ReturnType<Past["before"]>, { refusal, to }: RolledBack): string | null {
  if (refusal !== null && !refusal.includes(NOTHING_BEFORE)) return `was refused: ${refusal}`;
  if (before === "unknown") return null;
  if (refusal !== null) return before === null ? null : `was refused, though revision ${before.revision} was good before: ${refusal}`;
  if (to === null) return null;
  if (before === null) return `went to revision ${to}, though nothing was good before`;
  return to === before.revision ? null : `went to revision ${to}, and ${before.revision} was the one before`;
}
