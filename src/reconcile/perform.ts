import { InstarError } from "../errors.ts";
import type { Step } from "../plan/types.ts";
import { USUAL_WEIGHT } from "../plan/weights.ts";
import type { Revision } from "../spec/types.ts";
import { blueprintOf, networksInOrder } from "./blueprint.ts";
import { ask } from "./confirm.ts";
import { filesOf } from "./contents.ts";
import type { ContextDesk } from "./context.ts";
import type { ServiceKey } from "./control.ts";
import type { Ends } from "./ends.ts";
import { failedOnceMore } from "./failures.ts";
import { giveBack } from "./giving-back.ts";
import type { Hooks } from "./hooks-port.ts";
import type { SavedImages } from "./image-port.ts";
import { recall } from "./images.ts";
import { performJob } from "./jobs.ts";
import type { Keepsakes } from "./keepsakes.ts";
import { originText } from "./origin.ts";
import { plugs } from "./plugs.ts";
import type { Clock, Engine, EngineInstance, FileStore, Instant, Router } from "./ports.ts";
import { OUTSIDE_REVISION } from "./predecessors.ts";
import { needRoom, performPrelude } from "./prelude.ts";
import type { Routing } from "./routing.ts";
import { stage } from "./staging.ts";
import type { Fact, Store } from "./store.ts";
import type { VolumeDesk } from "./volume-desk.ts";
import type { VolumeLocks } from "./volume-locks.ts";
import { mountedVolumes, volumesOfSlot } from "./volumes.ts";

const EVIDENCE_LINES = 100;
const CRASH_LINES = 20;
const COMPLETION_LINES = 1000;
/** What is begun on one that fails may take so long where the file says nothing of drains. */
const FINISH_MS = 5_000;
const FINISH_LOOK_MS = 100;
const NEWBORN_GRACE_MS = 1_000;

export interface Hands {
  readonly engine: Engine;
  readonly router: Router;
  readonly routing: Routing;
  readonly store: Store;
  readonly files: FileStore;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly engineStartedAt: () => Instant | null;
  readonly ends: Ends;
  /** Addresses given to instances that are being created right now. */
  readonly reserved: Set<string>;
  /** Per subnet, the address given last. */
  readonly lastGiven: Map<string, string>;
  /** The services' ports changed hands: the router's table is made anew. */
  readonly recompose: () => Promise<void>;
  /** Something happened that no event of the engine tells. */
  readonly look: (key: ServiceKey) => void;
  readonly volumes: VolumeLocks;
  readonly contents: VolumeDesk;
  readonly saved: SavedImages;
  readonly keepsakes: Keepsakes;
  readonly context: ContextDesk;
  /** Revisions are immutable, so they are read once. */
  readonly revision: (key: ServiceKey, number: number) => Promise<Revision>;
}

export interface Doing {
  readonly key: ServiceKey;
  readonly step: Step;
  readonly generation: number;
  readonly deployment: string | null;
  /** As the pass saw it; null for a create. */
  readonly instance: EngineInstance | null;
}

/**
 * One step, made true. Every arm may be repeated: doing what is done already is success.
 * Raises the catalogue errors of the port it calls.
 */
