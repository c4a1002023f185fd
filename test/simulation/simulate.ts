import { InstarError } from "../../src/errors.ts";
import type { DeploymentView } from "../../src/reconcile/control.ts";
import { Daemon } from "../../src/reconcile/daemon.ts";
import type { Engine, Router } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { backendName } from "../../src/route/names.ts";
import { upRequest } from "../conformance/up-request.ts";
import { createFakeEngine, type FakeEngine } from "../sim/fake-engine.ts";
import { FakeRegistries } from "../sim/fake-registries.ts";
import { createFakeRouter, type FakeRouter } from "../sim/fake-router.ts";
import { LAWS } from "./laws.ts";
import { Life, type Weather } from "./life.ts";
import { memoryStore } from "./memory-store.ts";
import { Random } from "./random.ts";
import { behaviourOf, HOLD_MS, KEY, PORT, stackOf } from "./service.ts";
import { type Happening, IMAGES, type Image, isGood, type Setting, type Story } from "./story.ts";
import { ALL_SAVED, ENGINE, FILES, NO_CONTEXTS, NO_SNAPSHOTS, OUTSIDE, ROUTER, STORE } from "./surroundings.ts";
import { SimulatedTime, settle } from "./time.ts";
import { Traffic } from "./traffic.ts";

const BEGINNING = 1_700_000_000_000;
/** Everything has come to rest long before, or something is wrong. */
const PATIENCE_MS = 900_000;

export interface Report {
  /** Sentences; empty: every law held. */
  readonly violations: readonly string[];
  readonly arrived: number;
  /** Lost where laws.md allows it: on an instance or a router that the world ended. */
  readonly excused: number;
  readonly passes: number;
  readonly simulatedMs: number;
}

/** One story from its first `up` to rest. Equal stories give equal reports. */
export async function simulate(story: Story, log: (line: string) => void = () => undefined): Promise<Report> {
  return new Simulation(story, log).run();
}

class Simulation {
  readonly #story: Story;
  readonly #setting: Setting;
  readonly #say: (line: string) => void;
  readonly #log: (line: string) => void;
  readonly #random: Random;
  readonly #time = new SimulatedTime(BEGINNING);
  readonly #engine: FakeEngine;
  readonly #router: FakeRouter;
  readonly #traffic: Traffic;
  readonly #violations = new Set<string>();
  readonly #stopped = new Set<string>();
  /** Of the answers of every port, while the weather is bad. */
  #lostShare = 0;
  #quiet = false;
  #isOpen = false;
  #store!: Store;
  #life!: Life;
  #daemon!: Daemon;
  #replicas: number;
  /** Images whose deployment was accepted, newest last; a null is a wish whose answer never came. */
  readonly #wishes: (Image | null)[] = [];
  /** Nobody could bring an instance back: the daemon was dead, the engine away or the host down. Who waited then may have waited too long. */
  readonly #excuses: { readonly from: number; to: number }[] = [];

