import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import type { FakeSession } from "../sim/fake-sessions.ts";
import type { Random } from "./random.ts";
import type { SimulatedTime } from "./time.ts";

/** How the router's configuration treats a dead address (src/route/sections.ts): connect for 250 ms, three more tries elsewhere. */
const CONNECT_MS = 250;
const RETRIES = 3;
/** How often a held request looks again. */
const HOLD_POLL_MS = 20;
/** So long after its death a server may still get requests: its tries, and the way from the event to the router. */
const NOTICED_MS = 2_500;
const DEAD = "every address tried was dead";

export interface Loss {
  readonly at: number;
  readonly method: "GET" | "POST";
  readonly why: string;
  readonly instance: string | null;
  /** The world ended the instance while the request was in flight; nothing of Instar's doing could help. */
  readonly byTheWorld: boolean;
  /** Nothing answered it in all the time it could wait. */
  readonly waited: boolean;
}

interface Flight {
  readonly method: "GET" | "POST";
  readonly arrived: number;
  readonly session: FakeSession;
  readonly server: string;
  /** The process it went to. */
  readonly process: string;
  readonly lasts: number;
  over: boolean;
}

/** Requests as the router would treat them: spread, retried elsewhere, held; each one answered or lost. */
export class Traffic {
  readonly losses: Loss[] = [];
  arrived = 0;
  answered = 0;
  longestHeldMs = 0;
  readonly #time: SimulatedTime;
  readonly #engine: FakeEngine;
  readonly #router: FakeRouter;
  readonly #random: Random;
  readonly #backend: string;
  readonly #quiet: () => void;
  readonly #flights = new Set<Flight>();
  readonly #everReady = new Set<string>();
  /** When a request first found it dead. */
  readonly #deadSince = new Map<string, number>();
  readonly #stoppedByInstar: (process: string) => boolean;
  /** The last process seen behind each server. */
  readonly #latest = new Map<string, string>();
  #turn = 0;
  #going = false;

  constructor(of: {
    readonly time: SimulatedTime;
    readonly engine: FakeEngine;
    readonly router: FakeRouter;
    readonly random: Random;
    readonly backend: string;
    /** Told before each wake that touches nothing the daemon waits for. */
    readonly quiet: () => void;
    /** Of a process, by what `processOf` calls it. */
    readonly stoppedByInstar: (process: string) => boolean;
  }) {
    this.#time = of.time;
    this.#engine = of.engine;
    this.#router = of.router;
    this.#random = of.random;
    this.#backend = of.backend;
    this.#quiet = of.quiet;
    this.#stoppedByInstar = of.stoppedByInstar;
  }

  start(rate: number, slowestMs: number): void {
    this.#going = true;
    const arrive = (): void => {
      if (!this.#going) return;
      this.#later(Math.max(1, Math.round((-Math.log(1 - this.#random.next()) * 1000) / rate)), arrive);
      const method = this.#random.chance(0.3) ? "POST" : "GET";
      const lasts = this.#random.chance(0.1) ? slowestMs : this.#random.whole(1, Math.max(1, slowestMs / 10));
      this.arrived++;
      this.#attempt({ method, arrived: this.#time.now(), lasts, held: 0, tries: 0 });
    };
    arrive();
  }

  stop(): void {
    this.#going = false;
  }

  get open(): number {
    return this.arrived - this.answered - this.losses.length;
  }

  /** After anything that may have ended a process: what was on it is retried elsewhere or lost, at once. */
  notice(): void {
    for (const flight of this.#flights) {
      if (this.#processOf(flight.server) === flight.process) continue;
      this.#end(flight);
      const byTheWorld = !this.#stoppedByInstar(flight.process);
      // HAProxy repeats a GET that got nothing (retry-on empty-response); a POST may have been executed.
      if (flight.method === "GET" && byTheWorld) this.#attempt({ ...flight, held: 0, tries: 1 });
      else this.#lose(flight, byTheWorld ? "its instance ended" : "its instance was stopped under it", flight.server, byTheWorld);
    }
  }

  /** The router was killed: what is open is cut. */
  cut(): void {
    for (const flight of this.#flights) {
      this.#end(flight);
      this.#lose(flight, "the router was killed", flight.server, true);
    }
  }

  #attempt(request: { method: "GET" | "POST"; arrived: number; lasts: number; held: number; tries: number }): void {
    const backend = this.#router.control.table().backends.find(({ name }) => name === this.#backend);
    const serving = this.#router.control.serving(this.#backend);
    for (const name of this.#deadSince.keys()) if (!serving.some((server) => server.name === name)) this.#deadSince.delete(name);
    if (backend === undefined || serving.length === 0) {
      if (backend === undefined || request.held >= backend.holdMs)
        return this.#lose(request, "no instance was ready within the hold", null, false);
      this.longestHeldMs = Math.max(this.longestHeldMs, request.held);
      return this.#later(HOLD_POLL_MS, () => this.#attempt({ ...request, held: request.held + HOLD_POLL_MS }));
    }
    const server = serving[this.#turn++ % serving.length];
    if (server === undefined) throw new Error("a server out of none");
    const process = this.#processOf(server.name);
    if (process !== null) this.#latest.set(server.name, process);
    const answers = process !== null && this.#engine.control.container(server.name).probe() === null;
    if (!answers) {
      // Once it was started again by the engine or the host, it may be ready or not: the world ended it.
      if (process !== null && !this.#everReady.has(process) && this.#isFirstLife(server.name))
        return this.#lose(request, "its instance was routed before it was ever ready", server.name, false);
      // Refused or swallowed: another one is tried.
      const since = this.#deadSince.get(server.name) ?? this.#time.now();
      this.#deadSince.set(server.name, since);
      const byTheWorld = !this.#stoppedByInstar(this.#latest.get(server.name) ?? "") && this.#time.now() - since <= NOTICED_MS;
      if (request.tries >= RETRIES) return this.#lose(request, DEAD, server.name, byTheWorld);
      return this.#later(CONNECT_MS, () => this.#attempt({ ...request, tries: request.tries + 1 }));
    }
    this.#everReady.add(process);
    this.#deadSince.delete(server.name);
    const session = this.#router.control.sessions.start(server.name);
    const flight: Flight = { ...request, server: server.name, process, session, over: false };
    this.#flights.add(flight);
    this.#later(request.lasts, () => {
      if (flight.over) return;
      if (!session.open) this.#lose(flight, "it was cut at the drain limit", flight.server, false);
      else this.answered++;
      this.#end(flight);
    });
  }

  #end(flight: Flight): void {
    flight.over = true;
    flight.session.end();
    this.#flights.delete(flight);
  }

  #lose({ method }: { method: "GET" | "POST" }, why: string, instance: string | null, byTheWorld: boolean): void {
    const waited = instance === null || why === DEAD;
    this.losses.push({ at: this.#time.now(), method, why, instance, byTheWorld, waited });
  }

  /** Its first process is there: one that is gone had been ready, whoever knows of it. */
  #isFirstLife(name: string): boolean {
    const { lives, gone } = this.#engine.control.container(name);
    return lives === 1 && !gone;
  }

  #processOf(name: string): string | null {
    return processOf(this.#engine, name);
  }

  #later(ms: number, then: () => void): void {
    this.#time.after(ms, () => {
      this.#quiet();
      then();
    });
  }
}

/** Which life of which container answers to this name; null: none. */
export function processOf({ control }: FakeEngine, name: string): string | null {
  if (!control.hasContainer(name)) return null;
  const { id, lives, state } = control.container(name);
  return state === "running" ? `${id} ${lives}` : null;
}
