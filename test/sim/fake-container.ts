import { restartPolicy } from "../../src/engine/docker/body.ts";
import { InstarError } from "../../src/errors.ts";
import type { ConfigurationDifference } from "../../src/reconcile/drift-engine.ts";
import type { ExecSession } from "../../src/reconcile/exec-engine.ts";
import type { Blueprint, Clock, EngineInstance, LogLine } from "../../src/reconcile/ports.ts";

/** What the program in an image does. Times are in ms on the world's clock. */
export interface Behaviour {
  /** From the start call to a running process. */
  readonly startMs: number;
  /** Ends by itself, so long after it runs; null: it stays. */
  readonly endsAfterMs: number | null;
  readonly exitCode: number;
  /** From then until the engine knows of it. */
  readonly toldAfterMs?: number;
  /** From SIGTERM to its end; null: it does not listen. */
  readonly stopMs: number | null;
  readonly stopCode: number;
  /** Answers probes, so long after it runs; null: never. */
  readonly readyAfterMs: number | null;
  /** Its own healthcheck turns `healthy` so long after it runs, null: turns `unhealthy` at once; undefined: it has none. */
  readonly healthyAfterMs?: number | null;
  /** Written once it runs; those that begin with `!` to stderr. */
  readonly lines: readonly string[];
}

export const STEADY: Behaviour = { startMs: 0, endsAfterMs: null, exitCode: 0, stopMs: 0, stopCode: 0, readyAfterMs: 0, lines: [] };

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGUSR1: 10, SIGUSR2: 12 };
const KILLED = 137;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 60_000;

type Emit = (action: string, exitCode: number | null) => void;

/** One container of a simulated engine: its states, its restart policy and its log. */
export class FakeContainer {
  readonly id: string;
  readonly blueprint: Blueprint;
  readonly createdAt: number;
  readonly log: LogLine[] = [];
  readonly followers = new Set<() => void>();
  attached: string[] = [];
  /** How many processes it has had. */
  lives = 0;
  state: EngineInstance["state"] = "created";
  health: EngineInstance["health"] = "none";
  /** null: as the behaviour says. */
  ready: string | null | undefined;
  private readonly clock: Clock;
  private readonly behaviour: () => Behaviour;
  private readonly emit: Emit;
  startedAt: number | null = null;
  private finishedAt: number | null = null;
  private exitCode: number | null = null;
  private restartCount = 0;
  private stoppedByHand = false;
  /** Its process has ended, and the engine does not know yet. */
  gone = false;
  private timers: (() => void)[] = [];

  constructor(id: string, blueprint: Blueprint, clock: Clock, behaviour: () => Behaviour, emit: Emit) {
    this.id = id;
    this.blueprint = blueprint;
    this.createdAt = clock.now();
    this.clock = clock;
    this.behaviour = behaviour;
    this.emit = emit;
  }

  /** An `echo` of its arguments. */
  enter(command: readonly string[]): ExecSession {
    for (const action of ["exec_create", "exec_start"]) this.emit(`${action}: ${command.join(" ")}`, null);
    async function* output() {
      yield { stream: "stdout", payload: Buffer.from(`${command.slice(1).join(" ")}\n`) } as const;
    }
    return {
      output: output(),
      write: async () => undefined,
      endInput: () => undefined,
      resize: async () => undefined,
      exitCode: async () => 0,
      close: () => undefined,
    };
  }

  /** Paths of its layer that somebody wrote. */
  readonly written: string[] = [];

  /** Compared as a whole: a fake was made from its blueprint, and nothing else. */
  differences(against: Blueprint): ConfigurationDifference[] {
    const keys = ["name", "image", "spec", "networks", "volumeNames", "slotVolumes", "files"] as const;
    return keys.flatMap((path) => {
      const [expected, found] = [JSON.stringify(against[path] ?? null), JSON.stringify(this.blueprint[path] ?? null)];
      return expected === found ? [] : [{ path, expected, found, changeable: path === "name" }];
    });
  }

  /** What it was sent besides its end. */
  readonly signals: string[] = [];

  signal(name: string): void {
    if (this.state !== "running") throw new InstarError("INS3005", `the engine refused: ${this.blueprint.name} is not running`);
    this.signals.push(name);
    this.emit(`kill: ${SIGNALS[name] ?? name}`, null);
  }

  get built(): boolean {
    return this.blueprint.networks.every((network) => this.attached.includes(network.name));
  }

  /** The process is there, or about to be again. */
  get alive(): boolean {
    return this.state === "running" || this.state === "paused" || this.state === "restarting";
  }

  get everStarted(): boolean {
    return this.startedAt !== null;
  }

  async start(): Promise<void> {
    const { startMs } = this.behaviour();
    if (startMs > 0) await new Promise<void>((resolve) => this.clock.after(startMs, resolve));
    this.stoppedByHand = false;
    this.restartCount = 0;
    this.run();
  }