export async function perform(hands: Hands, doing: Doing): Promise<void> {
  const { engine, router, routing } = hands;
  const name = doing.step.instance;
  if (doing.step.revision === OUTSIDE_REVISION) return retire(hands, doing);
  switch (doing.step.do) {
    case "create":
      return create(hands, doing);
    case "start": {
      // Nothing starts on a volume whose content is being replaced, or was when that was broken off.
      const revision = await hands.revision(doing.key, doing.step.revision);
      if (doing.instance !== null) await hands.context.starting(revision, doing.instance);
      const release = hands.volumes.start(await mountedVolumes(hands.store, revision, doing.step.slot));
      await engine.start(name).finally(release);
      const started = await engine.instance(name);
      if (started !== null) await note(hands, doing, started, () => ({ startedAt: started.startedAt }));
      return;
    }
    case "route": {
      const instance = known(doing);
      const there = await engine.instance(name);
      // Ended, or started again, since it was seen ready: the next pass looks.
      if (there?.state !== "running" || there.startedAt !== instance.startedAt) return;
      await note(hands, doing, instance, () => ({ drainingSince: null }));
      const revision = await revisionFor(hands, doing.key, instance);
      const { spec } = revision;
      const identity = { revision: instance.revision, instanceHash: instance.instanceHash };
      // Nobody reaches it through the router: that it leaves no more is all there is.
      if (spec.networkMode === "none") return;
      const address = primaryAddress(instance, revision);
      if (address === null) throw new InstarError("INS7005", `${name} has no address`);
      return routing.put({
        name,
        ...doing.key,
        address,
        state: "ready",
        weight: doing.step.weights?.[name] ?? USUAL_WEIGHT,
        ...identity,
        spec,
      });
    }
    case "drain":
      await hands.contents.letGo(name);
      await handOver(hands, doing.key);
      // The journal first: after a crash in between, the drain begins again rather than being forgotten.
      await note(hands, doing, known(doing), () => ({ drainingSince: hands.clock.now() }));
      await routing.drain(name).catch(async (error: unknown) => {
        // The table may reach the router later, without this step, which begins once more, and its limit (issue 8, story 200447).
        await note(hands, doing, known(doing), () => ({ drainingSince: null }));
        throw error;
      });
      // The limit counts from the router's word: until then it got requests, and each has the whole of it.
      return note(hands, doing, known(doing), () => ({ drainingSince: hands.clock.now() }));
    case "cut":
      await router.cut(name);
      return;
    case "stop":
      await hands.contents.letGo(name);
      // What a restart of the router would load must not name an instance that is about to go.
      await router.persisted();
      await letGo(hands, doing);
      // Seen without a place in the router, it may have got its place back since (story 70247).
      if (routing.wants(name) === "ready") await routing.died(name);
      // What it has begun it may end, also where it lost its place because the engine had started it again unseen (story 52502).
      await sessionsOver(hands, doing, known(doing));
      return stop(hands, doing);
    case "unroute":
      await routing.died(name);
      await finish(hands, doing);
      return routing.drop(name);
    case "remove":
      if (routing.wants(name) !== null) await routing.drop(name);
      await engine.remove(name);
      if (doing.instance !== null) await hands.store.dropFact(doing.instance.id);
      return;
    case "snapshot":
    case "restore":
      if (doing.step.do === "restore" && (await giveBack(hands.store, hands.contents, doing.key))) return;
      return performPrelude(hands.store, hands.contents, doing.step.do, await preluding(hands, doing));
    case "weigh":
      return routing.weigh(doing.step.weights ?? {});
    case "stage":
      return stage(hands, doing);
    case "complete":
      return complete(hands, doing);
    case "ask":
      await ask(hands, doing.step, doing.deployment);
      return hands.recompose();
    case "job-create":
    case "job-start":
    case "job-stop":
    case "job-end":
      return performJob(hands, doing.key, { ...doing.step, do: doing.step.do }, doing.deployment);
    case "fail":
    case "crash":
      return takeOut(hands, doing);
    default:
      return doing.step.do satisfies never;
  }
}

/**
 * Who takes over the port of a service that goes has it first (ADR 0036): the router changes it by a reload, which waits for its turn,
 * and a drain does not.
 */
async function handOver({ store, recompose }: Hands, key: ServiceKey): Promise<void> {
  if ((await store.service(key))?.removed !== true) return;
  if ((await store.services(key.stack)).some(({ removed }) => !removed)) await recompose();
}

async function preluding(hands: Hands, doing: Doing): Promise<Parameters<typeof needRoom>[2]> {
  const { key, step, deployment } = doing;
  if (deployment === null) throw new InstarError("INS7005", `${step.do} of ${step.instance} outside a deployment`);
  return { key, slot: step.slot, deployment, revision: await hands.revision(key, step.revision) };
}

async function create(hands: Hands, doing: Doing): Promise<void> {
  const { step, key } = doing;
  // Of one that vanished as it was routed: the name is about to be another's, and its address nobody's.
  if (hands.routing.wants(step.instance) !== null) await hands.routing.drop(step.instance);
  const revision = await hands.revision(key, step.revision);
  if (doing.deployment !== null) await needRoom(hands.store, hands.contents, await preluding(hands, doing));
  await recall(hands, revision.image);
  const given: string[] = [];
  try {
    const networks = await plugs(hands, revision, given);
    const slotVolumes = await volumesOfSlot(hands, revision, step.slot);
    const { instance: name, slot, attempt } = step;
    const files = [...(await filesOf(hands.files, revision.spec)), ...(await hands.context.mounts(revision, step.instance))];
    const blueprint = {
      ...blueprintOf(revision, { name, slot, attempt, generation: doing.generation }, { networks, slotVolumes, files }),
      origin: await originText(hands.store, revision, slotVolumes),
    };
    await hands.engine.create(blueprint);
  } finally {
    for (const address of given) hands.reserved.delete(address);
  }
}

