import { instanceName } from "../plan/names.ts";
import { filesSince, judged } from "../plan/unlike.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Examination, Examining } from "./drift-engine.ts";
import type { LookRow } from "./drift-store.ts";
import type { DriftWatch } from "./drift-watch.ts";
import { revisionOrNull } from "./perform.ts";
import type { Clock, Engine } from "./ports.ts";
import { remade, type Sources } from "./remade.ts";

export interface LooksParts extends Sources {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly watch: DriftWatch;
  readonly everyMs: number;
  readonly report: (message: string, error: unknown) => void;
  readonly revision: (key: ServiceKey, number: number) => Promise<Revision>;
  /** An instance of this service was found otherwise than before. */
  readonly found: (key: ServiceKey, id: string) => void;
}

/** Beside the loop, and few at once: an instance with a hundred thousand changed files keeps one of them busy. */
const AT_ONCE = 2;
/** What an exec does it does right after it was heard of; several commands in a row are one look. */
const SETTLE_MS = 100;

/** Looks at every running instance now and then, and soon after something was heard of one. What was found is a row, written when it changes. */
export class DriftLooks {
  readonly #parts: LooksParts;
  readonly #rows = new Map<string, LookRow>();
  /** Nothing in them is news: written together, since each write waits for the disk. */
  readonly #unwritten = new Map<string, LookRow>();
  readonly #stirred = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  readonly #underWay = new Map<string, Promise<LookRow | null>>();
  readonly #at = new Map<string, number>();
  #cancel: () => void = () => undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: LooksParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    for (const row of await this.#parts.store.looks()) this.#rows.set(row.id, row);
    this.#next();
  }

  /** What the last look at this container found; null before the first. */
  of(id: string): LookRow | null {
    return this.#rows.get(id) ?? null;
  }

  /** When it was looked at last, in ms; null: not since this daemon began. */
  lookedAt(id: string): number | null {
    return this.#at.get(id) ?? null;
  }

  stirred(id: string, action: string): void {
    this.#stirred.add(id);
    if (action === "destroy") return this.#forget(id);
    if (action === "die" || this.#timers.has(id) || this.#closed) return;
    const look = (): void => {
      this.#timers.delete(id);
      this.look(id).catch((error: unknown) => this.#parts.report("drift", error));
    };
    // A start is looked at at once: hosts and resolv.conf are now as the engine wrote them.
    this.#timers.set(id, this.#parts.clock.after(action === "start" ? 0 : SETTLE_MS, look));
  }

  /** Looks now; one that is under way is waited for. null: it does not run. Raises what the engine raises. */
  look(id: string): Promise<LookRow | null> {
    const under = this.#underWay.get(id);
    if (under !== undefined) return under;
    const work = this.#look(id).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, work);
    return work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    for (const cancel of this.#timers.values()) cancel();
    await this.#sweeping;
    await Promise.allSettled(this.#underWay.values());
    await this.#write().catch((error: unknown) => this.#parts.report("looks could not be written down", error));
  }

  #next(): void {
    if (this.#closed) return;
    this.#cancel = this.#parts.clock.after(this.#parts.everyMs, () => {
      this.#sweeping = this.#sweep().finally(() => this.#next());
    });
  }

  async #sweep(): Promise<void> {
    const ids = this.#parts.watch.ids.values();
    const worker = async (): Promise<void> => {
      for (const id of ids) {
        if (this.#closed) return;
        await this.look(id).catch((error: unknown) => this.#parts.report("an instance could not be looked at", error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await this.#write().catch((error: unknown) => this.#parts.report("looks could not be written down", error));
  }

  async #write(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const rows = [...this.#unwritten.values()];
    await this.#parts.store.write(async (within) => {
      for (const row of rows) await within.putLook(row);
    });
    for (const row of rows) if (this.#unwritten.get(row.id) === row) this.#unwritten.delete(row.id);
  }

  async #look(id: string): Promise<LookRow | null> {
    const { engine, watch, clock, store } = this.#parts;
    const watched = watch.watchedAs(id);
    if (watched === null || watched.life !== "running" || this.#closed) return null;
    const { stack, service, revision: number, slot = 0, attempt = 0 } = watched;
    if (number === undefined) return null;
    const key = { stack, service };
    const own = await revisionOrNull(this.#parts, key, number);
    const { immutable, scratch = [] } = (await this.#policyOf(key, own)) ?? {};
    if (immutable === "off") return null;
    const name = instanceName(stack, service, number, slot, attempt);
    const anew = this.#stirred.delete(id);
    const made: Examining["made"] = async (instance) => (own === null ? null : remade(this.#parts, instance, own));
    const seen = await engine.examine({ id, scratch, anew, made });
    if (seen === null || !ALIVE.has(seen.instance.state)) return null;
    const found: Findings = { ...seen, ...(own === null ? NOT_COMPARED : judged(seen, own)) };
    const at = clock.now();
    this.#at.set(id, at);
    const before = this.#rows.get(id) ?? null;
    const row = merged(before, found, { id, instance: name, stack, service }, at);
    if (before !== null && row.at === before.at) return before;
    this.#rows.set(id, row);
    const told = news(before, row);
    if (told.length === 0) {
      this.#unwritten.set(id, row);
      return row;
    }
    this.#unwritten.delete(id);
    await store.write(async (within) => {
      await within.putLook(row);
      for (const message of told) await within.addEvent(at, { kind: "drift.found", stack, service, instance: name, message });
    });
    this.#parts.found({ stack, service }, id);
    return row;
  }

  /** Of the wanted revision where that takes the instances of its own over, since policy and scratch may be what changed. */
  async #policyOf(key: ServiceKey, own: Revision | null): Promise<Revision["spec"] | null> {
    const row = own === null ? null : await this.#parts.store.service(key);
    const wanted = row === null ? null : await revisionOrNull(this.#parts, key, row.target);
    return (wanted?.instanceHash === own?.instanceHash ? wanted?.spec : own?.spec) ?? null;
  }

  #forget(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
    this.#stirred.delete(id);
    this.#at.delete(id);
    this.#unwritten.delete(id);
    if (this.#rows.delete(id)) this.#parts.store.dropLook(id).catch((error: unknown) => this.#parts.report("drift", error));
  }
}

const ALIVE: ReadonlySet<string> = new Set(["running", "paused", "restarting"]);
const NOT_COMPARED = { foreign: null, configuration: [] };

type Findings = Examination & ReturnType<typeof judged>;

/** The row before with `at` unchanged when nothing is otherwise. */
function merged(before: LookRow | null, found: Findings, who: Pick<LookRow, "id" | "instance" | "stack" | "service">, at: number): LookRow {
  const { startedAt } = found.instance;
  const { files, edited } = filesSince(before, found);
  const known = new Map(before?.changed.map((one) => [one.path, one]));
  const row: LookRow = {
    ...who,
    at,
    startedAt,
    changed: found.changed.map((one) => {
      const old = known.get(one.path);
      return { ...one, at: old !== undefined && old.hash === one.hash && old.kind === one.kind ? old.at : at };
    }),
    more: found.more,
    configuration: found.configuration,
    foreign: found.foreign,
    files,
    filesChanged: edited,
  };
  if (before === null) return row;
  const unchanged = JSON.stringify({ ...row, at: 0, more: false }) === JSON.stringify({ ...before, at: 0, more: false });
  return unchanged ? { ...row, at: before.at } : row;
}

const TOLD = 5;

/** What is new since the last look, in words for the event log. */
function news(before: LookRow | null, row: LookRow): string[] {
  const old = new Map(before?.changed.map(({ path, at }) => [path, at]));
  const written = row.changed.filter(({ path, at }) => old.get(path) !== at).map(({ path, kind }) => `${WORDS[kind]} ${path}`);
  const files = row.filesChanged.filter((path) => !before?.filesChanged.includes(path)).map((path) => `${path} was edited`);
  const configuration = row.configuration.filter((one) => !before?.configuration.includes(one));
  const foreign = row.foreign !== null && row.foreign !== before?.foreign ? [row.foreign] : [];
  const all = [...foreign, ...configuration, ...files, ...written];
  if (all.length <= TOLD) return all.map((one) => `${row.instance}: ${one}`);
  return [`${row.instance}: ${all.slice(0, TOLD).join(", ")} and ${all.length - TOLD}${row.more ? " or more" : ""} others`];
}

const WORDS = { A: "added", C: "changed", D: "deleted" } as const;
