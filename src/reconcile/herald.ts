import { placeOf } from "../spec/hooks.ts";
import { about } from "./confirm.ts";
import type { EventView } from "./control.ts";
import type { Hooks } from "./hooks-port.ts";
import type { Clock } from "./ports.ts";
import type { Store } from "./store.ts";

/** Tries of one message; after the last it is given up, with an event. */
const AGAIN_MS = [1_000, 5_000, 30_000] as const;
/** Messages that may wait for one URL; beyond them the oldest are given up. */
const WAITING = 500;
const CURSOR = "hooks";
const TOLD = /^(deployment|step|job|instance)\./;

interface Message {
  readonly event: EventView;
  readonly url: string;
}

/**
 * Tells `x-instar.hooks.notify` what happens to deployments: each URL in order, beside everything else and in nobody's way.
 * The event log is the outbox: how far it was told is in the store, so a crash repeats messages rather than losing them.
 */
export class Herald {
  readonly #store: Store;
  readonly #hooks: Hooks;
  readonly #clock: Clock;
  readonly #report: (message: string, error: unknown) => void;
  readonly #queues = new Map<string, Message[]>();
  readonly #tellers = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #read = 0;
  #reading = false;
  #again = false;

  constructor(store: Store, hooks: Hooks, clock: Clock, report: (message: string, error: unknown) => void) {
    this.#store = store;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#report = report;
  }

  async open(): Promise<void> {
    const newest = (await this.#store.events({ limit: 1 })).at(-1)?.seq ?? 0;
    const told = await this.#store.cursor(CURSOR);
    this.#read = told ?? newest;
    if (told === null) await this.#store.putCursor(CURSOR, newest);
    this.heard();
  }

  /** There may be new events. */
  heard(): void {
    this.#again = true;
    if (this.#reading || this.#stop.signal.aborted) return;
    this.#reading = true;
    this.#track(this.#readOn());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    while (this.#tellers.size > 0) await Promise.all(this.#tellers);
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#again && !this.#stop.signal.aborted) {
        this.#again = false;
        for (const event of await this.#store.events({ after: this.#read, limit: 1000 })) {
          const url = await this.#urlFor(event);
          this.#read = event.seq;
          this.#again = true;
          if (url !== null) await this.#enqueue({ event, url });
        }
      }
    } finally {
      this.#reading = false;
    }
  }

  async #urlFor({ kind, deployment }: EventView): Promise<string | null> {
    const row = deployment === null || !TOLD.test(kind) ? null : await this.#store.deployment(deployment);
    return row === null ? null : ((await this.#store.revision(row, row.to))?.spec.hooks?.notify?.url ?? null);
  }

  async #enqueue(message: Message): Promise<void> {
    const queue = this.#queues.get(message.url);
    if (queue === undefined) {
      this.#queues.set(message.url, [message]);
      this.#track(this.#tell(message.url));
      return;
    }
    queue.push(message);
    // The first is being told right now.
    if (queue.length > WAITING) await this.#giveUp(message.url, queue.splice(1, 1), "too many messages wait for it");
  }

  /** A store that takes nothing (a full disk) holds it up and does not end it: nobody else would tell this URL anything. */
  async #tell(url: string): Promise<void> {
    while (this.#queues.has(url) && !this.#stop.signal.aborted) {
      try {
        await this.#tellAll(url);
      } catch (error) {
        this.#report("hooks", error);
        await this.#pause(AGAIN_MS[2]);
      }
    }
  }

  async #tellAll(url: string): Promise<void> {
    let tries = AGAIN_MS.length + 1;
    for (
      let message = this.#queues.get(url)?.[0];
      message !== undefined && !this.#stop.signal.aborted;
      message = this.#queues.get(url)?.[0]
    ) {
      const failure = await this.#send(message, tries);
      if (this.#stop.signal.aborted) return;
      // One that is down for long is tried once per message until it is back.
      tries = failure === null ? AGAIN_MS.length + 1 : 1;
      if (failure !== null) await this.#giveUp(url, [message], failure);
      this.#queues.get(url)?.shift();
      await this.#keep();
    }
    this.#queues.delete(url);
  }

  /** null: told. Else why not, in words. */
  async #send({ event, url }: Message, tries: number): Promise<string | null> {
    const row = event.deployment === null ? null : await this.#store.deployment(event.deployment);
    const { seq, at, kind, message, instance } = event;
    const body = { kind, seq, at, message, instance, ...(row === null ? {} : about(row)) };
    let failure = "";
    for (let tried = 0; tried < tries; tried++) {
      if (tried > 0) await this.#pause(AGAIN_MS[tried - 1] ?? 0);
      if (this.#stop.signal.aborted) return failure;
      try {
        const { status } = await this.#hooks.post(url, { event: kind, delivery: `${this.#store.installation}/${seq}`, body });
        if (status >= 200 && status < 300) return null;
        failure = `it answered ${status}`;
      } catch (cause) {
        failure = cause instanceof Error ? cause.message : String(cause);
      }
    }
    return failure;
  }

  async #giveUp(url: string, messages: readonly Message[], why: string): Promise<void> {
    for (const { event } of messages) {
      const { stack, service } = event;
      const message = `${placeOf(url)} was not told of event ${event.seq} (${event.kind}): ${why}`;
      await this.#store.addEvent(this.#clock.now(), {
        kind: "hook.failed",
        message,
        ...(stack === null ? {} : { stack }),
        ...(service === null ? {} : { service }),
      });
    }
  }

  /** Everything before the oldest that still waits has been told. */
  async #keep(): Promise<void> {
    const waiting = [...this.#queues.values()].flatMap((queue) => queue.slice(0, 1).map(({ event }) => event.seq - 1));
    await this.#store.putCursor(CURSOR, Math.min(this.#read, ...waiting));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        this.#stop.signal.removeEventListener("abort", over);
        resolve();
      };
      const cancel = this.#clock.after(ms, over);
      this.#stop.signal.addEventListener("abort", over);
    });
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error: unknown) => this.#report("hooks", error)).finally(() => this.#tellers.delete(tracked));
    this.#tellers.add(tracked);
  }
}
