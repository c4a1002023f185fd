import { InstarError } from "../errors.ts";
import { isBefore } from "../plan/jobs.ts";
import { planRollout } from "../plan/rollout.ts";
import type { Status, Step } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import { age } from "./aging.ts";
import { sighted } from "./context-sight.ts";
import type { ServiceKey } from "./control.ts";
import { lookAtDependencies, NONE } from "./dependencies.ts";
import type { Seen } from "./glance.ts";
import { settleGrouped } from "./groups.ts";
import { asItWas, jobsNow, needing } from "./jobs.ts";
import { countAgainst, journal, journalRepeat, progress, takeOver } from "./journal.ts";
import { isAnotherLife, observed, steadyUnder, wanted } from "./look.ts";
import type { Busy, Entry, LoopListener } from "./loop-entry.ts";
import { Outlook } from "./outlook.ts";
import { type Hands, perform, primaryAddress, revisionOrNull } from "./perform.ts";
import type { EngineInstance } from "./ports.ts";
import { bringBack, predecessorsOf } from "./predecessors.ts";
import { probed, probingOf } from "./probing.ts";
import { readBack } from "./read-back.ts";
import type { Readiness } from "./readiness.ts";
import { countsAsFailure, lookAgainAfter, pauseAfter, removes } from "./refusals.ts";
import { Repeats } from "./repeats.ts";
import { serviceName } from "./service-name.ts";
import { besides } from "./sides.ts";
import type { ServiceRow } from "./store.ts";
import { sharedVolumesOf } from "./volumes.ts";
import type { Scene } from "./watch.ts";

/** Timers know no more than 24 days. */
const LONGEST_WAIT_MS = 86_400_000;
/** No event says that the engine tells of an instance again. */
const WITHHELD_MS = 1_000;
/** So often a step is done again in vain before it is told. */
const TOLD_AFTER = 2;
/** Every service is looked at more often than that. */
const FRESH_MS = 20_000;

/**
 * Observe → plan → perform → record, per service, one pass at a time. An event only means "look". Steps are
 * performed beside the loop: what is busy is told to the planner, and each one's end is a reason to look again.
 */
export class Loop {
  readonly #hands: Hands;
  readonly #readiness: Readiness;
  readonly #listener: LoopListener;
  readonly #outlook: Outlook;
  readonly #entries = new Map<string, Entry>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly eventToStepMs: number[] = [];
  #closed = false;

  constructor(hands: Hands, readiness: Readiness, listener: LoopListener) {
    this.#hands = hands;
    this.#readiness = readiness;
    this.#listener = listener;
    this.#outlook = new Outlook(hands.engine, hands.router, () => this.underWay().map(([name]) => name));
  }

