import type { Clock } from "../../src/reconcile/ports.ts";

/** What stands between a daemon and a port: how long a call takes, and whether its answer is lost although it was done. */
export interface Weather {
  /** ms before the deed, and between the deed and its answer. */
  delay(call: string): readonly [number, number];
  /** An error instead of the answer, after the deed; null for none. */
  lost(call: string): Error | null;
  /** How late what is streamed comes, ms, and whether it comes twice. */
  late(): { readonly ms: number; readonly twice: boolean };
}

export interface Calls {
  /** They change nothing, and do not count as effects. */
  readonly reads: Pick<ReadonlySet<string>, "has">;
  /** They answer with a stream, at once. */
  readonly streams: ReadonlySet<string>;
  /** One is done after the other, as they were called. */
  readonly inTurn?: string;
}

/**
 * One daemon from its start to its kill. What it does to the world goes through here: once it is killed none of its
 * calls happens or returns, and none of its timers wakes it. Killed between any two effects, and between an effect and its answer.
 */
export class Life {
  readonly clock: Clock;
  readonly #time: Clock;
  readonly #killed: () => void;
  #over = false;
  /** It dies at this effect from now; null: not by itself. */
  #left: number | null = null;
  #atAnswer = false;

  constructor(time: Clock, killed: () => void) {
    this.#time = time;
    this.#killed = killed;
    this.clock = { now: () => time.now(), after: (ms, wake) => time.after(ms, () => void (this.#over || wake())) };
  }

  get over(): boolean {
    return this.#over;
  }

  /** kill -9 at the n-th effect from now (0: at once): before it is done, or done and not answered. */
  killAt(effects: number, atAnswer: boolean): void {
    if (effects === 0) this.#end();
    else this.#left = effects;
    this.#atAnswer = atAnswer;
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#killed();
  }

  /** The port as this daemon has it. */
  through<T extends object>(port: T, calls: Calls, weather: Weather): T {
    const known = new Map<string, { readonly member: unknown; readonly through: unknown }>();
    let turn = 0;
    const delay = (name: string): readonly [number, number] => {
      const [before, after] = weather.delay(name);
      if (name !== calls.inTurn) return [before, after];
      turn = Math.max(turn, this.#time.now() + before);
      return [turn - this.#time.now(), after];
    };
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function" || typeof name !== "string") return member;
        const found = known.get(name);
        if (found?.member === member) return found.through;
        const call = member as (...args: unknown[]) => unknown;
        const reading = calls.reads.has(name);
        const through = calls.streams.has(name)
          ? (...args: unknown[]) => this.#stream(call.apply(target, args) as AsyncIterable<unknown>, weather)
          : (...args: unknown[]) => this.#act(name, reading, delay(name), weather, () => call.apply(target, args));
        known.set(name, { member, through });
        return through;
      },
    });
  }

  async #act(
    name: string,
    reading: boolean,
    [before, after]: readonly [number, number],
    weather: Weather,
    act: () => unknown,
  ): Promise<unknown> {
    if (this.#over) return never();
    if (before > 0) await this.#wait(before);
    if (this.#over) return never();
    const last = !reading && this.#left !== null && --this.#left <= 0;
    if (last && !this.#atAnswer) {
      this.#end();
      return never();
    }
    const answer = await act();
    if (last) this.#end();
    if (after > 0) await this.#wait(after);
    if (this.#over) return never();
    const lost = weather.lost(name);
    if (lost !== null) throw lost;
    return answer;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#time.after(ms, resolve));
  }

  /** Each at its own time, so that a late one is overtaken. */
  async *#stream(source: AsyncIterable<unknown>, weather: Weather): AsyncGenerator<unknown> {
    const come: unknown[] = [];
    let wake = (): void => undefined;
    let open = 1;
    const deliver = (one: unknown, ms: number): void => {
      const arrive = (): void => {
        come.push(one);
        wake();
      };
      // Counted from when it happened: what waits behind a late one is not later for it.
      const at = ((one as { readonly at?: number }).at ?? this.#time.now()) + ms;
      if (at <= this.#time.now()) return arrive();
      open++;
      this.#time.after(at - this.#time.now(), () => {
        open--;
        arrive();
      });
    };
    void (async () => {
      for await (const one of source) {
        // That the stream broke or stands is the adapter's own word, and no event on its way.
        if (MARKS.has((one as { readonly kind?: string }).kind ?? "")) {
          deliver(one, 0);
          continue;
        }
        const { ms, twice } = weather.late();
        deliver(one, ms);
        if (twice) deliver(one, weather.late().ms);
      }
      open--;
      wake();
    })();
    while (!this.#over) {
      const next = come.shift();
      if (next !== undefined) yield next;
      else if (open === 0) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
}

const MARKS: ReadonlySet<string> = new Set(["cut", "resync"]);

const never = (): Promise<never> => new Promise(() => undefined);
