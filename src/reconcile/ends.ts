import type { EngineEvent } from "./ports.ts";

/**
 * How instances ended that may run again by now: once the engine has started one again, only the `die` event still knows the
 * exit code of the life before. What was not heard (nobody watched, the event was lost) is not known.
 */
export class Ends {
  /** By the engine's id. */
  readonly #codes = new Map<string, number>();

  heard({ kind, action, id, exitCode }: EngineEvent): void {
    if (kind !== "container" || id === undefined) return;
    if (action === "die" && exitCode !== null) this.#codes.set(id, exitCode);
    else if (action === "destroy") this.#codes.delete(id);
  }

  /** Of the last life that is over; null: not known, or there was none. */
  codeOf(id: string): number | null {
    return this.#codes.get(id) ?? null;
  }
}
