import { staged } from "../../src/plan/preview.ts";
import { planRollout } from "../../src/plan/rollout.ts";
import type { Crash, Desired, Movement, Observed, Plan, Step } from "../../src/plan/types.ts";

/** What this image does when it is run. */
export interface Behaviour {
  /** ms from start to ready; null: never. */
  readonly readyAfter: number | null;
  /** ms from start to an exit by itself; null: runs on. */
  readonly diesAfter: number | null;
}

export interface Chance {
  /** A whole number from 0 to max, from the run's seed. */
  upTo(max: number): number;
}

interface Body {
  name: string;
  revision: number;
  slot: number;
  attempt: number;
  generation: number;
  hash: string;
  life: "created" | "running" | "ended";
  createdAt: number;
  startedAt: number | null;
  exitCode: number | null;
  worn: boolean;
  route: { state: "ready" | "drain" | "maint"; sessions: number; weight: number } | null;
  drainingSince: number | null;
  evidence: boolean;
  heal?: string;
  quarantine?: { until: number; because: string };
}

export interface Setup {
  readonly desired: Desired;
  readonly behaviours: Readonly<Record<string, Behaviour>>;
  /** Sessions an instance holds when its drain begins, and how fast they end. */
  readonly sessions: number;
  readonly msPerSession: number;
}

const ENDING: ReadonlySet<string> = new Set(["stop", "fail", "crash"]);

/**
 * A world harsher than the real one, under the planner alone: steps take long and end in any order, the daemon
 * dies between any two, instances die, drains are slow. It judges by rules of its own and asks the planner nothing.
 */
export class World {
  now = 1_000_000;
  desired: Desired;
  readonly bodies = new Map<string, Body>();
  readonly broken: string[] = [];
  readonly done: Step[] = [];
  readonly #setup: Setup;
  readonly #chance: Chance;
  #sided = false;
  /** Whoever begins anew knows of nobody's readiness before it has asked. */
  #knowsFrom = Number.NEGATIVE_INFINITY;
  /** Their end was begun, and not by whoever lives now: they are on their way out all the same. */
  readonly #interrupted = new Set<string>();
  #asksSince = Number.NEGATIVE_INFINITY;
  #busy = new Map<string, { step: Step; endsAt: number }>();
  last: Plan | null = null;

  constructor(setup: Setup, chance: Chance) {
    this.#setup = setup;
    this.#chance = chance;
    this.desired = setup.desired;
  }

  /** A running, routed, ready set of instances of some revision. */
  populate(revision: number, hash: string, replicas: number): void {
    for (let slot = 1; slot <= replicas; slot++) {
      const name = `${this.desired.stack}-${this.desired.service}-r${revision}-${slot}-a1`;
      this.bodies.set(name, {
        name,
        revision,
        slot,
        attempt: 1,
        generation: 0,
        hash,
        life: "running",
        createdAt: this.now - 600_000,
        startedAt: this.now - 600_000,
        exitCode: null,
        worn: false,
        route: this.desired.routed ? { state: "ready", sessions: 0, weight: 100 } : null,
        drainingSince: null,
        evidence: false,
      });
    }
  }

