import { InstarError } from "../../src/errors.ts";
import { Daemon } from "../../src/reconcile/daemon.ts";
import type { Engine, Router } from "../../src/reconcile/ports.ts";
import { upRequest } from "../conformance/up-request.ts";
import { createFakeEngine, type FakeEngine } from "../sim/fake-engine.ts";
import { FakeRegistries } from "../sim/fake-registries.ts";
import { createFakeRouter, type FakeRouter } from "../sim/fake-router.ts";
import { createFakeStore } from "../sim/fake-store.ts";
import { Absences } from "./absences.ts";
import { BACKEND, brokenAtTheEnd, brokenByLosses, comesLate, isAtRest, type Judged, standing } from "./judge.ts";
import { brokenNow, type Violation } from "./laws.ts";
import { Life } from "./life.ts";
import { strike } from "./misfortunes.ts";
import type { Wish } from "./possible.ts";
import { Random } from "./random.ts";
import { behaviourOf, type File, holdOf, KEY, stackOf } from "./service.ts";
import { type Happening, IMAGES, type Image, isGood, type Setting, type Story } from "./story.ts";
import { ALL_SAVED, ENGINE, FILES, NO_CONTEXTS, NO_SNAPSHOTS, OUTSIDE, ROUTER, STORE } from "./surroundings.ts";
import { SimulatedTime, settle } from "./time.ts";
import { type Loss, processOf, Traffic } from "./traffic.ts";
import { Skies } from "./weather.ts";
import { deploymentsIn, Wishes } from "./wishes.ts";

const BEGINNING = 1_700_000_000_000;
/** Everything has come to rest long before, or something is wrong. */
const PATIENCE_MS = 900_000;

export interface Report {
  /** Empty: every law held. */
  readonly violations: readonly Violation[];
  readonly arrived: number;
  /** Lost where laws.md allows it: on an instance or a router that the world ended. */
  readonly excused: number;
  readonly passes: number;
  readonly simulatedMs: number;
  /** How many ends were admissible; 0: it did not come to one. */
  readonly ends: number;
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
  readonly #skies: Skies;
  readonly #time = new SimulatedTime(BEGINNING);
  readonly #engine: FakeEngine;
  readonly #router: FakeRouter;
  readonly #traffic: Traffic;
  readonly #violations = new Map<string, Violation>();
  readonly #contents = new Map<string, string>();
  readonly #known = new Set<string>();
  /** Processes. */
  readonly #stopped = new Set<string>();
  /** Questions that this daemon has not answered yet, and kills that have not happened. */
  readonly #asked = new Set<object>();
  #quiet = false;
  #isOpen = false;
  readonly #store = createFakeStore("sim");
  #life!: Life;
  #daemon!: Daemon;
  #replicas: number;
  #file: File = { app: "app:v1", job: "job:good", database: "db:v1", edition: 1 };
  readonly #wishes: Wishes;
  readonly #absences: Absences;
  /** Nobody could bring an instance back: the daemon was dead or blind, the engine away, the disk full. Who waited then may have waited too long. */
  readonly #unable: { readonly from: number; to: number }[] = [];

