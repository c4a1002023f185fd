import { setTimeout as sleep } from "node:timers/promises";
import { parseSessions, type Session } from "./answers.ts";
import type { Fleet } from "./fleet.ts";
import { failure } from "./launch.ts";

const EVERY_MS = 1_000;
const MOST_OLD_WORKERS = 8;
const CROWDED_MS = 30_000;
const LOOK_MS = 100;

/** When a reload may begin, and the reload itself. */
export class Reloads {
  readonly #fleet: Fleet;
  readonly #ended: (words: string) => void;
  readonly #crowdedMs: number;
  #last = Number.NEGATIVE_INFINITY;
  #crowdedSince: number | null = null;
  /** The worker whose sessions were ended last. */
  #endedIn: number | null = null;

  /** `ended`: told once of each worker whose sessions are ended; `crowdedMs`: how long there may be too many. */
  constructor(fleet: Fleet, ended: (words: string) => void, crowdedMs = CROWDED_MS) {
    this.#fleet = fleet;
    this.#ended = ended;
    this.#crowdedMs = crowdedMs;
  }

  /** At most one a second, and at most eight old workers at once; the oldest is ended when none does by itself. */
  async slot(): Promise<void> {
    const wait = this.#last + EVERY_MS - performance.now();
    if (wait > 0) await sleep(wait);
    while ((await this.#fleet.oldWorkers()).length >= MOST_OLD_WORKERS) {
      this.#crowdedSince ??= performance.now();
      if (performance.now() - this.#crowdedSince > this.#crowdedMs) await this.#endOldest();
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
    const sessions = parseSessions((await master.tell(oldest.pid, "show sess")) ?? "").filter(({ server }) => server !== "<none>");
    for (const { id } of sessions) await master.tell(oldest.pid, `shutdown session ${id}`);
    if (this.#endedIn === oldest.pid || sessions.length === 0) return;
    this.#endedIn = oldest.pid;
    this.#ended(endedWords(sessions));
  }
}

/** `8 old workers of the router would not end: 3 sessions of the oldest were cut, 2 of shop/db, 1 of shop/web` */
function endedWords(sessions: readonly Session[]): string {
  const routed = sessions.filter(({ backend }) => backend.startsWith("be:"));
  const byService = Map.groupBy(routed, ({ backend }) => backend.split(":").slice(1, 3).join("/"));
  const each = [...byService].map(([service, own]) => `${own.length} of ${service}`);
  const words = `${MOST_OLD_WORKERS} old workers of the router would not end: ${sessions.length} sessions of the oldest were cut`;
  return [words, ...each].join(", ");
}
