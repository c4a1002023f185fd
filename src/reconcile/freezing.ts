import { InstarError } from "../errors.ts";
import type { FreezeSpec, VolumeSpec } from "../spec/types.ts";
import type { DoctorView } from "./control.ts";
import type { DeclaredExec, Executed } from "./execution.ts";
import type { FreezeRow } from "./freeze-store.ts";
import type { Clock, Engine, Instant, VolumeUser } from "./ports.ts";
import type { Store } from "./store.ts";

const KEPT_BYTES = 2_000;
const AGAIN_MS = [1_000, 5_000, 5_000, 30_000] as const;
/** One that has stopped may be about to come back with its engine; after so long it is not. */
const GONE_MS = 120_000;
/** A freeze that ran into its limit and could not be killed may still happen: so long it is thawed again and again. */
const LATE_MS = 600_000;

/** A volume whose writers stand still. */
export interface Frozen {
  /** Raises INS3018 once it has been frozen for longer than the file allows; it is thawed then, whoever asks or not. */
  inTime(): void;
  /** Called then. */
  atLimit(tell: () => void): void;
  /** Raises INS3018 when a writer has ended or was started again meanwhile: then it may have written. */
  held(): Promise<void>;
  /** May be called again. Resolves with INS3017 when it failed; it is tried again in the background then. */
  thaw(): Promise<InstarError | null>;
}

