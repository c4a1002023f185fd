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
  readonly process: number;
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
  readonly #stoppedByInstar: (name: string) => boolean;
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
    readonly stoppedByInstar: (name: string) => boolean;
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
      const byTheWorld = !this.#stoppedByInstar(flight.server);
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
    if (backend === undefined || serving.length === 0) {
      if (backend === undefined || request.held >= backend.holdMs)
        return this.#lose(request, "no instance was ready within the hold", null, false);
      this.longestHeldMs = Math.max(this.longestHeldMs, request.held);
      return this.#later(HOLD_POLL_MS, () => this.#attempt({ ...request, held: request.held + HOLD_POLL_MS }));
    }
    const server = serving[this.#turn++ % serving.length];
    if (server === undefined) throw new Error("a server out of none");
    const process = this.#processOf(server.name);
    const answers = process !== null && this.#engine.control.container(server.name).probe() === null;
    if (!answers) {
      if (!this.#everReady.has(server.name) && process !== null)
        return this.#lose(request, "its instance was routed before it was ever ready", server.name, false);
      // Refused or swallowed: another one is tried.
      if (request.tries >= RETRIES) return this.#lose(request, DEAD, server.name, !this.#stoppedByInstar(server.name));
      return this.#later(CONNECT_MS, () => this.#attempt({ ...request, tries: request.tries + 1 }));
    }
    this.#everReady.add(server.name);
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

  /** Which life of its container answers; null: none. */
  #processOf(name: string): number | null {
    const { control } = this.#engine;
    if (!control.hasContainer(name)) return null;
    const container = control.container(name);
    return container.state === "running" ? container.lives : null;
  }

  #later(ms: number, then: () => void): void {
    this.#time.after(ms, () => {
      this.#quiet();
      then();
    });
  }
}
