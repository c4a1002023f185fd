import { InstarError } from "../../src/errors.ts";
import type { DeploymentView, EventView } from "../../src/reconcile/control.ts";
import type { Blueprint } from "../../src/reconcile/ports.ts";
import type { FakeContainer } from "../sim/fake-container.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import {
  accepted,
  afterTold,
  beginning,
  type End,
  goesOn,
  named,
  type Possible,
  sameInstances,
  sawMade,
  type Version,
  type Wish,
} from "./possible.ts";
import { KEY } from "./service.ts";
import type { Image, Setting } from "./story.ts";

type Content = Pick<Version, "app" | "edition">;

/** Of what is told of a deployment: what says nothing of where it goes. */
const NO_END: ReadonlySet<string> = new Set(["started", "paused", "resumed"]);
/** Nothing was done: the question is weighed before anything is. */
const REFUSALS: ReadonlySet<string> = new Set(["INS2004", "INS2007", "INS2060", "INS2092"]);

type Struck = (version: Version) => boolean;

interface Open {
  readonly wish: Wish;
  /** What the world struck while it was open, or what lay there dead when it was asked: the deployment that it begins may fail for it. */
  readonly struck: Struck[];
}

/**
 * What may serve in the end, by the rules of the documents and by what was asked, answered and told: every account of what may have
 * happened is kept until something rules it out. The daemon's rows are not asked.
 */
export class Wishes {
  #possible: readonly Possible[];
  readonly #sides: boolean;
  readonly #open = new Map<number, Open>();
  /** What instances were ever made of. */
  readonly #made: Content[] = [];
  /** What the world struck, by the container's name. */
  readonly #fallen = new Map<string, Struck>();
  #isDead: (name: string) => boolean = () => false;
  #asked = 0;
  /** The first thing that ruled out all that was left. */
  #absurd: string | null = null;

  constructor({ strategy, replicas }: Pick<Setting, "strategy" | "replicas">, first: Version) {
    this.#sides = strategy !== "rolling";
    this.#possible = [beginning(first, replicas)];
  }

