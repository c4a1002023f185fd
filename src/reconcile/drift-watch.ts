import { judge } from "../plan/gaps.ts";
import { type Heard, type Touch, touchesOf, type Watched } from "../plan/touches.ts";
import type { Revision } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { WatchedInstance } from "./drift-engine.ts";
import type { GapRow, TouchRow } from "./drift-store.ts";
import { type OwnAct, OwnActs } from "./own-acts.ts";
import { revisionOrNull } from "./perform.ts";
import type { Clock, Engine, EngineEvent, Instant } from "./ports.ts";
import { lookAgainAfter } from "./refusals.ts";
import type { Store } from "./store.ts";

export interface WatchParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly report: (message: string, error: unknown) => void;
  /** Something was done to an instance of this service, or a gap concerns it. */
  readonly touched: (key: ServiceKey, id: string) => void;
  /** It started, or something was heard of it that may have changed it: worth a look. */
  readonly stirred: (id: string, action: string) => void;
  /** Raises INS2004. */
  readonly revision: (key: ServiceKey, number: number) => Promise<Revision>;
  /** Is the exec of this id one that Instar itself runs because the file declares it? Asked when it has been started. */
  readonly declared?: (execId: string, instance: string) => Promise<boolean>;
}

/** Up to here everything is known, written this often: a killed daemon asks the engine for at most this much more. A write waits for the disk. */
const BEAT_MS = 5_000;
/** The engine stamps an event before it sends it. */
const MARGIN_MS = 1_000;
/** After so many touches of one instance that taint it, and as many that do not, no more of that kind are written down. */
const TOUCH_LIMIT = 1_000;
const RETRY_MS = 500;
const LOADS_AT_ONCE = 8;
const STIRRING: ReadonlySet<string> = new Set(["start", "die", "destroy", "exec_die", "extract-to-dir", "update", "rename"]);
const CLIENT = "a client of the engine";

interface Entry {
  /** With the identity its labels give it, unless it was gone before it could be asked. */
  watched: (Watched & Partial<WatchedInstance>) | null;
  /** Heard before it was known. */
  backlog: Heard[];
}

/**
 * Hears every event of the engine and knows which were touches of an instance. Nothing waits for it: what is heard is in memory at
 * once and in the store soon after; while it is not, the heartbeat stands still, so that a killed daemon hears it again.
 */
