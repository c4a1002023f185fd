import { isDeepStrictEqual } from "node:util";
import type { Clock, ClockSteps } from "./ports.ts";
import type { Readiness } from "./readiness.ts";
import type { DeploymentRow, Fact, Store } from "./store.ts";

export interface WaitsParts {
  readonly store: Store;
  readonly clock: Clock;
  /** null: nobody sets the clock. */
  readonly steps: ClockSteps | null;
  readonly readiness: Pick<Readiness, "shift">;
}

/**
 * Waits that span passes are instants in the store, by wall time. They are kept right where that is not: over a stretch in which no
 * daemon lived, and when somebody sets the machine's clock.
 */
export class Waits {
  readonly #parts: WaitsParts;
  /** Followed, and not written yet. */
  #owed = 0;
  #opened = false;

  constructor(parts: WaitsParts) {
    this.#parts = parts;
  }

  /** Nobody could take a step while no daemon lived, and no wait began in the future. What fails is done by `follow`. */
  async open(): Promise<void> {
    const { store, clock } = this.#parts;
    await store.write((within) => {
      const now = clock.now();
      return each(within, (instant) => Math.min(instant, now), { progress: () => now, end: (instant) => instant });
    });
    this.#opened = true;
  }

  /** The clock was set: every wait is moved by as much, so that it is neither cut short nor endless. What fails is done at the next call. */
  async follow(): Promise<void> {
    const { store, clock } = this.#parts;
    if (!this.#opened) await this.open();
    const by = this.#parts.steps?.stepped() ?? 0;
    // Between the two, waits may lie in the future, which is waited for, and never too far back, which would be given up.
    if (by < 0) this.#follow(by);
    const owed = by < 0 ? this.#owed : this.#owed + by;
    if (owed === 0) return;
    await store.write(async (within) => {
      await each(within, (instant) => instant + owed);
      if (by > 0) this.#follow(by);
      const words = `the machine's clock was set ${Math.abs(owed) / 1000} s ${owed < 0 ? "back" : "ahead"}`;
      await within.addEvent(clock.now(), { kind: "clock.set", message: `${words}; what waits goes on as before` });
    });
    this.#owed = 0;
  }

  #follow(by: number): void {
    this.#parts.steps?.follow();
    this.#parts.readiness.shift(by);
    this.#owed += by;
  }
}

/**
 * Moves every wait: of a deployment that runs and of its confirmation, of a job, of every instance that is drained or in quarantine, of a
 * set that is kept warm, and of a slot whose instances died.
 * @param move what lies in the past, as a rule
 * @param end what lies in the future
 */
async function each(
  within: Store,
  move: (instant: number) => number,
  { progress = move, end = move }: { progress?: (instant: number) => number; end?: (instant: number) => number } = {},
): Promise<void> {
  for (const row of await within.services()) {
    if (row.warm !== undefined && end(row.warm.until) !== row.warm.until)
      await within.putService({ ...row, warm: { ...row.warm, until: end(row.warm.until) } });
    const deployment = row.deployment === null ? null : await within.deployment(row.deployment);
    if (deployment !== null) {
      const moved = movedDeployment(deployment, move, progress);
      if (!isDeepStrictEqual(moved, deployment)) await within.putDeployment(moved);
    }
    for (const job of await within.openJobs(row))
      if (job.startedAt !== null && move(job.startedAt) !== job.startedAt) await within.putJob({ ...job, startedAt: move(job.startedAt) });
    for (const fact of (await within.facts(row)).values()) {
      const moved = movedFact(fact, move, end);
      if (!isDeepStrictEqual(moved, fact)) await within.putFact(moved);
    }
    const crashes = await within.crashes(row, 0);
    if (crashes.every(({ at }) => move(at) === at)) continue;
    await within.clearCrashes(row);
    for (const crash of crashes) await within.addCrash({ ...crash, at: move(crash.at) });
  }
}

function movedDeployment(row: DeploymentRow, move: (instant: number) => number, progress: (instant: number) => number): DeploymentRow {
  const { course, confirm } = row;
  const since = (at: number | null): number | null => (at === null ? null : move(at));
  return {
    ...row,
    progressAt: progress(row.progressAt),
    ...(course === undefined ? {} : { course: { ...course, since: since(course.since) } }),
    ...(confirm === undefined ? {} : { confirm: { ...confirm, since: since(confirm.since), askedAt: since(confirm.askedAt) } }),
  };
}

const movedFact = (fact: Fact, move: (instant: number) => number, end: (instant: number) => number): Fact => ({
  ...fact,
  drainingSince: fact.drainingSince === null ? null : move(fact.drainingSince),
  ...(fact.quarantine === undefined ? {} : { quarantine: { ...fact.quarantine, until: end(fact.quarantine.until) } }),
});
