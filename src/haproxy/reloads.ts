import { setTimeout as sleep } from "node:timers/promises";
import { parseSessions } from "./answers.ts";
import type { Fleet } from "./fleet.ts";
import { failure } from "./launch.ts";
import type { Log } from "./log.ts";

const EVERY_MS = 1_000;
const MOST_OLD_WORKERS = 8;
const CROWDED_MS = 30_000;
const LOOK_MS = 100;

/** When a reload may begin, and the reload itself. */
export class Reloads {
  readonly #fleet: Fleet;
  readonly #log: Log;
  #last = Number.NEGATIVE_INFINITY;
  #crowdedSince: number | null = null;

  constructor(fleet: Fleet, log: Log) {
    this.#fleet = fleet;
    this.#log = log;
  }

  /** At most one a second, and at most eight old workers at once; the oldest is ended when none does by itself. */
  async slot(): Promise<void> {
    const wait = this.#last + EVERY_MS - performance.now();
    if (wait > 0) await sleep(wait);
    while ((await this.#fleet.oldWorkers()).length >= MOST_OLD_WORKERS) {
      this.#crowdedSince ??= performance.now();
      if (performance.now() - this.#crowdedSince > CROWDED_MS) await this.#endOldest();
      await sleep(LOOK_MS);
    }
    this.#crowdedSince = null;
  }

  /** Resolves when the new worker serves. Raises INS4001, INS4003 with HAProxy's words; the old worker then goes on. */
  async reload(): Promise<void> {
    this.#last = performance.now();
    const { current } = this.#fleet;
    const { success, said } = await current.master.reload();
    this.#fleet.renew(current);
    if (!success) throw failure(said);
  }

  async #endOldest(): Promise<void> {
    const [oldest] = [...(await this.#fleet.oldWorkers())].sort((a, b) => b.reloads - a.reloads);
    if (oldest === undefined) return;
    const { master } = this.#fleet.current;
    this.#log.warn({ worker: oldest.pid }, "too many old workers: the sessions of the oldest are ended");
    for (const session of parseSessions((await master.tell(oldest.pid, "show sess")) ?? "")) {
      if (session.server !== "<none>") await master.tell(oldest.pid, `shutdown session ${session.id}`);
    }
  }
}
