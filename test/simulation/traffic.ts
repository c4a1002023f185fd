import type { Server } from "../../src/route/types.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import type { FakeSession } from "../sim/fake-sessions.ts";
import type { Random } from "./random.ts";
import { DRAIN_MS } from "./service.ts";
import type { SimulatedTime } from "./time.ts";

/** What src/route/sections.ts and server.ts tell HAProxy: connect, three more tries, at the same address 250 ms apart. */
const TRY_AGAIN_MS = 250;
const RETRIES = 3;
/** Its own checks: the next 500 ms after the last, a second 200 ms later, unless a request found it dead before; up again with the first that succeeds, 200 ms apart. */
const DOWN_MS = 700;
const UP_MS = 200;
/** How often a held request looks again. */
const HOLD_POLL_MS = 20;
const STALE_MS = 1_000;
const KILLED = "the router was killed";
const WAITED = "no instance was ready within the hold";

export interface Loss {
  readonly at: number;
  readonly arrived: number;
  readonly method: "GET" | "POST";
  readonly why: string;
  readonly instance: string | null;
  /** The world ended the instance while the request was in flight, or the router; nothing of Instar's doing could help. */
  readonly byTheWorld: boolean;
  /** Nothing was ready in all the time it could wait. */
  readonly waited: boolean;
}

/** A request on its way, whose answer has not begun. */
interface Request {
  readonly method: "GET" | "POST";
  readonly arrived: number;
  readonly lasts: number;
  /** How long it has been held, ms. */
  readonly held: number;
  readonly tries: number;
  /** It has been on an instance, which the world ended. */
  readonly sent: boolean;
  /** Whom it has tried since it was last held. */
  readonly tried: readonly string[];
  /** It has been through the hold after a try (ADR 0033), and what it is sent to now is the last. */
  readonly again: boolean;
  /** The HAProxy that has its connection: how many were killed before. */
  readonly router: number;
}