  constructor(story: Story, log: (line: string) => void) {
    this.#story = story;
    this.#setting = story.setting;
    this.#say = log;
    this.#log = (line) => this.#tell(this.#time.now(), line);
    this.#skies = new Skies(new Random(story.seed ^ 0x5eed), story.setting);
    this.#replicas = story.setting.replicas;
    this.#wishes = new Wishes(story.setting, this.#file);
    this.#engine = createFakeEngine({ clock: this.#time, installation: "sim" });
    this.#wishes.watch(this.#engine);
    this.#absences = new Absences(this.#time, this.#engine, this.#store, this.#setting.eventMs);
    this.#router = createFakeRouter({ clock: this.#time });
    this.#router.control.persistMs = story.setting.persistMs ?? 0;
    this.#router.control.reloadMs = story.setting.reloadMs ?? 0;
    for (const image of Object.keys(IMAGES) as Image[]) {
      this.#engine.control.images.add(image);
      this.#engine.control.behave(image, behaviourOf(image, story.setting));
    }
    const stop = this.#engine.stop.bind(this.#engine);
    Object.assign(this.#engine, {
      stop: async (name: string, how: Parameters<Engine["stop"]>[1]) => {
        // What has ended by itself is not stopped under anybody, nor what the engine did not stop.
        const process = processOf(this.#engine, name);
        if (process !== null) this.#stopped.add(process);
        try {
          return await stop(name, how);
        } catch (error) {
          if (process !== null && processOf(this.#engine, name) === process) this.#stopped.delete(process);
          throw error;
        }
      },
    });
    this.#traffic = new Traffic({
      time: this.#time,
      engine: this.#engine,
      router: this.#router,
      random: new Random(story.seed ^ 0x7aff1c),
      backend: BACKEND,
      quiet: () => {
        this.#quiet = true;
      },
      stoppedByInstar: (process) => this.#stopped.has(process),
    });
  }

