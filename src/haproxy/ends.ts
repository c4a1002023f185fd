import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Containers } from "./container.ts";
import type { Generation } from "./generation.ts";

const LOOK_MS = 200;

/**
 * The ends of one router's HAProxy, one after the other: with its container, which the engine starts again, or without it, when the
 * supervisor in the container does (supervise.ts). One that comes while another is dealt with is told of afterwards.
 */
export class Ends {
  readonly #router: Generation;
  readonly #containers: Containers;
  #socket: Promise<string | null>;

  constructor(router: Generation, containers: Containers) {
    this.#router = router;
    this.#containers = containers;
    this.#socket = socketOf(router);
  }

  /**
   * Resolves after the next end; HAProxy may have to come back yet. Rejects when the signal says so, and with INS3001 or INS3005 when
   * the engine cannot be asked.
   */
  async next(signal: AbortSignal): Promise<void> {
    // First, and without the engine: that may be away for long, and HAProxy is started again without it.
    if (await this.#isAnother()) return;
    const other = new AbortController();
    const both = AbortSignal.any([signal, other.signal]);
    try {
      await Promise.race([this.#containers.nextEnd(this.#router.container, both), this.#another(both)]);
    } finally {
      other.abort();
    }
  }

  async #another(signal: AbortSignal): Promise<void> {
    while (!(await this.#isAnother())) await sleep(LOOK_MS, undefined, { signal, ref: false });
  }

  /** Whether HAProxy was started since the last such answer: a worker's socket stays the same file through a reload. */
  async #isAnother(): Promise<boolean> {
    const [before, now] = [await this.#socket, await socketOf(this.#router)];
    if (now === null || now === before) return false;
    this.#socket = Promise.resolve(now);
    return true;
  }
}

/** Which file the current worker's socket is; null while there is none. */
async function socketOf({ directory }: Generation): Promise<string | null> {
  try {
    const { ino, ctimeMs } = await stat(join(directory, "stats.sock"));
    return `${ino} ${ctimeMs}`;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}