interface Flight extends Request {
  readonly session: FakeSession;
  readonly server: string;
  /** The process it went to, and when. */
  readonly process: string;
  readonly since: number;
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
  /** Servers that do not take connections, and since when; those that do again, and from when on HAProxy knows. */
  readonly #deaf = new Map<string, number>();
  readonly #upAt = new Map<string, number>();
  #killed = 0;
  /** Nobody listens on the router's port until then. */
  #gapUntil = 0;
  /** So long after its kill the router may be as its file was: what it lets onto an instance that was let go is lost, as in the gap. */
  #staleUntil = 0;
  readonly #stoppedByInstar: (process: string) => boolean;
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
      const request: Request = {
        method,
        arrived: this.#time.now(),
        lasts,
        held: 0,
        tries: 0,
        sent: false,
        tried: [],
        again: false,
        router: this.#killed,
      };
      if (this.#time.now() < this.#gapUntil) this.#lose(request, "HAProxy was being started again", null, true);
      else this.#attempt(request);
    };
    arrive();
  }

  stop(): void {
    this.#going = false;
  }

  get open(): number {
    return this.arrived - this.answered - this.losses.length;
  }

  /** After anything that may have ended a process: what was on it is tried elsewhere or lost, at once. */
  notice(): void {
    this.#check(this.#servers());
    for (const flight of this.#flights) {
      if (this.#processOf(flight.server) === flight.process) continue;
      this.#end(flight);
      const byTheWorld = !this.#stoppedByInstar(flight.process) || flight.since < this.#staleUntil;
      if (!byTheWorld && this.#outlivedDrain(flight)) {
        this.#loseCut(flight);
        continue;
      }
      // HAProxy repeats a GET that got nothing (retry-on empty-response), but not twice through the hold; a POST may have been executed.
      const comesAgain = flight.method === "GET" && byTheWorld && !flight.again && flight.tries < RETRIES;
      if (comesAgain) this.#attempt({ ...flight, tries: flight.tries + 1, sent: true, tried: [...flight.tried, flight.server] });
      else this.#lose(flight, byTheWorld ? "its instance ended" : "its instance was stopped under it", flight.server, byTheWorld);
    }
  }

  /** The router was killed: what is open is cut, and nobody listens for so long. The next process knows nothing of who is down. */
  cut(gapMs: number): void {
    this.#killed++;
    for (const flight of this.#flights) {
      this.#end(flight);
      this.#lose(flight, KILLED, flight.server, true);
    }
    this.#gapUntil = this.#time.now() + gapMs;
    this.#staleUntil = this.#time.now() + STALE_MS;
    this.#upAt.clear();
    for (const name of this.#deaf.keys()) this.#deaf.set(name, this.#gapUntil);
  }

  #servers(): readonly Server[] {
    return this.#router.control.serving(this.#backend);
  }

  #listens({ address }: Server): boolean {
    return this.#engine.control.at(address)?.listens ?? false;
  }

  /** What HAProxy's own checks find out. */
  #check(servers: readonly Server[]): void {
    const now = this.#time.now();
    for (const name of this.#deaf.keys()) if (!servers.some((server) => server.name === name)) this.#deaf.delete(name);
    for (const server of servers) {
      const since = this.#deaf.get(server.name);
      if (!this.#listens(server)) {
        if (since === undefined) this.#deaf.set(server.name, now);
      } else if (since !== undefined) {
        this.#deaf.delete(server.name);
        if (now - since >= DOWN_MS) this.#upAt.set(server.name, now + UP_MS);
      }
    }
  }

  #isUp({ name }: Server): boolean {
    const now = this.#time.now();
    return now - (this.#deaf.get(name) ?? now) < DOWN_MS && now >= (this.#upAt.get(name) ?? 0);
  }

  #attempt(request: Request): void {
    // What waited for its next try, or was held, was one of its open connections.
    if (request.router !== this.#killed) return this.#lose(request, KILLED, null, true);
    const backend = this.#router.control.table().backends.find(({ name }) => name === this.#backend);
    const servers = this.#servers();
    this.#check(servers);
    const up = servers.filter((server) => this.#isUp(server));
    if (backend === undefined || up.length === 0) return this.#hold(request, backend?.holdMs ?? 0);
    const server = this.#choose(up, request.tried.at(-1));
    const there = this.#engine.control.at(server.address);
    if (there !== null && there.blueprint.name !== server.name)
      return this.#lose(request, `it was sent to ${there.blueprint.name}`, server.name, false);
    if (there === null || !there.listens) {
      // In its first life, and not gone: it never listened.
      if (there !== null && there.lives === 1 && !there.gone)
        return this.#lose(request, "its instance was routed before it was ever ready", server.name, false);
      const tried = [...request.tried, server.name];
      // Who was on an instance when the world ended it, and got nothing, was in flight. And the first of those who find four dead at once
      // have no fifth try, or a request that kills whom it is sent to would kill as many (ADR 0033).
      const allowed = request.sent || new Set(tried).size > RETRIES;
      if (request.tries >= RETRIES) return this.#lose(request, "every address tried was dead", server.name, allowed);
      this.#deaf.set(server.name, Math.min(this.#deaf.get(server.name) ?? 0, this.#time.now() - DOWN_MS));
      const next: Request = { ...request, tries: request.tries + 1, tried };
      // At once where another one is active (HAProxy, back_handle_st_cer).
      return this.#later(up.length > 2 ? 0 : TRY_AGAIN_MS, () => this.#attempt(next));
    }
    const process = this.#processOf(server.name);
    if (process === null) throw new Error(`${server.name} listens and does not run`);
    const session = this.#router.control.sessions.start(server.name);
    const flight: Flight = { ...request, server: server.name, process, since: this.#time.now(), session, over: false };
    this.#flights.add(flight);
    this.#later(request.lasts, () => {
      if (flight.over) return;
      if (!session.open) this.#loseCut(flight);
      else this.answered++;
      this.#end(flight);
    });
  }

  /** It waits as long as the router's table says; who has tried before begins anew when something is ready. */
  #hold(request: Request, holdMs: number): void {
    if (request.held >= holdMs) return this.#lose(request, WAITED, null, false);
    const held = request.held + HOLD_POLL_MS;
    this.longestHeldMs = Math.max(this.longestHeldMs, held);
    this.#later(HOLD_POLL_MS, () => this.#attempt({ ...request, held, tries: 0, tried: [], again: request.tries > 0 || request.again }));
  }

  /** By their weights; another one than the last where there is one. */
  #choose(up: readonly Server[], last: string | undefined): Server {
    const others = up.filter(({ name }) => name !== last);
    const among = others.length > 0 ? others : up;
    let left = this.#random.next() * among.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = among.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return chosen ?? (among[0] as Server);
  }

  /** A drain that it has outlived began after it: only what has taken as long may be cut. */
  #outlivedDrain({ since }: Flight): boolean {
    return this.#time.now() - since >= DRAIN_MS;
  }

  #loseCut(flight: Flight): void {
    this.#lose(flight, "it was cut at the drain limit", flight.server, this.#outlivedDrain(flight));
  }

  #end(flight: Flight): void {
    flight.over = true;
    flight.session.end();
    this.#flights.delete(flight);
  }

  #lose({ method, arrived }: Request, why: string, instance: string | null, byTheWorld: boolean): void {
    this.losses.push({ at: this.#time.now(), arrived, method, why, instance, byTheWorld, waited: why === WAITED });
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