export class DriftWatch {
  readonly #parts: WatchParts;
  readonly #entries = new Map<string, Entry>();
  readonly #ours = new Set<string>();
  readonly #touches = new Map<string, Omit<TouchRow, "seq">[]>();
  readonly #acts: OwnActs;
  #gaps: readonly Omit<GapRow, "seq">[] = [];
  #since: Instant = 0;
  #seen: Instant = 0;
  /** What of `#seen` is written, or on its way. */
  #noted: Instant = 0;
  #state: "down" | "cut" | "slow" | "watching" = "down";
  #early: EngineEvent[] | null = [];
  #pending: Omit<TouchRow, "seq">[] = [];
  #writing: Promise<void> | null = null;
  /** One more with each break of the stream: what was begun before it does not count. */
  #epoch = 0;
  #catchingUp: Promise<void> = Promise.resolve();
  #closed = false;
  #stopBeat: () => void = () => undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#acts = new OwnActs(parts.clock);
  }

  /** What was known when the last daemon ended. Returns from when on events are to be heard again; undefined: from now on. */
  async open(): Promise<Instant | undefined> {
    const { engine, store, clock } = this.#parts;
    const before = await store.vigil();
    this.#since = before?.since ?? clock.now();
    this.#seen = before?.seen ?? clock.now();
    this.#noted = this.#seen;
    if (before === null) {
      this.#state = "watching";
      // At once: one that is killed before its first beat has watched too.
      await this.#put(this.#seen);
    }
    this.#gaps = (await store.gaps()).filter(({ blind }) => blind);
    // Of those that are there; of others the store keeps them.
    for (const { id } of await engine.instances({}, "all")) for (const touch of await store.touches({ id })) this.#remember(touch);
    this.#beat();
    return before === null ? undefined : before.seen - MARGIN_MS;
  }

  /** Since when somebody watches, and up to when everything is known. */
  get watching(): { readonly since: Instant; readonly seen: Instant } {
    return { since: this.#since, seen: this.#seen };
  }

  /** Of one container, oldest first. */
  touches(id: string): readonly Omit<TouchRow, "seq">[] {
    return this.#touches.get(id) ?? [];
  }

  get blind(): readonly Omit<GapRow, "seq">[] {
    return this.#gaps;
  }

  /** Containers that are watched now. */
  get ids(): readonly string[] {
    return [...this.#entries].filter(([, { watched }]) => watched !== null).map(([id]) => id);
  }

  watchedAs(id: string): Entry["watched"] {
    return this.#entries.get(id)?.watched ?? null;
  }

  /** Something Instar is about to do to an instance itself; the returned function takes the announcement back. */
  announce(act: OwnAct): () => void {
    return this.#acts.announce(act);
  }

  heard(event: EngineEvent): void {
    if (event.kind === "cut") {
      const heardUntil = Math.min(event.at, this.#parts.clock.now()) - MARGIN_MS;
      this.#seen = this.#state === "watching" ? heardUntil : Math.min(this.#seen, heardUntil);
      if (this.#state === "watching") this.#state = event.action === "slow" ? "slow" : "cut";
      this.#epoch += 1;
      // What was written before the loss showed says too much, to a daemon that comes after a kill within the look around.
      if (this.#seen < this.#noted) this.#put(this.#seen).catch((error: unknown) => this.#parts.report("drift", error));
      return;
    }
    if (this.#early !== null) this.#early.push(event);
    else this.#take(event);
  }

  /** From now on nobody hears, and `close` follows: the next daemon asks for what is told meanwhile. */
  end(): void {
    if (this.#state === "watching" && this.#early === null) this.#seen = this.#parts.clock.now();
    this.#state = "cut";
    this.#epoch += 1;
  }

  /** The stream stands (again): who is there now, and was anything missed? Events heard meanwhile wait for it. */
  resync(): Promise<void> {
    this.#early ??= [];
    const epoch = this.#epoch;
    this.#catchingUp = this.#catchingUp.then(() => this.#catchUp(epoch));
    return this.#catchingUp;
  }

  /** Tried until it works, or the stream broke again: then the next resync does it. */
  async #catchUp(epoch: number): Promise<void> {
    while (!this.#closed && epoch === this.#epoch) {
      try {
        return await this.#lookAround(epoch);
      } catch (error) {
        this.#parts.report("the watch could not look around", error);
        await new Promise<void>((resolve) => this.#parts.clock.after(RETRY_MS, resolve));
      }
    }
  }

  async #lookAround(epoch: number): Promise<void> {
    const { engine, clock, store } = this.#parts;
    const what = this.#state === "down" ? "daemon" : this.#state === "cut" ? "stream" : "slow";
    const first = this.#state === "watching" && this.#entries.size === 0;
    const from = this.#seen;
    const [ours, instances, memory, { startedAt }] = await Promise.all([
      engine.ownContainers(),
      engine.instances({}, "all"),
      engine.memory(),
      engine.ping(),
    ]);
    for (const id of ours) this.#ours.add(id);
    const there = new Set(instances.map(({ id }) => id));
    for (const id of this.#entries.keys()) if (!there.has(id)) this.#entries.delete(id);
    const unknown = [...there].filter((id) => this.#entries.get(id)?.watched == null).values();
    await Promise.all(Array.from({ length: LOADS_AT_ONCE }, () => this.#loadAll(unknown)));
    if (epoch !== this.#epoch) return;
    const gaps = first ? [] : judge({ from, now: clock.now(), what, engineStartedAt: startedAt, memory });
    for (const gap of gaps) {
      await store.write(async (within) => {
        await within.addGap(gap);
        await within.addEvent(clock.now(), { kind: gap.blind ? "drift.unwatched" : "drift.gap", message: `${span(gap)}: ${gap.reason}` });
      });
    }
    this.#gaps = [...this.#gaps, ...gaps.filter(({ blind }) => blind)];
    if (epoch !== this.#epoch) return;
    this.#state = "watching";
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#take(event);
    if (gaps.some(({ blind }) => blind)) for (const id of this.ids) this.#tell(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopBeat();
    await this.#catchingUp;
    await this.#flushed();
    await this.#note();
  }

  async #loadAll(ids: Iterator<string> & Iterable<string>): Promise<void> {
    for (const id of ids) await this.#load(id);
  }

  #take(event: EngineEvent): void {
    const { at, action, kind, name, labels, detail } = event;
    if (kind === "resync" || kind === "cut" || kind === "image") return;
    const heard: Heard = { at, action, kind, id: event.id ?? name, name, labels, ...(detail === undefined ? {} : { detail }) };
    if (kind === "volume") return this.#judged(touchesOf(heard, this.#watched(), (id) => this.#ours.has(id)));
    const id = kind === "container" ? heard.id : (labels["container"] ?? "");
    if (kind === "container") this.#ours.add(id);
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.watched === null) entry.backlog.push(heard);
    else if (entry !== undefined) this.#about(id, entry, heard);
    else if (kind === "container" && labels["dev.instar.slot"] !== undefined) {
      this.#entries.set(id, { watched: null, backlog: [heard] });
      this.#loadInTheEnd(id).catch((error: unknown) => this.#parts.report("drift", error));
    }
  }

  /** An engine that does not answer now is asked again: what is heard of it until then waits, and nobody would see it. */
  async #loadInTheEnd(id: string): Promise<void> {
    for (let tries = 0; !this.#closed; tries++) {
      try {
        return await this.#load(id);
      } catch (error) {
        if (tries === 0) this.#parts.report(`the watch could not look at ${id.slice(0, 12)}`, error);
        await new Promise<void>((resolve) => this.#parts.clock.after(lookAgainAfter(tries), resolve));
      }
      // Loaded by a look around, or gone.
      if (this.#entries.get(id)?.watched !== null) return;
    }
  }

  async #load(id: string): Promise<void> {
    const entry = this.#entries.get(id) ?? { watched: null, backlog: [] };
    this.#entries.set(id, entry);
    const found = await this.#parts.engine.watched(id);
    if (found === null) {
      // Gone before it could be asked: what was heard of it stays as it was heard.
      const [last] = entry.backlog;
      if (last !== undefined) entry.watched = await this.#gone(last);
    } else entry.watched = found;
    for (const heard of entry.backlog.splice(0)) this.#about(id, entry, heard);
    if (found === null) this.#entries.delete(id);
  }

  /** Its own healthcheck ran in it as an exec: what it was is known from what it was made of. */
  async #gone({ id, name, labels }: Heard): Promise<Watched> {
    const { engine } = this.#parts;
    const key = { stack: labels["dev.instar.stack"] ?? "", service: labels["dev.instar.service"] ?? "" };
    const revision = await revisionOrNull(this.#parts, key, Number(labels["dev.instar.revision"] ?? 0));
    const healthcheck = revision === null ? null : await engine.healthcheckOf(revision.spec.healthcheck, revision.image);
    return { ...key, id, name, life: "ended", startedAt: null, volumes: [], healthcheck };
  }

  #about(id: string, entry: Entry, heard: Heard): void {
    if (entry.watched === null) return;
    this.#judgeUnlessDeclared(
      heard,
      touchesOf(heard, new Map([[id, entry.watched]]), () => true),
    );
    if (heard.kind !== "container") return;
    if (STIRRING.has(heard.action)) this.#parts.stirred(id, heard.action);
    if (heard.action === "start") entry.watched = { ...entry.watched, life: "running", startedAt: heard.at };
    if (heard.action === "die") entry.watched = { ...entry.watched, life: "ended" };
    if (heard.action === "rename") entry.watched = { ...entry.watched, name: heard.name };
    if (heard.action === "destroy") {
      this.#entries.delete(id);
      this.#ours.delete(id);
      this.#touches.delete(id);
    }
  }

  #judgeUnlessDeclared(heard: Heard, touches: readonly Touch[]): void {
    const { declared, report } = this.#parts;
    const execId = heard.labels["execID"];
    if (declared === undefined || execId === undefined || touches.length === 0) return this.#judged(touches);
    declared(execId, heard.name)
      .catch((error: unknown) => {
        report("drift", error);
        return false;
      })
      .then((own) => (own ? undefined : this.#judged(touches)))
      .catch((error: unknown) => report("drift", error));
  }

  #watched(): ReadonlyMap<string, Watched> {
    return new Map([...this.#entries].flatMap(([id, { watched }]) => (watched === null ? [] : [[id, watched] as const])));
  }

  #judged(touches: readonly Touch[]): void {
    for (const { watched, kind, detail, at, taints } of touches) {
      const own = this.#acts.match(watched.name, kind, detail);
      const { id, stack, service, name } = watched;
      const touch = { id, stack, service, instance: name, kind, detail, at, by: own?.by ?? CLIENT, taints };
      if (!this.#remember(touch)) continue;
      this.#pending.push(touch);
      if (kind === "network") this.#parts.stirred(id, "network");
      this.#tell(id);
    }
    if (this.#pending.length > 0) this.#writing ??= this.#write();
  }

  /** False: it is known already, or there are too many of its kind. */
  #remember(touch: Omit<TouchRow, "seq">): boolean {
    const list = this.#touches.get(touch.id) ?? [];
    if (list.some(({ kind, detail, at }) => kind === touch.kind && detail === touch.detail && at === touch.at)) return false;
    if (list.filter(({ taints }) => taints === touch.taints).length >= TOUCH_LIMIT) return false;
    this.#touches.set(touch.id, [...list, touch]);
    return true;
  }

  async #write(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const batch = this.#pending;
        await this.#parts.store.write(async (within) => {
          for (const touch of batch) if (await within.addTouch(touch)) await within.addEvent(touch.at, eventOf(touch));
        });
        this.#pending = this.#pending.slice(batch.length);
      }
    } catch (error) {
      // What is pending goes with the next touch or beat.
      this.#parts.report("a touch could not be written down", error);
    } finally {
      this.#writing = null;
    }
  }

  async #flushed(): Promise<void> {
    await this.#writing;
    if (this.#pending.length === 0) return;
    this.#writing = this.#write();
    await this.#writing;
  }

  #beat(): void {
    this.#stopBeat = this.#parts.clock.after(BEAT_MS, () => {
      this.#flushed()
        .then(() => this.#note())
        .catch((error: unknown) => this.#parts.report("drift", error));
      this.#beat();
    });
  }

  async #note(): Promise<void> {
    if (this.#pending.length > 0) return;
    if (this.#state === "watching" && this.#early === null) this.#seen = this.#parts.clock.now();
    await this.#put(this.#seen);
  }

  async #put(seen: Instant): Promise<void> {
    this.#noted = seen;
    await this.#parts.store.putVigil({ since: this.#since, seen });
  }

  #tell(id: string): void {
    const watched = this.watchedAs(id);
    if (watched !== null) this.#parts.touched({ stack: watched.stack, service: watched.service }, id);
  }
}

const span = ({ from, to }: { readonly from: Instant; readonly to: Instant }): string =>
  `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;

const eventOf = ({ stack, service, instance, kind, detail, by }: Omit<TouchRow, "seq">) => ({
  ...{ kind: `drift.${kind}`, stack, service, instance },
  message: `${instance}: ${kind} by ${by}: ${detail}`,
});