/** null where the store does not have it: the home was lost, and nothing told what the instance was made from. */
export async function revisionOrNull(hands: Pick<Hands, "revision">, key: ServiceKey, number: number): Promise<Revision | null> {
  try {
    return await hands.revision(key, number);
  } catch (cause) {
    if (cause instanceof InstarError && cause.code === "INS2004") return null;
    throw cause;
  }
}

export function primaryAddress(instance: EngineInstance, revision: Revision | null): string | null {
  if (revision?.spec.networkMode === "host") return "127.0.0.1";
  const first = revision === null ? undefined : networksInOrder(revision)[0]?.[1];
  return (first === undefined ? undefined : instance.addresses[first]) ?? Object.values(instance.addresses)[0] ?? null;
}

/** Wanted again while it stops, it has not failed when it has ended (issue 8, story 1453): it left, as one that was drained. */
const letGo = (hands: Hands, doing: Doing): Promise<void> =>
  note(hands, doing, known(doing), ({ drainingSince }) => ({ drainingSince: drainingSince ?? hands.clock.now() }));

async function stop(hands: Hands, doing: Doing, mostMs = Number.POSITIVE_INFINITY): Promise<void> {
  const instance = known(doing);
  const { spec } = await revisionFor(hands, doing.key, instance);
  // Who is told where its peers are must not be told of one that is about to go.
  await hands.context.leave(doing.key, instance.name);
  await hands.engine.stop(instance.name, { signal: spec.stopSignal, graceMs: Math.min(spec.stopGraceMs, mostMs) });
}

/**
 * For good. False: the engine was faster and has started again what crashed; it is worn then, and goes like any other once a fresh one
 * serves, or when its turn comes. The engine may still be faster between this look and the stop: a program that has only begun does not
 * hear its signal, and nothing was asked of it, so that its whole grace would be an outage.
 */
async function stopEnded(hands: Hands, doing: Doing, served: boolean): Promise<boolean> {
  const instance = known(doing);
  const runs = (one: EngineInstance): boolean => one.state === "paused" || (one.state === "running" && !hands.ends.isOver(one));
  const crashed = doing.step.do === "crash" && !runs(instance);
  if (crashed) {
    await hands.context.leave(doing.key, instance.name);
    const now = await hands.engine.instance(instance.name);
    if (now !== null && runs(now)) return false;
  } else if (served) await finish(hands, doing);
  await stop(hands, doing, crashed ? NEWBORN_GRACE_MS : undefined);
  return true;
}

/** Its own; of an instance whose revision was lost with a home, the one that is wanted. */
async function revisionFor(hands: Hands, key: ServiceKey, instance: EngineInstance): Promise<Revision> {
  const own = await hands.store.revision(key, instance.revision);
  return own ?? hands.revision(key, (await hands.store.service(key))?.target ?? instance.revision);
}

/** The first failure of a deployment is kept, stopped, with its last lines; later ones and crashes leave only the record. */
async function takeOut(hands: Hands, doing: Doing): Promise<void> {
  const { store, engine, routing, clock } = hands;
  const instance = known(doing);
  const { step, key } = doing;
  // Before the stop, which is an end too: of one that ended by itself and was started again, its own end is told.
  const own = instance.exitCode ?? hands.ends.codeOf(instance.id);
  const served = routing.wants(instance.name) !== null;
  await routing.died(instance.name);
  await hands.router.persisted();
  if (!(await stopEnded(hands, doing, served))) {
    const last = await engine.tail(instance.name, CRASH_LINES);
    await store.write((within) => recordEnd(within, doing, clock.now(), own, last));
    return;
  }
  const last = (await engine.instance(instance.name)) ?? instance;
  const exitCode = own ?? (last.restartCount > 0 ? null : last.exitCode);
  const failed = step.do === "fail" ? doing.deployment : null;
  const log = await engine.tail(instance.name, failed === null ? CRASH_LINES : EVIDENCE_LINES);
  if (routing.wants(instance.name) !== null) await routing.drop(instance.name);
  const now = clock.now();
  const kept = await store.write(async (within) => {
    const row = failed === null ? null : await within.deployment(failed);
    // Several may fail at the same moment: one of them is the evidence. A newer deployment has let go of what this one kept.
    const keeps = row !== null && row.endedAt === null && row.evidence === null && row.direction === "forward";
    await recordEnd(within, doing, now, exitCode, log);
    if (row !== null)
      await within.putDeployment({
        ...row,
        ...failedOnceMore(row, step.because),
        evidence: keeps ? { instance: instance.name, exitCode, reason: step.because, log } : row.evidence,
      });
    if (keeps) await within.putFact({ ...blank(key, instance), ...(await within.facts(key)).get(instance.id), evidenceOf: row.id });
    return keeps;
  });
  if (kept) return;
  await engine.remove(instance.name);
  await store.dropFact(instance.id);
}

