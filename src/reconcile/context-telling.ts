import { InstarError } from "../errors.ts";
import type { OnChange } from "../spec/context.ts";
import type { ContextRow } from "./context-store.ts";
import type { ServiceKey } from "./control.ts";
import type { Clock, Engine, Instant } from "./ports.ts";
import type { Store } from "./store.ts";

/** An instance that mounts a context. */
export interface Holder {
  /** The engine's. */
  readonly id: string;
  readonly name: string;
  /** The name it was created with. */
  readonly own: string;
  /** Of the context it mounts. */
  readonly identity: string;
  readonly startedAt: Instant | null;
  /** One that is still starting may not listen to signals yet, and would end by one. */
  readonly ready: boolean;
  readonly onChange: OnChange;
}

/** Which version each instance knows of: the one it was told last, or the one it found when it started. */
export class Telling {
  readonly #store: Store;
  readonly #engine: Pick<Engine, "signal">;
  readonly #clock: Clock;
  /** Instance id → version. */
  readonly #told = new Map<string, string>();

  constructor(parts: { readonly store: Store; readonly engine: Pick<Engine, "signal">; readonly clock: Clock }) {
    this.#store = parts.store;
    this.#engine = parts.engine;
    this.#clock = parts.clock;
  }

  async open(): Promise<void> {
    for (const { id, version } of await this.#store.told()) this.#told.set(id, version);
  }

  /** Ready instances that began before this version stood, and were not told of it. */
  stale(row: ContextRow, holders: readonly Holder[]): readonly Holder[] {
    return holders.filter(
      ({ id, identity, ready, startedAt }) =>
        ready && identity === row.identity && startedAt !== null && startedAt <= row.at && this.#told.get(id) !== row.version,
    );
  }

  /** The signal goes to each; in the journal before it is sent, remembered after it: a crash in between sends it twice. */
  async signal(key: ServiceKey, row: ContextRow, stale: readonly Holder[], why: string): Promise<void> {
    const due = stale.flatMap((one) => (one.onChange.kind === "signal" ? [{ ...one, signal: one.onChange.signal }] : []));
    if (due.length === 0) return;
    const { stack, service } = key;
    await this.#store.write(async (within) => {
      for (const { name, signal } of due)
        await within.addEvent(this.#clock.now(), {
          kind: "context.signal",
          stack,
          service,
          instance: name,
          message: `${signal} to ${name}: ${why}`,
        });
    });
    await Promise.all(due.map(({ name, signal }) => this.#send(name, signal)));
    await this.#store.write(async (within) => {
      for (const { id } of due) await within.putTold({ stack, service, id, version: row.version });
    });
    for (const { id } of due) this.#told.set(id, row.version);
  }

  /** One that ended meanwhile needs no word. */
  async #send(name: string, signal: NodeJS.Signals): Promise<void> {
    try {
      await this.#engine.signal(name, signal);
    } catch (cause) {
      if (!(cause instanceof InstarError) || cause.code !== "INS3005") throw cause;
    }
  }

  async forget(gone: ReadonlySet<string>): Promise<void> {
    for (const id of gone) if (this.#told.delete(id)) await this.#store.dropTold(id);
  }
}
