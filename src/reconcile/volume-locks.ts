import { InstarError } from "../errors.ts";

interface Work {
  /** `snapshot of shop_data`, for the message of whoever comes too late. */
  readonly what: string;
  /** Instances may start meanwhile. */
  readonly live: boolean;
}

/**
 * Who may touch which volume right now: one piece of work at a time, and never while an instance starts on it. A volume
 * that is only half restored is open to nothing but the next restore. Every call decides at once, without waiting.
 */
export class VolumeLocks {
  readonly #work = new Map<string, Work>();
  readonly #starts = new Map<string, number>();
  readonly #half = new Map<string, string>();

  /**
   * Returns what ends the work. `live`: it only reads, and lets instances start. `mending`: it replaces all there is.
   * Raises INS3012 when other work or a start is under way, INS3015 for a half restored volume.
   */
  take(volume: string, what: string, how: { readonly live?: boolean; readonly mending?: boolean } = {}): () => void {
    const other = this.#work.get(volume);
    if (other !== undefined) throw new InstarError("INS3012", `${other.what} is under way`);
    if (!how.live && this.#starts.has(volume)) throw new InstarError("INS3012", `an instance is being started on ${volume}`);
    if (!how.mending) this.#refuseHalf([volume]);
    const work: Work = { what, live: how.live === true };
    this.#work.set(volume, work);
    return () => {
      if (this.#work.get(volume) === work) this.#work.delete(volume);
    };
  }

  /** For the time of a start; returns what ends it. Raises INS3012, INS3015. */
  start(volumes: readonly string[]): () => void {
    const reason = this.refusal(volumes);
    if (reason !== null) throw reason;
    for (const volume of volumes) this.#starts.set(volume, (this.#starts.get(volume) ?? 0) + 1);
    return () => {
      for (const volume of volumes) {
        const left = (this.#starts.get(volume) ?? 1) - 1;
        if (left > 0) this.#starts.set(volume, left);
        else this.#starts.delete(volume);
      }
    };
  }

  /** Why no instance may start on these now; null when one may. */
  refusal(volumes: readonly string[]): InstarError | null {
    for (const volume of volumes) {
      const work = this.#work.get(volume);
      if (work !== undefined && !work.live) return new InstarError("INS3012", `${work.what} is under way`);
      const snapshot = this.#half.get(volume);
      if (snapshot !== undefined) return half(volume, snapshot);
    }
    return null;
  }

  /** What is being done to it, in words; null: nothing. */
  workOn(volume: string): string | null {
    return this.#work.get(volume)?.what ?? null;
  }

  /** Volume → the snapshot it was being restored from. */
  get halfRestored(): ReadonlyMap<string, string> {
    return this.#half;
  }

  setHalfRestored(volume: string, snapshot: string | null): void {
    if (snapshot === null) this.#half.delete(volume);
    else this.#half.set(volume, snapshot);
  }

  #refuseHalf(volumes: readonly string[]): void {
    for (const volume of volumes) {
      const snapshot = this.#half.get(volume);
      if (snapshot !== undefined) throw half(volume, snapshot);
    }
  }
}

const half = (volume: string, snapshot: string): InstarError =>
  new InstarError("INS3015", `${volume} is only half restored from ${snapshot}`, {
    hint: `finish it: instar snapshot restore ${snapshot}`,
  });