  serving(): Body[] {
    return [...this.bodies.values()].filter((b) => this.#takesTraffic(b));
  }

  /** No step is under way: the loop settles a deployment only then. */
  get idle(): boolean {
    return this.#busy.size === 0;
  }

  /** The daemon is killed: what it was doing is half done or not begun, as chance has it. */
  crashDaemon(): void {
    for (const [name, { step }] of this.#busy)
      if (this.#chance.upTo(1) === 1) this.#effect(name, step);
      else if (ENDING.has(step.do)) this.#interrupted.add(name);
    this.#busy = new Map();
    this.#asksSince = this.now;
    this.#knowsFrom = this.now + this.#chance.upTo(300);
  }

  kill(name: string): void {
    const body = this.bodies.get(name);
    if (body === undefined || body.life !== "running") return;
    body.life = "ended";
    body.exitCode = 137;
    if (body.route?.state === "ready") body.route = { ...body.route, state: "maint" };
  }

  /** One pass of the loop, then time until the next thing. Returns false when nothing is left to happen. */
  turn(): boolean {
    this.#time();
    const plan = planRollout(this.desired, this.#observe(), this.now);
    this.last = plan;
    // Steps of the whole service are begun one after the other, as the loop does it.
    for (const step of plan.steps) if (step.slot > 0 || !this.#busy.has(step.instance)) this.#begin(step);
    this.#judge();
    const ends = [...this.#busy.values()].map((b) => b.endsAt);
    const readies = [...this.bodies.values()].flatMap((b) => this.#changesAt(b));
    if (this.#knowsFrom > this.now) readies.push(this.#knowsFrom);
    const next = Math.min(...ends, ...readies.filter((at) => at > this.now), plan.wakeAt ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) return false;
    this.now = Math.max(this.now + 1, next);
    for (const [name, { step, endsAt }] of [...this.#busy]) {
      if (endsAt > this.now) continue;
      this.#busy.delete(name);
      this.#effect(name, step);
    }
    return true;
  }

  #behaviour(b: Body): Behaviour {
    return this.#setup.behaviours[b.hash] ?? { readyAfter: 50, diesAfter: null };
  }

  #readySince(b: Body): number | null {
    const { readyAfter } = this.#behaviour(b);
    if (b.life !== "running" || b.startedAt === null || readyAfter === null) return null;
    return b.startedAt + readyAfter <= this.now ? b.startedAt + readyAfter : null;
  }

  /** As the daemon that lives now has heard it. */
  #heardReady(b: Body): number | null {
    const since = this.#readySince(b);
    return since === null || this.now < this.#knowsFrom ? null : Math.max(since, this.#knowsFrom);
  }

  #changesAt(b: Body): number[] {
    const { readyAfter, diesAfter } = this.#behaviour(b);
    if (b.life !== "running" || b.startedAt === null) return [];
    const at = b.startedAt;
    const drained = b.drainingSince === null ? [] : [b.drainingSince + this.#setup.sessions * this.#setup.msPerSession];
    return [...drained, ...(readyAfter === null ? [] : [at + readyAfter]), ...(diesAfter === null ? [] : [at + diesAfter])];
  }

  #time(): void {
    for (const b of this.bodies.values()) {
      const { diesAfter } = this.#behaviour(b);
      if (b.life === "running" && b.startedAt !== null && diesAfter !== null && this.now >= b.startedAt + diesAfter) this.kill(b.name);
      if (b.route?.state === "drain" && b.drainingSince !== null) {
        const ended = Math.floor((this.now - b.drainingSince) / Math.max(1, this.#setup.msPerSession));
        b.route = { ...b.route, state: "drain", sessions: Math.max(0, this.#setup.sessions - ended) };
      }
    }
  }

  #observe(): Observed[] {
    const seen: Observed[] = [...this.bodies.values()].map((b) => ({
      name: b.name,
      revision: b.revision,
      slot: b.slot,
      attempt: b.attempt,
      generation: b.generation,
      instanceHash: b.hash,
      life: b.life,
      revives: false,
      built: true,
      outside: false,
      createdAt: b.createdAt,
      startedAt: b.startedAt,
      exitCode: b.exitCode,
      worn: b.worn,
      sick: false,
      readySince: this.#heardReady(b),
      probedSince: b.startedAt === null ? null : Math.max(b.startedAt, this.#asksSince),
      probeDetail: null,
      route: b.route,
      drainingSince: b.drainingSince,
      evidence: b.evidence,
      ...(b.heal === undefined ? {} : { heal: b.heal }),
      ...(b.quarantine === undefined ? {} : { quarantine: b.quarantine }),
      busy: this.#busy.get(b.name)?.step.do ?? null,
    }));
    for (const [name, { step }] of this.#busy)
      if (!this.bodies.has(name) && step.slot > 0)
        seen.push({
          name,
          revision: step.revision,
          slot: step.slot,
          attempt: step.attempt,
          generation: this.desired.generation,
          instanceHash: this.#hashOf(step),
          life: "created",
          revives: false,
          built: true,
          createdAt: null,
          startedAt: null,
          exitCode: null,
          worn: false,
          sick: false,
          readySince: null,
          probedSince: null,
          probeDetail: null,
          route: null,
          drainingSince: null,
          evidence: false,
          outside: false,
          busy: step.do,
        });
    return seen;
  }

  #hashOf(step: Step): string {
    return this.desired.sides?.find(({ revision }) => revision === step.revision)?.instanceHash ?? this.desired.instanceHash;
  }

  #takesTraffic(b: Body): boolean {
    return (
      b.life === "running" &&
      this.#readySince(b) !== null &&
      (this.desired.routed ? b.route?.state === "ready" : true) &&
      this.#busy.get(b.name)?.step.do !== "stop"
    );
  }

  #begin(step: Step): void {
    if (this.#busy.has(step.instance)) this.broken.push(`${step.instance} got ${step.do} while busy`);
    const body = this.bodies.get(step.instance);
    if (step.do === "stop" && body?.route != null && body.route.state !== "maint") {
      if (body.route.state === "ready") this.broken.push(`${step.instance} was stopped while the router sent to it`);
      const limit = (body.drainingSince ?? this.now) + this.desired.bounds.drainMs;
      if (body.route.sessions > 0 && this.now < limit)
        this.broken.push(`${step.instance} was stopped with ${body.route.sessions} sessions before the limit`);
    }
    if (step.do === "remove" && body?.life === "running") this.broken.push(`${step.instance} was removed while it ran`);
    if (step.do === "remove" && body?.route != null) this.broken.push(`${step.instance} was removed while the router knew it`);
    if (step.do === "route" && body !== undefined && this.#readySince(body) === null)
      this.broken.push(`${step.instance} was routed before it was ready`);
    this.done.push(step);
    this.#busy.set(step.instance, { step, endsAt: this.now + this.#chance.upTo(400) });
    // The router takes an instance out at the beginning of a drain, not at its end.
    if (step.do === "drain" && body?.route != null) {
      body.drainingSince = this.now;
      body.route = { ...body.route, state: "drain", sessions: this.#setup.sessions };
    }
  }

  #effect(name: string, step: Step): void {
    const body = this.bodies.get(name);
    if (step.do === "weigh")
      for (const [weighed, weight] of Object.entries(step.weights ?? {})) {
        const one = this.bodies.get(weighed);
        if (one?.route != null) one.route = { ...one.route, weight };
      }
    if (step.do === "stage") this.desired = { ...this.desired, movement: staged(this.desired.movement, step, this.now) };
    if (step.do === "create") {
      if (body !== undefined) return;
      this.bodies.set(name, {
        name,
        revision: step.revision,
        slot: step.slot,
        attempt: step.attempt,
        generation: this.desired.generation,
        hash: this.#hashOf(step),
        life: "created",
        createdAt: this.now,
        startedAt: null,
        exitCode: null,
        worn: false,
        route: null,
        drainingSince: null,
        evidence: false,
      });
      return;
    }
    if (body === undefined) return;
    if (step.do === "start" && body.life === "created") [body.life, body.startedAt] = ["running", this.now];
    if (step.do === "route" && body.life === "running")
      [body.route, body.drainingSince] = [{ state: "ready", sessions: 0, weight: step.weights?.[name] ?? 100 }, null];
    if (step.do === "cut" && body.route !== null) body.route = { ...body.route, sessions: 0 };
    if (step.do === "stop" && body.life === "running") [body.life, body.exitCode] = ["ended", 0];
    if (step.do === "unroute") body.route = null;
    if (step.do === "remove" && body.life !== "running") this.bodies.delete(name);
    if (step.do === "complete") {
      this.bodies.delete(name);
      this.desired = { ...this.desired, completed: [...this.desired.completed, step.slot] };
    }
    if (step.do === "fail" || step.do === "crash") this.#takeOut(body, step);
  }

  #takeOut(body: Body, step: Step): void {
    const crash: Crash = { revision: step.revision, slot: step.slot, attempt: step.attempt, at: this.now };
    const { movement } = this.desired;
    const first = step.do === "fail" && movement !== null && movement.failures.length === 0;
    if (first) [body.life, body.route, body.evidence, body.exitCode] = ["ended", null, true, body.exitCode ?? 137];
    else this.bodies.delete(body.name);
    const moved: Movement | null =
      movement === null || step.do !== "fail" ? movement : { ...movement, failures: [...movement.failures, step.because] };
    this.desired = { ...this.desired, crashes: [...this.desired.crashes, crash], movement: moved };
  }

  #judge(): void {
    const { replicas } = this.desired;
    const alive = [...this.bodies.values()].filter((b) => b.life !== "ended" && !b.evidence && !kept(b));
    const making = [...this.#busy.values()].filter((b) => b.step.do === "create" && !this.bodies.has(b.step.instance)).length;
    if (replicas > 0 && alive.length + making > 2 * Math.max(replicas, this.#most))
      this.broken.push(`${alive.length + making} instances for ${replicas} wanted`);
    const useful = [...this.bodies.values()].filter(
      (b) =>
        b.life === "running" &&
        b.drainingSince === null &&
        !b.evidence &&
        !kept(b) &&
        !this.#interrupted.has(b.name) &&
        !ENDING.has(this.#busy.get(b.name)?.step.do ?? ""),
    );
    const { parallelism, delayMs, monitorMs } = this.desired.bounds;
    const batch = parallelism === 0 ? replicas : Math.min(parallelism, replicas);
    // While one that is ready proves itself or is routed, the next batch begins, and while it proves itself one more, unless somebody
    // asked for a pause (ADR 0005).
    const surge = delayMs + monitorMs === 0 ? 2 * batch + Number(this.desired.provingMs > 0) : batch;
    const most = Math.max(replicas, this.#most);
    // Sets that stood side by side are thinned out in their own way; the total above holds for them too.
    this.#sided ||= this.desired.sides !== undefined;
    if (!this.#sided && replicas > 0 && useful.length > most + surge)
      this.broken.push(`${useful.length} run for ${replicas} wanted with a surge of ${surge}`);
    const [unready, ready] = [useful.filter((b) => this.#readySince(b) === null), useful.filter((b) => this.#readySince(b) !== null)];
    // With nothing missing, what starts is one batch: nobody begins beside one that is still starting.
    const missing = ready.filter(({ hash }) => hash !== this.desired.instanceHash).length < most;
    if (!this.#sided && replicas > 0 && !missing && unready.length > batch)
      this.broken.push(`${unready.length} not ready at once for ${replicas} wanted in batches of ${batch}`);
    const starting = [...this.#busy.values()].filter((b) => b.step.do === "start").map((b) => b.step.slot);
    const writers = [...starting, ...[...this.bodies.values()].filter((b) => b.life === "running").map((b) => b.slot)];
    if (this.desired.exclusive === "service" && writers.length > 1) this.broken.push(`${writers.length} writers at once`);
    const twice = writers.find((slot, at) => writers.indexOf(slot) !== at);
    if (this.desired.exclusive === "slot" && twice !== undefined) this.broken.push(`two writers in slot ${twice}`);
  }

  /** The most instances that were there when the run began: scaling down starts above 2 x the new number. */
  #most = 0;
  remember(): void {
    this.#most = this.bodies.size;
  }
}

/** In quarantine and out of the rotation: it runs for people to look into. */
const kept = (b: Body): boolean => b.quarantine !== undefined && b.route === null;