async function recordEnd(within: Store, doing: Doing, at: Instant, exitCode: number | null, log: readonly string[]): Promise<void> {
  const { key, step } = doing;
  const { slot, attempt, revision, because } = step;
  await within.addCrash({ ...key, revision, slot, attempt, at, instance: step.instance, exitCode, reason: because });
  await within.addEvent(at, {
    kind: step.do === "fail" ? "instance.failed" : "instance.crashed",
    ...key,
    instance: step.instance,
    ...(doing.deployment === null || step.do !== "fail" ? {} : { deployment: doing.deployment }),
    message: `${because}${log.length === 0 ? "" : `; last line: ${log.at(-1)}`}`,
  });
}

/**
 * One that the engine has started again may have answered since, where nobody heard of its end or the engine was faster than the
 * look: what it has begun it may end, as in any drain (law 3).
 */
async function finish(hands: Hands, doing: Doing): Promise<void> {
  const name = doing.step.instance;
  if (!(await hasSessions(hands, name))) return;
  const there = await hands.engine.instance(name);
  if (there !== null && (there.restartCount > 0 || there.state === "restarting")) await sessionsOver(hands, doing, there);
}

const hasSessions = async ({ router }: Hands, name: string): Promise<boolean> => ((await router.sessions([name])).get(name) ?? 0) > 0;

/** Or its drain's time is. */
async function sessionsOver(hands: Hands, { key }: Doing, instance: EngineInstance): Promise<void> {
  const { clock } = hands;
  const { spec } = await revisionFor(hands, key, instance);
  const until = clock.now() + (spec.drainMs ?? FINISH_MS);
  while (clock.now() < until && (await hasSessions(hands, instance.name)))
    await new Promise<void>((resolve) => void clock.after(FINISH_LOOK_MS, resolve));
}

/** A container of an adopted project is stopped for good and kept; the router takes the ports it held. */
async function retire(hands: Hands, doing: Doing): Promise<void> {
  const { engine, store, clock } = hands;
  const { stack } = doing.key;
  const container = (await store.adoption(stack))?.containers.find(({ name }) => name === doing.step.instance);
  if (container === undefined) throw new InstarError("INS7005", `${doing.step.instance} is of no adopted project`);
  await engine.retire(stack, container);
  // Its successor starts while the ports change hands.
  hands.look(doing.key);
  if (container.ports.length === 0) return;
  await hands.recompose();
  if (doing.deployment === null) return;
  const because = `the router has taken ${container.ports.join(", ")} over from it`;
  await store.addStep(doing.deployment, { at: clock.now(), do: "open", instance: container.name, because });
}

/** What it wrote is kept with its end before the container goes. */
async function complete(hands: Hands, doing: Doing): Promise<void> {
  const { store, engine, routing, clock } = hands;
  const instance = known(doing);
  const log = await engine.tail(instance.name, COMPLETION_LINES);
  const { slot, revision, generation, instanceHash, name, exitCode } = instance;
  const at = instance.finishedAt ?? clock.now();
  await store.write(async (within) => {
    await within.putCompletion({ ...doing.key, slot, revision, generation, instanceHash, instance: name, exitCode, at, log });
    await within.addEvent(clock.now(), {
      kind: "instance.completed",
      ...doing.key,
      instance: name,
      message: `${name} ended with exit code ${exitCode ?? 0}; its last ${log.length} lines are kept`,
    });
  });
  if (routing.wants(name) !== null) await routing.drop(name);
  await engine.remove(name);
  await store.dropFact(instance.id);
}

const blank = (key: ServiceKey, instance: EngineInstance): Fact => ({
  ...key,
  id: instance.id,
  name: instance.name,
  drainingSince: null,
  evidenceOf: null,
  startedAt: null,
});

/** `change` is asked in the store's turn, so that no instant of before the clock was set comes after it. */
async function note(hands: Hands, doing: Doing, instance: EngineInstance, change: (before: Fact) => Partial<Fact>): Promise<void> {
  await hands.store.write(async (within) => {
    const before = (await within.facts(doing.key)).get(instance.id) ?? blank(doing.key, instance);
    await within.putFact({ ...before, ...change(before) });
  });
}

function known(doing: Doing): EngineInstance {
  if (doing.instance === null) throw new InstarError("INS7005", `${doing.step.do} of ${doing.step.instance}, which is not there`);
  return doing.instance;
}
