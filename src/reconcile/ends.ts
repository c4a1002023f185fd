import type { EngineEvent, EngineInstance, Instant } from "./ports.ts";

/**
 * How instances ended that may run again by now: once the engine has started one again, only the `die` event still knows the
 * exit code of the life before. What was not heard (nobody watched, the event was lost) is not known.
 */
export class Ends {
  /** By the engine's id. */
  readonly #ends = new Map<string, { readonly at: Instant; readonly code: number }>();

  heard({ kind, action, id, at, exitCode }: EngineEvent): void {
    if (kind !== "container" || id === undefined) return;
    if (action === "die" && exitCode !== null) this.#ends.set(id, { at, code: exitCode });
    else if (action === "destroy") this.#ends.delete(id);
  }

  /** Of the last life that is over; null: not known, or there was none. */
  codeOf(id: string): number | null {
    return this.#ends.get(id)?.code ?? null;
  }

  /** The life that this look saw running is over: the engine took its answer before, and the event came after. */
  isOver({ id, state, startedAt }: EngineInstance): boolean {
    const end = this.#ends.get(id);
    return state === "running" && startedAt !== null && end !== undefined && end.at > startedAt;
  }
}