  constructor(story: Story, log: (line: string) => void) {
    this.#story = story;
    this.#setting = story.setting;
    this.#say = log;
    this.#log = (line) => this.#tell(this.#time.now(), line);
    this.#random = new Random(story.seed ^ 0x5eed);
    this.#replicas = story.setting.replicas;
    this.#engine = createFakeEngine({ clock: this.#time, installation: "sim" });
    this.#router = createFakeRouter({ clock: this.#time });
    for (const image of Object.keys(IMAGES) as Image[]) {
      this.#engine.control.images.add(image);
      this.#engine.control.behave(image, behaviourOf(image, story.setting));
    }
    const stop = this.#engine.stop.bind(this.#engine);
    Object.assign(this.#engine, {
      stop: (name: string, how: Parameters<Engine["stop"]>[1]) => {
        this.#stopped.add(name);
        return stop(name, how);
      },
    });
    this.#traffic = new Traffic({
      time: this.#time,
      engine: this.#engine,
      router: this.#router,
      random: new Random(story.seed ^ 0x7aff1c),
      backend: backendName(KEY.stack, KEY.service, PORT),
      quiet: () => {
        this.#quiet = true;
      },
      stoppedByInstar: (name) => this.#stopped.has(name),
    });
  }

  #tell(at: number, line: string): void {
    this.#say(`${String(at - BEGINNING).padStart(7)} ${line}`);
  }

  async run(): Promise<Report> {
    const began = this.#time.now();
    this.#store = await memoryStore("sim");
    this.#open();
    await this.#until(async () => this.#isOpen, "the daemon's start");
    await this.#ask("up", (daemon) => daemon.control.up(upRequest(stackOf(this.#setting, "app:v1"))), "app:v1");
    if (await this.#until(() => this.#atRest(), "the first up")) {
      this.#traffic.start(this.#setting.rate, this.#setting.slowestMs);
      const start = this.#time.now();
      for (const happening of this.#story.happenings)
        this.#time.after(start + happening.at - this.#time.now(), () => this.#happen(happening));
      await this.#pass(() => this.#time.now() >= start + 15_000, start + 60_000);
      await this.#until(() => this.#atRest(), "the end");
      this.#traffic.stop();
      await this.#until(async () => this.#traffic.open === 0, "the last request");
      await this.#judge();
    }
    for (const { at, message } of await this.#store.events({ limit: 10_000 })) this.#tell(at, `event: ${message}`);
    const excused = this.#judgeLosses();
    return {
      violations: [...this.#violations],
      arrived: this.#traffic.arrived,
      excused,
      passes: this.#engine.control.calls.filter(({ call }) => call === "instances").length,
      simulatedMs: this.#time.now() - began,
    };
  }

  // ------------------------------------------------------------------------------------------ time

  async #until(done: () => Promise<boolean>, what: string): Promise<boolean> {
    const limit = this.#time.now() + PATIENCE_MS;
    for (;;) {
      if (await done()) return true;
      if (this.#time.now() >= limit || !(await this.#pass(() => false, this.#time.now() + 500))) {
        this.#violations.add(`it never came to rest (${what}): ${await this.#state()}`);
        return false;
      }
    }
  }

  /** Goes on until `done` or so far; false when nothing at all waits any more. */
  async #pass(done: () => boolean, limit: number): Promise<boolean> {
    let marked = false;
    this.#time.after(limit - this.#time.now(), () => {
      marked = true;
      this.#quiet = true;
    });
    await settle();
    while (!done() && !marked) {
      this.#quiet = false;
      if (!this.#time.step(limit)) return false;
      if (this.#quiet) continue;
      await settle();
      this.#traffic.notice();
      for (const law of LAWS) {
        const seen = law.broken({ engine: this.#engine, router: this.#router, setting: this.#setting, replicas: this.#replicas });
        if (seen !== null) this.#violations.add(`${law.sentence} But: ${seen}`);
      }
    }
    return true;
  }

  // ------------------------------------------------------------------------------------------ the daemon

  #open(): void {
    const dead = this.#excuses.at(-1);
    if (dead !== undefined && dead.to === Number.POSITIVE_INFINITY) dead.to = this.#time.now() + HOLD_MS;
    const life = new Life(this.#time, () => {
      this.#log("the daemon is killed");
      this.#excuses.push({ from: this.#time.now(), to: Number.POSITIVE_INFINITY });
    });
    this.#life = life;
    const weather = (longestMs: number): Weather => ({
      delay: () => (longestMs === 0 ? [0, 0] : [this.#random.whole(0, longestMs), this.#random.whole(0, longestMs)]),
      lost: (call) =>
        this.#lostShare > 0 && this.#random.chance(this.#lostShare) ? new InstarError("INS3001", `the answer to ${call} was lost`) : null,
    });
    const calm: Weather = { ...weather(this.#setting.storeMs), lost: () => null };
    const engine: Engine = life.through(this.#engine, ENGINE, weather(this.#setting.engineMs));
    const router: Router = life.through(this.#router, ROUTER, weather(this.#setting.routerMs));
    const daemon = new Daemon({
      engine,
      router,
      store: life.through(this.#store, STORE, calm),
      files: FILES,
      prober: { probe: async (_check, address) => (life.over ? new Promise(() => undefined) : this.#engine.control.probe(address)) },
      snapshots: NO_SNAPSHOTS,
      registries: new FakeRegistries(this.#engine.control.images),
      saved: ALL_SAVED,
      contexts: NO_CONTEXTS,
      ...OUTSIDE,
      hooks: { post: async () => ({ status: 404, body: "" }) },
      clock: life.clock,
      pool: "10.209.0.0/16",
      httpPort: 80,
      fault: () => undefined,
      report: (message, error) => {
        if (!life.over) this.#log(`daemon: ${message}: ${String(error)}`);
        if (!(error instanceof InstarError) || error.code === "INS7005")
          this.#violations.add(`an unforeseen error: ${message}: ${String(error)}`);
      },
    });
    this.#daemon = daemon;
    daemon.open().then(
      () => {
        this.#isOpen = true;
        this.#log("the daemon is open");
      },
      (error: unknown) => {
        this.#log(`the daemon could not start: ${String(error)}`);
        life.killAt(0, false);
        this.#time.after(1_000, () => this.#life === life && this.#open());
      },
    );
  }

  /** Somebody asks; the answer may never come. */
  async #ask(what: string, ask: (daemon: Daemon) => Promise<unknown>, wish: Image | null | undefined): Promise<void> {
    const place = wish === undefined ? -1 : this.#wishes.push(null) - 1;
    this.#log(`asked: ${what}`);
    ask(this.#daemon).then(
      (answer) => {
        this.#log(`answered: ${what}${idOf(answer)}`);
        if (place >= 0 && wish !== undefined) this.#wishes[place] = wish;
      },
      (error: unknown) => {
        this.#log(`refused: ${what}: ${String(error)}`);
        if (!(error instanceof InstarError) || error.code === "INS7005")
          this.#violations.add(`an unforeseen error: ${what}: ${String(error)}`);
      },
    );
  }

  // ------------------------------------------------------------------------------------------ the world

  #happen(happening: Happening): void {
    const { do: what, at: _at, ...how } = happening;
    this.#log(`happens: ${what} ${JSON.stringify(how)}`);
    const { control } = this.#engine;
    const now = this.#time.now();
    const running = control.containers().filter((one) => one.state === "running");
    const nth = "nth" in happening ? running[happening.nth % Math.max(1, running.length)] : undefined;
    switch (happening.do) {
      case "deploy":
        return void this.#ask(
          `deploy ${happening.image}`,
          (d) => d.control.up(upRequest(stackOf(this.#setting, happening.image), { forceFile: true, unpin: true })),
          happening.image,
        );
      case "rollback":
        return void this.#ask("rollback", (d) => d.control.rollback(KEY, { to: null, data: false }, "sim"), null);
      case "recycle":
        return void this.#ask("recycle", (d) => d.control.recycle(KEY, "sim"), undefined);
      case "redeploy":
        return void this.#ask("redeploy", (d) => d.control.redeploy(KEY, "sim"), undefined);
      case "scale":
        this.#replicas = Math.max(this.#replicas, happening.replicas);
        return void this.#ask(`scale to ${happening.replicas}`, (d) => d.control.scale(KEY, happening.replicas, "sim"), undefined);
      case "pause":
      case "resume":
      case "abort":
        return void this.#steer(happening.do);
      case "kill-daemon": {
        const life = this.#life;
        life.killAt(happening.effects, happening.atAnswer);
        const again = (): void => {
          if (this.#life !== life) return;
          life.killAt(0, false);
          this.#open();
        };
        this.#time.after(happening.awayMs + (life.over ? 0 : 10_000), again);
        return;
      }
      case "end":
        if (nth !== undefined) control.crash(nth.blueprint.name);
        return;
      case "vanish":
        if (nth !== undefined) {
          control.crash(nth.blueprint.name);
          control.vanish(nth.blueprint.name);
        }
        return;
      case "touch-router":
        if (nth !== undefined) this.#router.control.meddle(nth.blueprint.name, "maint");
        return;
      case "reboot":
        this.#excuses.push({ from: now, to: now + HOLD_MS });
        return control.reboot();
      case "restart-router":
        this.#traffic.cut();
        return this.#router.control.crash();
      case "replace-router":
        return void this.#ask("replace the router", (d) => d.control.replaceRouter("sim"), undefined);
      case "engine-away":
        control.setDown(true);
        this.#excuses.push({ from: now, to: now + happening.forMs + HOLD_MS });
        this.#time.after(happening.forMs, () => control.setDown(false));
        return;
      case "router-away":
        this.#router.control.setDown(true);
        this.#time.after(happening.forMs, () => this.#router.control.setDown(false));
        return;
      case "lose-events":
        control.loseEvents(true);
        this.#time.after(happening.forMs, () => control.loseEvents(false));
        return;
      case "lose-answers":
        this.#lostShare = happening.share;
        this.#time.after(happening.forMs, () => {
          this.#lostShare = 0;
        });
        return;
      default:
        return happening satisfies never;
    }
  }

  async #steer(how: "pause" | "resume" | "abort"): Promise<void> {
    const row = await this.#store.service(KEY);
    const id = row?.deployment;
    if (id == null) return;
    await this.#ask(`${how} ${id}`, (d) => d.control[how](id, "sim"), how === "abort" ? null : undefined);
    // Nobody is left waiting for somebody who forgot.
    if (how === "pause") this.#time.after(5_000, () => void this.#ask(`resume ${id}`, (d) => d.control.resume(id, "sim"), undefined));
  }

  // ------------------------------------------------------------------------------------------ judging

  /** Nothing is under way, and what runs is what is wanted. */
  async #atRest(): Promise<boolean> {
    const row = await this.#store.service(KEY);
    if (row === null || row.deployment !== null || this.#life.over) return false;
    const revision = await this.#store.revision(row, row.target);
    const alive = this.#engine.control.containers().filter((one) => one.alive);
    const serving = this.#router.control.serving(backendName(KEY.stack, KEY.service, PORT)).map(({ name }) => name);
    return (
      revision !== null &&
      alive.length === row.replicas &&
      serving.length === row.replicas &&
      alive.every(
        (one) => one.blueprint.instanceHash === revision.instanceHash && one.probe() === null && serving.includes(one.blueprint.name),
      )
    );
  }

  async #state(): Promise<string> {
    const row = await this.#store.service(KEY);
    const deployment = row?.deployment == null ? null : await this.#store.deployment(row.deployment);
    const instances = this.#engine.control.containers().map((one) => `${one.blueprint.name} ${one.state}`);
    const servers = this.#router.control.table().backends.flatMap(({ servers }) => servers.map(({ name, state }) => `${name} ${state}`));
    return `${deployment === null ? "no deployment" : `${deployment.id} ${deployment.outcome} ${deployment.direction}`}, wants revision ${row?.target} × ${row?.replicas}; engine: ${instances.join(", ")}; router: ${servers.join(", ")}`;
  }

  async #judge(): Promise<void> {
    const row = await this.#store.service(KEY);
    const revision = row === null ? null : await this.#store.revision(row, row.target);
    const image = revision?.spec.image as Image;
    if (!isGood(image)) this.#violations.add(`what serves in the end is ${image}, which is not good`);
    const known = this.#wishes.every((wish) => wish !== null);
    const last = this.#wishes.at(-1);
    if (known && last !== undefined && last !== null && isGood(last) && image !== last)
      this.#violations.add(`the last wish was ${last}, and ${image} serves`);
    for (const deployment of await this.#store.deployments(KEY, 100)) {
      if (deployment.endedAt === null) this.#violations.add(`${deployment.id} never ended`);
      const target = await this.#store.revision(KEY, deployment.to);
      if (deployment.outcome === "succeeded" && target !== null && !isGood(target.spec.image as Image))
        this.#violations.add(`${deployment.id} of ${target.spec.image} is said to have succeeded`);
    }
    const left = this.#engine.control.containers().filter((one) => !one.alive);
    if (left.length > 1) this.#violations.add(`left behind: ${left.map((one) => `${one.blueprint.name} ${one.state}`).join(", ")}`);
  }

  /** How many losses laws.md allows; the others are violations, those of one cause together. */
  #judgeLosses(): number {
    const causes = new Map<string, number[]>();
    let excused = 0;
    for (const { at, why, instance, byTheWorld, waited } of this.#traffic.losses) {
      if (byTheWorld || (waited && this.#excuses.some(({ from, to }) => at >= from && at <= to))) excused++;
      else {
        const cause = `${why}${instance === null ? "" : ` (${instance})`}`;
        causes.set(cause, [...(causes.get(cause) ?? []), at - BEGINNING]);
      }
    }
    for (const [cause, times] of causes)
      this.#violations.add(`${times.length} requests lost from ${times[0]} ms to ${times.at(-1)} ms: ${cause}`);
    return excused;
  }
}

const idOf = (answer: unknown): string => {
  const { deployments, id } = (answer ?? {}) as { deployments?: readonly DeploymentView[]; id?: string };
  const ids = deployments?.map((one) => `${one.id} ${one.outcome}`) ?? (id === undefined ? [] : [id]);
  return ids.length === 0 ? "" : `: ${ids.join(", ")}`;
};