  /** Asked for; its answer may never come. */
  asked(wish: Wish): number {
    this.#happen();
    this.#asked += 1;
    for (const name of this.#fallen.keys()) if (!this.#isDead(name)) this.#fallen.delete(name);
    this.#open.set(this.#asked, { wish, struck: [...this.#fallen.values()] });
    return this.#asked;
  }

  answered(ask: number, answer: unknown): void {
    // On its way when the daemon was killed: what was done of it is weighed already.
    if (!this.#open.has(ask)) return;
    this.#happen();
    const id = deploymentOf(answer);
    this.#keep(`${this.#words(ask)} was accepted`, (one) => (one.done.includes(ask) ? (id === null ? one : named(one, ask, id)) : null));
    this.#close(ask);
  }

  /** Something of it may be done all the same. */
  refused(ask: number, error: unknown): void {
    if (!this.#open.has(ask)) return;
    this.#happen();
    if (error instanceof InstarError && REFUSALS.has(error.code))
      this.#keep(`${this.#words(ask)} was refused`, (one) => (one.done.includes(ask) ? null : one));
    this.#close(ask);
  }

  /** Nobody is left to answer, or to do it later. */
  killed(): void {
    this.#happen();
    for (const ask of [...this.#open.keys()]) this.#close(ask);
  }

  /** What the engine is told to make. */
  watch(engine: FakeEngine): void {
    this.#isDead = (name) => engine.control.containers().some(({ blueprint, alive }) => blueprint.name === name && !alive);
    const create = engine.create.bind(engine);
    Object.assign(engine, {
      create: (blueprint: Blueprint) => {
        if (blueprint.service === KEY.service) this.#saw(blueprint);
        return create(blueprint);
      },
    });
  }

  #saw(blueprint: Blueprint): void {
    const content = contentOf(blueprint);
    this.#happen();
    this.#keep(`${blueprint.name} of ${content.app}, edition ${content.edition}, is made`, (one) =>
      sawMade(one, content, blueprint.slot) ? one : null,
    );
    this.#made.push(content);
  }

  /** An instance or a job that the world ended, or whose check it made lie. */
  struck({ blueprint: { name, service, image, spec } }: Pick<FakeContainer, "blueprint">): void {
    if (service === KEY.service) {
      const was = contentOf({ image, spec });
      const struck: Struck = (version) => sameInstances(version, was);
      this.#fallen.set(name, struck);
      this.#strike(struck);
    } else if (service.startsWith(`${KEY.service}/`)) this.#strike(() => true);
  }

  /** Every process, jobs too. */
  rebooted({ job }: Pick<Setting, "job">): void {
    if (job !== "none") this.#strike(() => true);
  }

  /** What `instar events` says. */
  told({ kind, service, deployment }: Pick<EventView, "kind" | "service" | "deployment">): void {
    const [about, outcome] = kind.split(".");
    if (about !== "deployment" || service !== KEY.service || deployment === null || outcome === undefined) return;
    if (NO_END.has(outcome)) return;
    this.#happen();
    this.#keep(`${deployment} is said to be ${outcome}`, (one) => afterTold(one, deployment, outcome));
  }

  /** Once everything rests. */
  get ends(): readonly End[] {
    this.#happen();
    const ends = this.#possible
      .filter(({ moving }) => moving === null)
      .map(({ target }) => ({ ...target.version, replicas: target.replicas }));
    return [...new Map(ends.map((end) => [JSON.stringify(end), end])).values()];
  }

  /** What was answered or told although nothing that was asked and done explains it; null: all of it has an explanation. */
  get absurd(): string | null {
    return this.#absurd;
  }

  #strike(struck: Struck): void {
    this.#happen();
    for (const open of this.#open.values()) open.struck.push(struck);
    this.#possible = this.#possible.map((one) =>
      one.moving !== null && !one.moving.back && struck(one.target.version) ? { ...one, moving: { ...one.moving, struck: true } } : one,
    );
  }

  /** Until now anything that was open may have been done, and any deployment may have gone on. */
  #happen(): void {
    const known = new Map<string, Possible>();
    const fresh = [...this.#possible];
    for (let one = fresh.pop(); one !== undefined; one = fresh.pop()) {
      const words = JSON.stringify(one);
      if (known.has(words)) continue;
      known.set(words, one);
      fresh.push(...goesOn(one, (version) => this.#made.some((content) => sameInstances(content, version))));
      for (const [ask, { wish, struck }] of this.#open)
        if (!one.done.includes(ask))
          for (const next of accepted(one, wish, ask, { sides: this.#sides, struck: (version) => struck.some((is) => is(version)) }))
            fresh.push({ ...next, done: [...one.done, ask].sort() });
    }
    this.#possible = [...known.values()];
  }

  #keep(because: string, judged: (one: Possible) => Possible | null): void {
    const kept = this.#possible.map(judged).filter((one) => one !== null);
    if (kept.length === 0) this.#absurd ??= because;
    else this.#possible = kept;
  }

  #close(ask: number): void {
    this.#open.delete(ask);
    this.#possible = this.#possible.map((one) => ({ ...one, done: one.done.filter((other) => other !== ask) }));
  }

  #words(ask: number): string {
    return JSON.stringify(this.#open.get(ask)?.wish);
  }
}

const contentOf = ({ image, spec }: Pick<Blueprint, "image" | "spec">): Content => ({
  app: image.reference as Image,
  edition: Number(spec.environment["EDITION"]),
});

/** The deployment of the service that every story is about. */
function deploymentOf(answer: unknown): string | null {
  const view = viewsIn(answer).find(({ service }) => service === KEY.service);
  return view === undefined || view.outcome === "unchanged" ? null : view.id;
}

const viewsIn = (answer: unknown): readonly DeploymentView[] => {
  const { deployments, id } = (answer ?? {}) as { deployments?: readonly DeploymentView[]; id?: string };
  return deployments ?? (id === undefined ? [] : [answer as DeploymentView]);
};

export const deploymentsIn = (answer: unknown): string => {
  const views = viewsIn(answer).map(({ id, outcome }) => `${id} ${outcome}`);
  return views.length === 0 ? "" : `: ${views.join(", ")}`;
};