  private run(): void {
    const { endsAfterMs, exitCode, toldAfterMs = 0, healthyAfterMs, lines } = this.behaviour();
    this.state = "running";
    this.gone = false;
    this.lives += 1;
    this.startedAt = this.clock.now();
    this.exitCode = null;
    this.emit("start", null);
    for (const line of lines) this.write(line);
    if (healthyAfterMs === null) this.turn("unhealthy");
    else if (healthyAfterMs !== undefined) {
      this.health = "starting";
      this.later(healthyAfterMs, () => this.turn("healthy"));
    }
    if (endsAfterMs === null) return;
    if (toldAfterMs === 0) this.later(endsAfterMs, () => this.end(exitCode));
    else
      this.later(endsAfterMs, () => {
        this.gone = true;
        this.later(toldAfterMs, () => this.end(exitCode));
      });
  }

  turn(health: "healthy" | "unhealthy"): void {
    this.health = health;
    this.emit(`health_status: ${health}`, null);
  }

  write(line: string): void {
    const stream = line.startsWith("!") ? "stderr" : "stdout";
    this.log.push({ at: this.clock.now(), stream, instance: this.blueprint.name, text: line.replace(/^!/, "") });
    for (const wake of this.followers) wake();
  }

  /** The process is gone, by whatever cause. */
  end(exitCode: number): void {
    if (this.state !== "running" && this.state !== "paused") return;
    this.disarm();
    this.exitCode = exitCode;
    this.finishedAt = this.clock.now();
    this.health = "none";
    const again = !this.stoppedByHand && this.restarts(exitCode);
    this.state = again ? "restarting" : "exited";
    this.emit("die", exitCode);
    if (again) {
      const pause = Math.min(FIRST_BACKOFF_MS * 2 ** this.restartCount, LONGEST_BACKOFF_MS);
      this.later(pause, () => {
        this.restartCount += 1;
        this.run();
      });
    }
    for (const wake of this.followers) wake();
  }

  private restarts(exitCode: number): boolean {
    const { policy, maxAttempts } = this.blueprint.spec.restart;
    if (policy === "on-failure") return exitCode !== 0 && (maxAttempts === 0 || this.restartCount < maxAttempts);
    return policy !== "no";
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.alive) return;
    this.stoppedByHand = true;
    if (this.state === "restarting") {
      this.disarm();
      this.state = "exited";
      this.emit("stop", null);
      for (const wake of this.followers) wake();
      return;
    }
    this.emit("kill: 15", null);
    const { stopMs, stopCode } = this.behaviour();
    const obeys = stopMs !== null && stopMs < graceMs;
    const waitMs = obeys ? stopMs : graceMs;
    if (waitMs > 0) await new Promise<void>((resolve) => this.clock.after(waitMs, resolve));
    if (!obeys) this.emit("kill: 9", null);
    this.end(obeys ? stopCode : KILLED);
    this.emit("stop", null);
  }

  /**
   * The engine or the host went down and came back. By the policy it was made with, `always` brings back what was stopped, too.
   * @param cold the engine was killed and keeps nothing alive: it ends what still runs as it starts, and for `unless-stopped` that is
   *   a stop by somebody (20.10)
   */
  reboot(cold: boolean): void {
    const { Name } = restartPolicy(this.blueprint.spec.restart);
    const comesBack = Name === "always" ? this.everStarted : Name === "unless-stopped" && this.alive && !cold;
    if (this.alive) {
      this.disarm();
      this.state = "exited";
      this.exitCode = KILLED;
      this.finishedAt = this.clock.now();
    }
    if (comesBack) this.run();
  }

  /** It takes connections: it runs and has booted, whatever its healthcheck says. */
  get listens(): boolean {
    const { readyAfterMs } = this.behaviour();
    if (this.state !== "running" || this.startedAt === null || this.gone || readyAfterMs === null) return false;
    return this.clock.now() >= this.startedAt + readyAfterMs;
  }

  /** null: it answers; else why not, in words. */
  probe(): string | null {
    if (this.state !== "running" || this.startedAt === null || this.gone) return "connection refused";
    if (this.ready !== undefined) return this.ready;
    const { readyAfterMs } = this.behaviour();
    if (readyAfterMs === null || this.clock.now() < this.startedAt + readyAfterMs) return "HTTP 503";
    return null;
  }

  view(addresses: Readonly<Record<string, string>>, image: string): EngineInstance {
    const { name, stack, service, revision, slot, attempt, generation, instanceHash } = this.blueprint;
    return {
      ...{ name, stack, service, revision, slot, attempt, generation, instanceHash },
      id: this.id,
      state: this.state,
      built: this.built,
      addresses,
      image,
      createdAt: this.createdAt,
      startedAt: this.startedAt,
      finishedAt: this.finishedAt,
      exitCode: this.exitCode,
      oomKilled: false,
      restartCount: this.restartCount,
      health: this.health,
      healthDetail: this.health === "unhealthy" ? "unhealthy, as the world was told" : null,
    };
  }

  private later(ms: number, then: () => void): void {
    this.timers.push(this.clock.after(ms, then));
  }

  disarm(): void {
    for (const cancel of this.timers) cancel();
    this.timers = [];
  }
}