interface Parts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Makes the writers of a volume stand still and go on (law 1's declared exception). That they may be frozen is in the store before
 * the first of them is told to, so that a daemon which was killed thaws them at its next start; thawing is tried until it works.
 */
export class Freezer {
  readonly #parts: Parts;
  readonly #since = new Map<string, Instant>();
  readonly #failures = new Map<string, InstarError>();
  readonly #retries = new Map<string, () => void>();
  /** Instance → for each snapshot for which it stands still: when that has ended, and it was told to go on. */
  readonly #still = new Map<string, Set<Promise<unknown>>>();
  readonly #thawing = new Map<string, Promise<InstarError | null>>();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Thaws what a killed daemon left frozen; does not wait for it. */
  async open(): Promise<void> {
    for (const row of await this.#parts.store.freezes()) {
      this.#since.set(row.volume, row.at);
      void this.#thaw(row.volume, 0);
    }
  }

  /** What is not thawed by now is so at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#retries.values()) cancel();
    await Promise.allSettled(this.#thawing.values());
  }

  /** Volume → since when its writers stand still. */
  get since(): ReadonlyMap<string, Instant> {
    return this.#since;
  }

  /** Raises INS3016 when one of them could not be frozen, all are thawed then; INS3017 while an earlier thaw has not worked. */
  async freeze(volume: string, writers: readonly VolumeUser[], freeze: FreezeSpec, who: string): Promise<Frozen> {
    const { store, clock } = this.#parts;
    if (this.#since.has(volume)) {
      const failure = await this.#thaw(volume, 0);
      if (failure !== null) throw failure;
    }
    const instances = writers.map(({ container }) => container).sort();
    const before = await this.#lives(instances);
    // Whom the last thaw has left in the row is thawed with them again: a freeze that came late may still happen there.
    const left = (await store.freezes()).find((one) => one.volume === volume);
    const row: FreezeRow = {
      ...{ volume, stack: writers[0]?.stack ?? null, freeze, who, at: clock.now() },
      instances: [...new Set([...instances, ...(left?.instances ?? [])])].sort(),
      ...(left?.lateUntil === undefined ? {} : { lateUntil: left.lateUntil }),
    };
    await store.putFreeze(row);
    this.#since.set(volume, row.at);
    let over: Promise<InstarError | null> | null = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const name of instances) this.#still.set(name, (this.#still.get(name) ?? new Set()).add(promise));
    let cancel = (): void => undefined;
    let [late, tell] = [false, (): void => undefined];
    const thaw = async (): Promise<InstarError | null> => {
      cancel();
      over ??= this.#thaw(volume, 0).finally(() => {
        for (const name of instances) {
          const held = this.#still.get(name);
          held?.delete(promise);
          if (held?.size === 0) this.#still.delete(name);
        }
        resolve();
      });
      return over;
    };
    for (const name of instances) {
      const failure = await this.#frozen(row, name).catch(async (error: unknown) => {
        await thaw();
        throw error;
      });
      if (failure === null) continue;
      await thaw();
      throw failure;
    }
    // Not before all stand still: one that is frozen after the thaw would stay so.
    cancel = clock.after(Math.max(0, row.at + freeze.limitMs - clock.now()), () => {
      late = true;
      void thaw();
      tell();
    });
    return {
      atLimit: (told) => {
        tell = told;
      },
      inTime: () => {
        if (late || clock.now() - row.at > freeze.limitMs)
          throw new InstarError("INS3018", `${volume} was frozen for ${freeze.limitMs / 1000} s, and the snapshot had not ended`, {
            hint: "it was thawed; let it take longer: x-instar: { freeze: { limit: 30m } }",
          });
      },
      held: async () => {
        const now = await this.#lives(instances);
        const other = instances.find((name) => now.get(name) !== before.get(name));
        if (other !== undefined) throw new InstarError("INS3018", `${other} ended while ${volume} was frozen in it`);
      },
      thaw,
    };
  }

  /** Resolves when no snapshot holds this instance still: what it has accepted it may finish before it is drained or stopped. */
  async letGo(instance: string): Promise<void> {
    for (let held = this.#still.get(instance); held !== undefined; held = this.#still.get(instance)) await Promise.all(held);
  }

  /** INS3017 while it should go on and does not. */
  failureOf(volume: string): InstarError | null {
    return this.#failures.get(volume) ?? null;
  }

  checks(): DoctorView["checks"] {
    return [...this.#failures.values()].map(({ message, hint }) => ({ name: "volumes", state: "fail" as const, message, hint }));
  }

  /** Which process runs in each: another one is not frozen. */
  async #lives(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const seen = await Promise.all(names.map((name) => this.#parts.engine.instance(name)));
    return new Map(names.map((name, n) => [name, `${seen[n]?.id} ${seen[n]?.state} ${seen[n]?.startedAt}`]));
  }

  /** null: it is. */
  async #frozen(row: FreezeRow, name: string): Promise<InstarError | null> {
    const { command, timeoutMs } = row.freeze;
    let done: Executed;
    try {
      done = await this.#run(row, name, "freeze", true);
    } catch (cause) {
      if (!(cause instanceof InstarError)) throw cause;
      return new InstarError("INS3016", `${row.volume} could not be frozen in ${name}: ${cause.message}`, { cause });
    }
    if (done.exitCode === 0) return null;
    if (!done.ended) await this.#parts.store.putFreeze({ ...row, lateUntil: this.#parts.clock.now() + LATE_MS });
    return new InstarError("INS3016", `${row.volume} could not be frozen in ${name}: ${command[0]} ${howEnded(done, timeoutMs)}`);
  }

  /** One at a time for each volume. */
  #thaw(volume: string, attempt: number): Promise<InstarError | null> {
    const going = this.#thawing.get(volume);
    if (going !== undefined) return going;
    this.#retries.get(volume)?.();
    this.#retries.delete(volume);
    const thawing = this.#attempt(volume, attempt).finally(() => this.#thawing.delete(volume));
    this.#thawing.set(volume, thawing);
    return thawing;
  }

  async #attempt(volume: string, attempt: number): Promise<InstarError | null> {
    try {
      const failure = await this.#thawAll(volume, attempt);
      if (failure === null) this.#failures.delete(volume);
      else this.#failures.set(volume, failure);
      if (failure !== null || this.#since.has(volume)) this.#again(volume, attempt);
      return failure;
    } catch (cause) {
      const failure = new InstarError("INS3017", `${volume} could not be thawed: ${String(cause)}`, { cause });
      this.#failures.set(volume, failure);
      this.#again(volume, attempt);
      return failure;
    }
  }

  #again(volume: string, attempt: number): void {
    if (this.#closed) return;
    const ms = AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)] ?? 30_000;
    this.#retries.set(
      volume,
      this.#parts.clock.after(ms, () => void this.#thaw(volume, attempt + 1)),
    );
  }

  /** Whoever goes on leaves the row, and the last one takes it along. */
  async #thawAll(volume: string, attempt: number): Promise<InstarError | null> {
    const { store, engine, clock } = this.#parts;
    const row = (await store.freezes()).find((one) => one.volume === volume);
    if (row === undefined) {
      this.#since.delete(volume);
      return null;
    }
    const late = (row.lateUntil ?? 0) > clock.now();
    const left: string[] = [];
    let failure: InstarError | null = null;
    for (const name of row.instances) {
      const seen = await engine.instance(name);
      if (seen === null) continue;
      if (seen.state === "running") failure = (await this.#thawed(row, name, attempt)) ?? failure;
      if ((seen.state === "running" && failure !== null) || late) left.push(name);
      else if (seen.state !== "running" && clock.now() - Math.max(row.at, seen.finishedAt ?? 0) < GONE_MS) left.push(name);
    }
    if (left.length > 0) {
      await store.putFreeze({ ...row, instances: left });
      return failure;
    }
    await store.dropFreeze(volume);
    this.#since.delete(volume);
    return null;
  }

  /** null: it goes on. */
  async #thawed(row: FreezeRow, name: string, attempt: number): Promise<InstarError | null> {
    const words = `${row.volume} is still frozen in ${name}`;
    try {
      const done = await this.#run(row, name, "thaw", attempt === 0);
      if (done.exitCode === 0) return null;
      return new InstarError("INS3017", `${words}: ${row.freeze.thaw[0]} ${howEnded(done, row.freeze.timeoutMs)}`);
    } catch (cause) {
      if (!(cause instanceof InstarError)) throw cause;
      return new InstarError("INS3017", `${words}: ${cause.message}`, { cause });
    }
  }

  /** Journalled before and after, and the engine's id of it before it runs. */
  async #run(row: FreezeRow, instance: string, why: DeclaredExec["why"], told: boolean): Promise<Executed> {
    const { engine, store, clock } = this.#parts;
    const command = why === "freeze" ? row.freeze.command : row.freeze.thaw;
    const note = async (kind: string, message: string, telling = told): Promise<void> => {
      if (!telling) return;
      const seen = await engine.instance(instance);
      const of = seen === null ? {} : { stack: seen.stack, service: seen.service };
      await store.addEvent(clock.now(), { kind, ...of, instance, message });
    };
    await note(`volume.${why}`, `${why} of ${row.volume} in ${instance} for a snapshot by ${row.who}: ${JSON.stringify(command)}`);
    const begun = (id: string): Promise<void> =>
      store.write((within) => within.addDeclaredExec({ id, instance, command, why, who: row.who, at: clock.now() }));
    try {
      const done = await engine.execute(instance, command, { timeoutMs: row.freeze.timeoutMs, keptBytes: KEPT_BYTES, begun });
      // Of the tries again the one that ends what is known to have failed.
      const mended = done.exitCode === 0 && this.#failures.has(row.volume);
      await note(`volume.${why}.ended`, `${why} of ${row.volume} in ${instance} ${howEnded(done, row.freeze.timeoutMs)}`, told || mended);
      return done;
    } catch (cause) {
      await note(`volume.${why}.ended`, `${why} of ${row.volume} in ${instance} failed: ${String(cause)}`);
      throw cause;
    }
  }
}