  /** Makes a pass soon: now when none is running, else right after it. */
  look(key: ServiceKey, event = false): void {
    if (this.#closed) return;
    const entry = this.#entry(key);
    if (event) entry.eventAt ??= performance.now();
    entry.again = true;
    if (entry.running) return;
    entry.running = true;
    queueMicrotask(() => this.#track(this.#run(entry)));
  }

  /** Steps under way, by instance. */
  underWay = (): readonly (readonly [name: string, Busy])[] => [...this.#entries.values()].flatMap(({ busy }) => [...busy]);

  /**
   * Only the weights, from what the last pass saw: a switch that somebody asked for does not wait for the engine to be
   * listed again. The pass that follows looks at everything, and corrects what was out of date.
   */
  async quicken(
    key: ServiceKey,
    sceneOf: (row: ServiceRow, seen: Seen, busy: ReadonlyMap<string, Busy>) => Promise<Scene | null>,
  ): Promise<void> {
    const [entry, row] = [this.#entry(key), await this.#hands.store.service(key)];
    if (this.#closed || row === null || entry.seen === null || performance.now() - entry.seen.at > FRESH_MS) return;
    const scene = await sceneOf(row, entry.seen, entry.busy);
    if (scene === null) return;
    for (const step of planRollout(scene.desired, scene.world, this.#hands.clock.now()).steps)
      if (step.do === "weigh" && !entry.busy.has(step.instance))
        this.#begin(entry, step, scene.desired.generation, scene.current, row.deployment, null);
  }

  /** Ends at once what can be: no new pass begins, steps under way are waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.cancel?.();
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #entry(key: ServiceKey): Entry {
    const found = this.#entries.get(serviceName(key));
    if (found !== undefined) return found;
    const made: Entry = {
      key: { stack: key.stack, service: key.service },
      busy: new Map(),
      ended: new Map(),
      running: false,
      again: false,
      cancel: null,
      failures: 0,
      stumbles: new Map(),
      repeats: new Repeats(),
      lastError: null,
      eventAt: null,
      seen: null,
    };
    this.#entries.set(serviceName(key), made);
    return made;
  }

  async #run(entry: Entry): Promise<void> {
    while (entry.again && !this.#closed) {
      entry.again = false;
      entry.cancel?.();
      entry.cancel = null;
      try {
        await this.#pass(entry);
        entry.failures = 0;
        entry.lastError = null;
      } catch (error) {
        this.#failed(entry, error);
      }
    }
    entry.running = false;
  }

  /** A throw puts the key back with backoff; the next pass starts from a fresh look. */
  #failed(entry: Entry, error: unknown): void {
    const words = String(error);
    if (words !== entry.lastError) this.#listener.error(entry.key, error);
    entry.lastError = words;
    this.#wake(entry, lookAgainAfter(entry.failures++));
  }

  async #pass(entry: Entry): Promise<void> {
    const { store, engine, routing, clock } = this.#hands;
    const { key } = entry;
    const [began, { shifts }] = [performance.now(), this.#readiness];
    for (const [name, { at }] of entry.ended) if (at < began) entry.ended.delete(name);
    const row = await store.service(key);
    if (row === null) return;
    const [{ instances, routed, reachable }, facts] = await Promise.all([
      this.#outlook.see(key, new Set(entry.busy.keys())),
      store.facts(key),
    ]);
    entry.seen = { at: began, instances, routed };
    const deployment = row.deployment === null ? null : await store.deployment(row.deployment);
    const target = await this.#hands.revision(key, row.target);
    const untouchable = new Set([...entry.busy.keys(), ...entry.ended.keys()]);
    const jobs = await jobsNow({ store, instance: (name) => engine.instance(name), busy: untouchable }, row, deployment, target);
    const before = deployment?.direction === "forward" && jobs !== undefined && isBefore(jobs);
    // Until the job before has succeeded, what serves is kept as if there were no deployment.
    const kept = before ? asItWas(row, deployment) : row;
    const revisions = await this.#revisionsOf(key, instances, [kept.target, ...besides(row)]);
    const revision = revisions.get(kept.target);
    if (revision === undefined) throw new InstarError("INS7005", `revision ${kept.target} of ${serviceName(key)} is not in the store`);
    const names = new Set(instances.map((i) => i.name));
    const strangers = routing.strangers(key, names).filter((name) => !entry.busy.has(name) && !entry.ended.has(name));
    for (const name of strangers) await routing.drop(name);
    // Nor may what a restart of the router would load name what is gone: its address is given to the next (crowded story 27935).
    if (strangers.length > 0) await routing.settled();

    const forward = deployment?.direction === "forward" && !row.removed && !row.stopped;
    const needs = needing(target, jobs);
    const look = (of: Revision | null) =>
      forward && of !== null ? lookAtDependencies(store, (one) => engine.instances(one), of, deployment) : NONE;
    const dependencies = await look(needs.service);
    const forJob = before ? dependencies : await look(needs.after);
    const desired = await wanted(
      store,
      kept,
      before ? null : deployment,
      revision,
      await sharedVolumesOf(store, revision),
      clock.now(),
      before ? null : (dependencies.waitsFor ?? dependencies.failed),
      jobs === undefined ? jobs : { ...jobs, waitingFor: forJob.waitsFor ?? forJob.failed },
    );
    // Its stream may not have told yet that it is another one: what ended with it would have failed, what it started again be worn.
    const asks = instances.some((i) => isAnotherLife(i, facts.get(i.id)));
    const engineStartedAt = asks ? (await engine.ping()).startedAt : this.#hands.engineStartedAt();
    const now = clock.now();
    if (shifts !== this.#readiness.shifts) return this.look(key);
    const probing = probed(kept, revision, forward && !before, revisions);
    const world = observed(instances, {
      routed,
      facts,
      engineStartedAt,
      busy: new Map([...[...entry.ended].map(([name, { busy }]) => [name, busy] as const), ...entry.busy]),
      ...{ readiness: this.#readiness, steadyMs: steadyUnder(desired) },
      ends: this.#hands.ends,
      probing: (i, isRouted) => probingOf(i, isRouted, probing),
      address: (i) => primaryAddress(i, revisions.get(i.revision) ?? null),
    });
    this.#hands.context.see(sighted({ key, began, revision, instances, revisions }, desired, world));
    const predecessors = (await predecessorsOf(store, engine, key))
      .filter(({ name }) => !entry.ended.has(name))
      .map((one) => ({ ...one, busy: entry.busy.get(one.name)?.do ?? null }));
    const resting = entry.busy.size === 0 && entry.ended.size === 0 && world.every((i) => i.life !== "running" && !i.revives);
    if (row.halted !== null && resting) await this.#bringBack(key);
    const plan = planRollout(desired, [...world, ...(row.halted === null ? predecessors : [])], now);
    if (entry.eventAt !== null) {
      this.eventToStepMs.push(performance.now() - entry.eventAt);
      if (this.eventToStepMs.length > 1000) this.eventToStepMs.shift();
      entry.eventAt = null;
    }
    if (plan.steps.some(({ do: kind }) => kind === "create" || kind === "start")) await routing.letGo(reachable());
    const byName = new Map(instances.map((i) => [i.name, i]));
    const later: number[] = instances.some((i) => i.withheld === true) ? [now + WITHHELD_MS] : [];
    for (const step of plan.steps) {
      const due = entry.repeats.dueAt(step, now);
      if (due > now) later.push(due);
      // What is gone is not seen as busy: its name is nobody's until its end is recorded.
      else if (!entry.busy.has(step.instance))
        this.#begin(
          entry,
          step,
          desired.generation,
          revisions.get(step.revision) ?? revision,
          before && step.do !== "ask" && !step.do.startsWith("job-") ? null : (deployment?.id ?? null),
          byName.get(step.instance) ?? null,
        );
    }
    if (deployment !== null) {
      const blocked: Status | null =
        dependencies.failed === null || plan.status.kind !== "moving"
          ? null
          : { kind: "failed", code: "INS5004", reason: dependencies.failed };
      const sight = { deployment, revision, instances, forward, before: probing.stable };
      const seen = blocked ?? (await readBack(this.#hands, plan.status, sight));
      await this.#settle(entry, row, deployment.id, forward ? this.#restorable(key, revision, seen) : seen);
    }
    const aging = await age(this.#hands, { row, revision, instances, world });
    if (aging.began) entry.again = true;
    const wakes = [plan.wakeAt, aging.wakeAt, ...later].filter((at) => at !== null);
    if (wakes.length > 0) this.#wake(entry, Math.max(1, Math.min(LONGEST_WAIT_MS, Math.min(...wakes) - clock.now())));
    if (plan.steps.length > 0) this.#listener.moved(key);
  }

  async #bringBack(key: ServiceKey): Promise<void> {
    const { store, clock } = this.#hands;
    const back = await bringBack(this.#hands, key);
    if (back.length === 0) return;
    const message = `${back.join(", ")} of the Compose project serve again`;
    await store.addEvent(clock.now(), { kind: "adoption.back", ...key, message });
  }

  async #settle(entry: Entry, seen: ServiceRow, deployment: string, status: Status): Promise<void> {
    const { store, clock } = this.#hands;
    const seenArrived = (await store.deployment(deployment))?.arrived === true;
    if ((status.kind === "moving" && !seenArrived) || entry.busy.size > 0 || entry.ended.size > 0) return;
    if (!seenArrived && (status.kind === "converged" || status.kind === "completed")) await takeOver(this.#hands, seen, deployment);
    // Asked before: what is asked of the store itself waits for the end of a transaction, also of the one that it is asked in.
    const { spec } = await this.#hands.revision(entry.key, seen.target);
    const changed = await store.write(async (within) => {
      const row = await within.service(entry.key);
      const running = await within.deployment(deployment);
      // A newer deployment may have begun since the look.
      if (
        row === null ||
        running === null ||
        row.deployment !== deployment ||
        row.target !== seen.target ||
        row.generation !== seen.generation
      )
        return false;
      const config = running.direction === "back" ? spec.rollback : spec.rollout;
      return settleGrouped(within, row, running, status, config.failureAction, clock.now());
    });
    if (!changed) return;
    entry.again = true;
    await this.#listener.settled(entry.key);
  }

  /** What was made here is saved while the rollout goes on; before that it has not succeeded. */
  #restorable(key: ServiceKey, revision: Revision, status: Status): Status {
    const keeping = this.#hands.keepsakes.ensure(key, revision);
    if (keeping === "kept" || status.kind === "moving" || status.kind === "failed") return status;
    if (keeping === "keeping") return { kind: "moving", waiting: "its image to be saved, which no registry could give back" };
    this.#hands.keepsakes.forget(revision);
    return { kind: "failed", code: "INS3031", reason: keeping.failed };
  }

  #begin(
    entry: Entry,
    step: Step,
    generation: number,
    revision: Revision,
    deployment: string | null,
    instance: EngineInstance | null,
  ): void {
    const busy: Busy = {
      do: step.do,
      slot: step.slot,
      attempt: step.attempt,
      revision: step.revision,
      generation,
      instanceHash: revision.instanceHash,
    };
    entry.busy.set(step.instance, busy);
    this.#track(
      this.#do(entry, step, generation, deployment, instance).finally(() => {
        entry.busy.delete(step.instance);
        entry.ended.set(step.instance, { at: performance.now(), busy });
        this.look(entry.key);
      }),
    );
  }

  async #do(entry: Entry, step: Step, generation: number, deployment: string | null, instance: EngineInstance | null): Promise<void> {
    this.#listener.fault("before", step.do);
    const which = `${step.do} ${step.instance}`;
    const times = entry.repeats.times(step, this.#hands.clock.now());
    try {
      // Written before it is done: what a crash interrupts is in the journal, and is done again after it.
      if (!entry.stumbles.has(which) && step.again !== true && times === 0) await this.#journal(entry, step, deployment);
      if (times === TOLD_AFTER) await journalRepeat(this.#hands, entry.key, step);
      await perform(this.#hands, { key: entry.key, step, generation, deployment, instance });
    } catch (error) {
      if (deployment !== null && countsAsFailure(step, error, entry.stumbles.get(which) ?? 0)) {
        await countAgainst(this.#hands, step, deployment, error);
        if (step.do === "start") entry.stumbles.delete(which);
      }
      entry.repeats.failed(step);
      await this.#stumble(entry, which, error);
      return;
    }
    entry.stumbles.delete(which);
    entry.repeats.ended(step, this.#hands.clock.now());
    // A container that is no more is never seen as ended: nobody else would end its probes.
    if (instance !== null && removes(step)) this.#readiness.forget(instance.id);
    if (deployment !== null && times === 0) await progress(this.#hands, deployment);
    this.#listener.fault("after", step.do);
    this.#listener.moved(entry.key);
  }

  async #journal(entry: Entry, step: Step, deployment: string | null): Promise<void> {
    await journal(this.#hands, entry.key, step, deployment);
    this.#listener.moved(entry.key);
  }

  /** Keeps the instance busy for the backoff, so that the next look does not try again at once. */
  async #stumble(entry: Entry, which: string, error: unknown): Promise<void> {
    const before = entry.stumbles.get(which) ?? 0;
    if (before === 0) this.#listener.error(entry.key, error);
    entry.stumbles.set(which, before + 1);
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.#hands.clock.after(pauseAfter(before), resolve));
  }

  async #revisionsOf(key: ServiceKey, instances: readonly EngineInstance[], wanted: readonly number[]): Promise<Map<number, Revision>> {
    const numbers = [...new Set([...wanted, ...instances.map((i) => i.revision)])];
    const read = await Promise.all(numbers.map((number) => revisionOrNull(this.#hands, key, number)));
    return new Map(read.flatMap((revision) => (revision === null ? [] : [[revision.number, revision] as const])));
  }

  #wake(entry: Entry, afterMs: number): void {
    entry.cancel?.();
    if (this.#closed) return;
    entry.cancel = this.#hands.clock.after(afterMs, () => this.look(entry.key));
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#listener.error({ stack: "", service: "" }, error))
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }
}
