import { InstarError } from "../errors.ts";
import { compile } from "../route/compile.ts";
import { difference } from "../route/difference.ts";
import type { RouteTable } from "../route/types.ts";
import { asLoaded } from "./fleet.ts";

/** What the applier drives; the router gives it the present generation's. */
export interface Target {
  readonly settings: Parameters<typeof difference>[2];
  perform(command: ReturnType<typeof difference>["commands"][number]): Promise<boolean>;
  /** Null when the running process has other listeners or backends than `known`. */
  readBack(known: RouteTable): Promise<RouteTable | null>;
  /** Before anything changes: raises INS4001 when a port that `to` adds is taken by someone else. */
  checkPorts(from: RouteTable, to: RouteTable): Promise<void>;
  /** Resolves when a reload may begin: at most one a second, at most eight old workers. */
  reloadSlot(): Promise<void>;
  /** Writes the table and loads it. Raises INS4001 for a port taken in the meantime, INS4003. */
  reload(from: RouteTable | null, to: RouteTable): Promise<void>;
  /** The table that is now true; to be saved in the background. */
  changed(table: RouteTable): void;
  /** A pass failed; whoever awaits it is told as well. */
  failed(cause: unknown): void;
}

interface Waiter {
  readonly version: number;
  resolve(): void;
  reject(cause: unknown): void;
}

const REMOVE_AGAIN_MS = 500;
const UNFIT: ReadonlySet<string> = new Set(["INS1009", "INS1014", "INS4001", "INS4003"]);

/**
 * Makes the running router equal to the wanted table. One pass at a time; calls in between only move the
 * goal. Run-time commands never wait for a reload: while a reload waits for its slot, drains go through.
 */
export class Applier {
  readonly #target: Target;
  #wanted: RouteTable;
  #version = 0;
  /** What the current worker holds; null: to be read back, or unknown until a reload. */
  #applied: RouteTable | null;
  #known: RouteTable;
  #waiters: Waiter[] = [];
  #running: Promise<void> | null = null;
  #again: NodeJS.Timeout | null = null;
  #moved: (() => void) | null = null;
  /** The end of the last work that has or wants everything to itself, and how many there are. */
  #turn: Promise<void> = Promise.resolve();
  #alone = 0;
  #closed = false;

  constructor(target: Target, known: RouteTable) {
    this.#target = target;
    this.#wanted = known;
    this.#known = known;
    this.#applied = null;
  }

  get wanted(): RouteTable {
    return this.#wanted;
  }

  /** The table last known to be true in the current worker. */
  get held(): RouteTable {
    return this.#applied ?? this.#known;
  }

  /** Resolves when this table, or a later one, is what the current worker holds. */
  apply(table: RouteTable): Promise<void> {
    this.#move(table);
    return this.#await();
  }

  /** Reads back before the next pass, and lets one run. */
  lookAgain(): Promise<void> {
    this.#forget();
    return this.#await();
  }

  /** Moves the goal without waiting; a pass that is under way goes on to it. */
  amend(change: (table: RouteTable) => RouteTable): void {
    this.#move(change(this.#wanted));
    this.#start();
  }

  /** No pass runs during `work`; the next one reads back first. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    let release = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      release = resolve;
    });
    // From here on no pass begins. One that waited for the turn would be waited for by the turn itself.
    this.#alone++;
    this.#moved?.();
    try {
      await before;
      await this.#running;
      return await work();
    } finally {
      this.#alone--;
      this.#forget();
      release();
      this.#start();
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    this.#settle(Number.POSITIVE_INFINITY, new InstarError("INS4002", "the router was stopped"));
  }

  #move(table: RouteTable): void {
    this.#wanted = table;
    this.#version++;
    this.#moved?.();
  }

  #forget(): void {
    this.#known = this.#applied ?? this.#known;
    this.#applied = null;
  }

  #await(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ version: this.#version, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#running !== null || this.#alone > 0) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#waiters.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // Calls of one moment are one pass.
    await Promise.resolve();
    let retried = false;
    while (this.#alone === 0) {
      try {
        if (await this.#pass()) return;
      } catch (cause) {
        const stale = this.#applied !== null && cause instanceof InstarError && cause.code === "INS4002";
        this.#forget();
        if (!stale || retried) return this.#fail(cause);
        // Our picture of the worker was wrong, or the worker went away: look, and try once more.
        retried = true;
      }
    }
  }

  #fail(cause: unknown): void {
    // A table that cannot be had must not stand in the way of the next one.
    if (cause instanceof InstarError && UNFIT.has(cause.code)) this.#wanted = this.#known;
    if (!this.#closed) this.#target.failed(cause);
    this.#settle(this.#version, cause);
  }

  /** True when nothing is left to do now. */
  async #pass(): Promise<boolean> {
    const goal = this.#wanted;
    const version = this.#version;
    compile(goal, this.#target.settings);
    this.#applied ??= await this.#target.readBack(this.#known);
    if (this.#applied !== null) {
      const { structural, commands, reachable } = difference(this.#applied, goal, this.#target.settings);
      if (structural) await this.#target.checkPorts(this.#applied, goal);
      const stuck: string[] = [];
      for (const command of commands) if (!(await this.#target.perform(command))) stuck.push(command.about);
      this.#applied = withStuck(this.#applied, reachable, stuck);
      if (commands.length > 0) this.#target.changed(reachable);
      if (stuck.length > 0) this.#later();
      if (!structural) {
        this.#settle(version);
        return this.#version === version;
      }
    }
    if (await this.#slotOrMove(version)) {
      await this.#target.reload(this.#applied, goal);
      this.#applied = asLoaded(goal);
      this.#known = goal;
    }
    return false;
  }

  /** False when the goal moved first: what can be had at run time does not wait. */
  async #slotOrMove(version: number): Promise<boolean> {
    const moved = new Promise<void>((resolve) => {
      this.#moved = resolve;
    });
    try {
      if (this.#version !== version || this.#alone > 0) return false;
      await Promise.race([this.#target.reloadSlot(), moved]);
      return this.#version === version && this.#alone === 0;
    } finally {
      this.#moved = null;
    }
  }

  #later(): void {
    this.#again ??= setTimeout(() => {
      this.#again = null;
      this.#start();
    }, REMOVE_AGAIN_MS).unref();
  }

  #settle(version: number, cause?: unknown): void {
    const due = this.#waiters.filter((waiter) => waiter.version <= version);
    this.#waiters = this.#waiters.filter((waiter) => waiter.version > version);
    for (const waiter of due) cause === undefined ? waiter.resolve() : waiter.reject(cause);
  }
}

/** Servers that could not be removed yet stay in the picture, in maintenance. */
function withStuck(before: RouteTable, now: RouteTable, stuck: readonly string[]): RouteTable {
  if (stuck.length === 0) return now;
  const backends = now.backends.map((backend) => {
    const left = before.backends.find((old) => old.name === backend.name)?.servers ?? [];
    const kept = left
      .filter((server) => stuck.includes(`${backend.name}/${server.name}`))
      .map((server) => ({ ...server, state: "maint" as const }));
    return { ...backend, servers: [...backend.servers, ...kept] };
  });
  return { ...now, backends };
}