const howEnded = ({ exitCode, ended, output }: Executed, timeoutMs: number): string => {
  const how = exitCode === null ? `had not ended after ${timeoutMs / 1000} s` : `ended with exit code ${exitCode}`;
  const last = output.trim();
  return `${how}${ended ? "" : " and could not be killed"}${last === "" ? "" : `; it said: ${last}`}`;
};

/** Raises INS3012 while a deployment moves one of them: what drains must be able to finish what it has accepted. */
export async function refuseMoving(store: Store, writers: readonly VolumeUser[]): Promise<void> {
  for (const { stack, service } of writers) {
    const row = stack === null || service === null ? null : await store.service({ stack, service });
    if (row !== null && row.deployment !== null)
      throw new InstarError("INS3012", `the deployment ${row.deployment} of ${stack}/${service} is under way`, {
        hint: `wait for its end: instar history ${stack}/${service}`,
      });
  }
}

/** How the file says that these writers are made to stand still; null where it does not, or where one of them is not the stack's. */
export async function freezeOf(store: Store, volume: string, writers: readonly VolumeUser[]): Promise<FreezeSpec | null> {
  const stack = writers[0]?.stack ?? null;
  if (stack === null || writers.some((one) => !one.ours || one.stack !== stack)) return null;
  const declared = Object.values(JSON.parse((await store.stack(stack))?.volumes ?? "{}") as Record<string, VolumeSpec>);
  return declared.find(({ name }) => name === volume)?.freeze ?? null;
}

/**
 * Its last piece comes when they have gone on, and only if they stood still until then. A read that hangs is broken off at the limit:
 * nobody waits for what it was asked last.
 */
export async function* whileFrozen(content: AsyncIterable<Buffer>, frozen: Frozen): AsyncGenerator<Buffer> {
  const pieces = content[Symbol.asyncIterator]();
  let hangs = false;
  // One wait at a time: a race with a promise that lives as long as the read would keep every piece.
  let breakOff = (): void => undefined;
  frozen.atLimit(() => breakOff());
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Buffer> | null>((resolve, reject) => {
        breakOff = () => resolve(null);
        pieces.next().then(resolve, reject);
      });
      hangs = next === null;
      frozen.inTime();
      if (next === null || next.done === true) break;
      yield next.value;
    }
    await frozen.held();
    await frozen.thaw();
  } finally {
    const ended = Promise.resolve(pieces.return?.());
    if (hangs) ended.catch(() => undefined);
    else await ended;
  }
}