  #tell(at: number, line: string): void {
    this.#say(`${String(at - BEGINNING).padStart(7)} ${line}`);
  }

  async run(): Promise<Report> {
    this.#open();
    await this.#until(async () => this.#isOpen, "the daemon's start");
    this.#ask("up", (daemon) => daemon.control.up(upRequest(stackOf(this.#setting, this.#file))));
    if (await this.#until(() => this.#atRest(), "the first up")) {
      this.#traffic.start(this.#setting.rate, this.#setting.slowestMs);
      const start = this.#time.now();
      for (const happening of this.#story.happenings)
        this.#time.after(start + happening.at - this.#time.now(), () => this.#happen(happening));
      await this.#pass(() => this.#time.now() >= start + 15_000, start + 60_000);
      // What rests stays so, with what is done behind it.
      if (await this.#until(() => this.#atRest(), "the end")) await this.#pass(() => false, this.#time.now() + 3_000);
      await this.#until(() => this.#atRest(), "the end");
      this.#traffic.stop();
      await this.#until(async () => this.#traffic.open === 0, "the last request");
      await this.#judge();
    }
    for (const { at, message } of await this.#store.events({ limit: 10_000 })) this.#tell(at, `event: ${message}`);
    const isExcused = ({ arrived, at, byTheWorld, waited }: Loss): boolean =>
      byTheWorld || (waited && this.#unable.some(({ from, to }) => from <= at && to >= arrived));
    if (this.#traffic.longestHeldMs > holdOf(this.#setting))
      this.#violate({ law: "requests", seen: `one was held for ${this.#traffic.longestHeldMs} ms` });
    for (const violation of brokenByLosses(this.#traffic.losses, isExcused, BEGINNING)) this.#violate(violation);
    const excused = this.#traffic.losses.filter(isExcused).length;
    return {
      violations: [...this.#violations.values()],
      arrived: this.#traffic.arrived,
      excused,
      passes: this.#engine.control.calls.filter(({ call }) => call === "instances").length,
      simulatedMs: this.#time.now() - BEGINNING,
      ends: this.#wishes.ends.length,
    };
  }

  async #until(done: () => Promise<boolean>, what: string): Promise<boolean> {
    const limit = this.#time.now() + PATIENCE_MS;
    for (;;) {
      if (await done()) return true;
      if (this.#time.now() >= limit || !(await this.#pass(() => false, this.#time.now() + 500))) {
        this.#violate({ law: "rest", seen: `not at rest (${what}): ${await standing(this.#judged())}` });
        return false;
      }
    }
  }

  /** Goes on until `done` or so far; false when nothing at all waits any more. */
  async #pass(done: () => boolean, limit: number): Promise<boolean> {
    let marked = false;
    const [engine, router, setting, contents, known] = [this.#engine, this.#router, this.#setting, this.#contents, this.#known];
    this.#time.after(limit - this.#time.now(), () => {
      marked = true;
      this.#quiet = true;
    });
    await settle();
    while (!done() && !marked) {
      this.#quiet = false;
      if (!this.#time.step(limit)) return false;
      if (this.#quiet) continue;
      this.#traffic.notice();
      await settle();
      this.#traffic.notice();
      for (const violation of brokenNow({ engine, router, setting, contents, known, replicas: this.#replicas })) this.#violate(violation);
    }
    return true;
  }

  #open(): void {
    const life = new Life(this.#time, () => {
      this.#log("the daemon is killed");
      this.#wishes.killed();
      if (this.#deadSince === undefined) this.#unable.push({ from: this.#time.now(), to: Number.POSITIVE_INFINITY });
    });
    this.#life = life;
    this.#asked.clear();
    this.#isOpen = false;
    const engine: Engine = life.through(this.#engine, ENGINE, this.#skies.over(this.#setting.engineMs));
    const router: Router = life.through(this.#router, ROUTER, this.#skies.over(this.#setting.routerMs));
    const daemon = new Daemon({
      engine,
      router,
      store: life.through(this.#store, STORE, this.#skies.overStore(this.#setting.storeMs)),
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
          this.#violate({ law: "foreseen", seen: `${message}: ${String(error)}` });
      },
    });
    this.#daemon = daemon;
    daemon.control.subscribe((event) => this.#wishes.told(event));
    daemon.open().then(
      () => {
        this.#isOpen = true;
        const dead = this.#deadSince;
        if (dead !== undefined) {
          dead.to = this.#time.now();
          this.#absences.daemonBack(dead.from);
        }
        this.#log("the daemon is open");
      },
      (error: unknown) => {
        this.#log(`the daemon could not start: ${String(error)}`);
        life.killAt(0, false);
        this.#time.after(1_000, () => this.#life === life && this.#open());
      },
    );
  }

  get #deadSince(): { readonly from: number; to: number } | undefined {
    return this.#unable.find(({ to }) => to === Number.POSITIVE_INFINITY);
  }

  /** The file as it is now, by force. */
  #apply(what: string): void {
    // The hold covers one version and the way back (ADR 0026): who brings another while nothing serves adds what that takes.
    const { backends } = this.#router.control.table();
    const none = backends.every(({ servers }) => servers.every(({ state }) => state !== "ready"));
    if (none) this.#unable.push({ from: this.#time.now(), to: this.#time.now() });
    const spec = stackOf(this.#setting, this.#file);
    const wish: Wish = { do: "up", version: this.#file, replicas: this.#setting.replicas };
    this.#ask(what, (d) => d.control.up(upRequest(spec, { forceFile: true, unpin: true })), wish);
  }

  /** Somebody asks; the answer may never come. */
  #ask(what: string, ask: (daemon: Daemon) => Promise<unknown>, wish?: Wish): void {
    const life = this.#life;
    const open = { what };
    this.#asked.add(open);
    const place = wish === undefined ? null : this.#wishes.asked(wish);
    this.#log(`asked: ${what}`);
    const answered = ask(this.#daemon).then(
      (answer) => {
        this.#log(`answered: ${what}${deploymentsIn(answer)}`);
        if (place !== null) this.#wishes.answered(place, answer);
      },
      (error: unknown) => {
        this.#log(`refused: ${what}: ${String(error)}`);
        if (place !== null) this.#wishes.refused(place, error);
        if (!(error instanceof InstarError) || error.code === "INS7005")
          this.#violate({ law: "foreseen", seen: `${what}: ${String(error)}` });
      },
    );
    // A daemon that is killed never answers.
    void answered.then(() => this.#life === life && this.#asked.delete(open));
  }

  #happen(happening: Happening): void {
    const { do: what, at: _at, ...how } = happening;
    this.#log(`happens: ${what} ${JSON.stringify(how)}`);
    switch (happening.do) {
      case "deploy":
        this.#file = { ...this.#file, app: happening.image, job: happening.job };
        return this.#apply(`deploy ${happening.image}, ${happening.job}`);
      case "deploy-database": {
        const before = this.#file;
        this.#file = { ...before, database: happening.image };
        this.#apply(`deploy ${happening.image}`);
        // Nobody leaves it in the file.
        if (!isGood(happening.image)) this.#file = { ...this.#file, database: before.database };
        return;
      }
      case "edit":
        this.#file = { ...this.#file, edition: this.#file.edition + 1 };
        return this.#apply(`edition ${this.#file.edition}`);
      case "rollback":
        return this.#ask("rollback", (d) => d.control.rollback(KEY, { to: null, data: false }, "sim"), { do: "rollback" });
      case "recycle":
        return this.#ask("recycle", (d) => d.control.recycle(KEY, "sim"), { do: "recycle" });
      case "redeploy":
        return this.#ask("redeploy", (d) => d.control.redeploy(KEY, "sim"), { do: "redeploy" });
      case "scale":
        this.#replicas = Math.max(this.#replicas, happening.replicas);
        return this.#ask(`scale to ${happening.replicas}`, (d) => d.control.scale(KEY, happening.replicas, "sim"), happening);
      case "pause":
      case "resume":
      case "abort":
        return void this.#steer(happening.do);
      case "kill-daemon":
        return this.#killDaemon(happening);
      case "replace-router":
        return this.#ask("replace the router", (d) => d.control.replaceRouter("sim"));
      default:
        return strike(happening, {
          ...{ time: this.#time, engine: this.#engine, router: this.#router, store: this.#store, traffic: this.#traffic },
          ...{ skies: this.#skies, wishes: this.#wishes, setting: this.#setting },
          unable: (forMs) => this.#unable.push({ from: this.#time.now(), to: this.#time.now() + forMs }),
          killDaemon: (forMs) => this.#killDaemon({ effects: 0, atAnswer: false, awayMs: forMs }),
        });
    }
  }

  #killDaemon(how: { readonly effects: number; readonly atAnswer: boolean; readonly awayMs: number }): void {
    const life = this.#life;
    this.#asked.add(how);
    life.killAt(how.effects, how.atAnswer);
    const again = (): void => {
      if (this.#life !== life) return;
      life.killAt(0, false);
      this.#open();
    };
    this.#time.after(how.awayMs + (life.over ? 0 : 10_000), again);
  }

  async #steer(how: "pause" | "resume" | "abort"): Promise<void> {
    const row = await this.#store.service(KEY);
    const id = row?.deployment;
    if (id == null) return;
    this.#ask(`${how} ${id}`, (d) => d.control[how](id, "sim"), how === "abort" ? { do: "abort", deployment: id } : undefined);
    // Nobody is left waiting for somebody who forgot.
    if (how === "pause") this.#time.after(5_000, () => this.#resume(id));
  }

  /** Who is refused, by a full disk or by no answer at all, asks again. */
  #resume(id: string): void {
    this.#ask(`resume ${id}`, (d) => d.control.resume(id, "sim"));
    this.#time.after(5_000, () => void this.#resumePaused(id));
  }

  async #resumePaused(id: string): Promise<void> {
    const row = await this.#store.deployment(id);
    if (row?.paused === true && row.endedAt === null) this.#resume(id);
  }

  /** No question is open, no kill is to come, nothing is under way, and the daemon not blind: what stands might only look like rest (205013). */
  async #atRest(): Promise<boolean> {
    const able = this.#unable.every(({ to }) => to <= this.#time.now());
    return able && this.#isOpen && !this.#life.over && this.#asked.size === 0 && (await isAtRest(this.#judged()));
  }

  #judged(): Judged {
    return { engine: this.#engine, router: this.#router, store: this.#store, setting: this.#setting };
  }

  /** The last steps may be still to come, and a full disk or an absent engine may outlast the story. */
  async #judge(): Promise<void> {
    const broken = () => brokenAtTheEnd(this.#judged(), this.#wishes, this.#absences);
    for (let n = 0; n < 20 && (await broken()).some(comesLate); n++) await this.#pass(() => false, this.#time.now() + 500);
    for (const violation of await broken()) this.#violate(violation);
  }

  #violate(violation: Violation): void {
    this.#violations.set(`${violation.law} ${violation.seen}`, violation);
  }
}
