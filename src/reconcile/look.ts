import { boundsOf, choose } from "../plan/choose.ts";
import { CRASH_MEMORY_MS } from "../plan/filling.ts";
import { fresh } from "../plan/fresh.ts";
import { gated } from "../plan/jobs.ts";
import type { Desired, Jobs, Observed, StepKind } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import type { Ends } from "./ends.ts";
import { isDue } from "./giving-back.ts";
import { heldOpen } from "./held-open.ts";
import type { EngineInstance, Instant, RoutedServer } from "./ports.ts";
import { preludeOf } from "./prelude.ts";
import type { Probing } from "./probing.ts";
import type { Readiness } from "./readiness.ts";
import { routeOf } from "./routing.ts";
import { sidesOf, underStrategy } from "./sides.ts";
import type { CompletionRow, DeploymentRow, Fact, ServiceRow, Store } from "./store.ts";

/** Long enough for what dies half a second after it was ready; it passes once per deployment of new content. */
const PROVING_MS = 600;

/** Nothing to prove: its revision has served, or nothing serves yet (ADR 0005). */
const isProven = (row: ServiceRow, deployment: DeploymentRow | null): boolean =>
  deployment === null || row.target === row.stable || row.stable === null || (deployment.proven === true && row.target === deployment.to);

/** From the store's rows to what the planner calls desired. */
export async function wanted(
  store: Store,
  row: ServiceRow,
  deployment: DeploymentRow | null,
  revision: Revision,
  shared: ReadonlySet<string>,
  now: Instant,
  waitingFor: string | null = null,
  jobs?: Jobs,
): Promise<Desired> {
  const replicas = row.removed || row.stopped || row.halted !== null ? 0 : row.replicas;
  const spec = underStrategy(revision.spec, deployment);
  const due = isDue(row);
  const open = await heldOpen(store, row, deployment, revision);
  const beside = open === null ? spec : { ...spec, rollout: { ...spec.rollout, order: spec.rollout.order ?? ("start-first" as const) } };
  const chosen = choose(beside, row.replicas, revision.volumeNames, shared);
  // Nothing may run while its volumes get their content back.
  const choice = due ? { ...chosen, exclusive: "service" as const, order: "stop-first" as const } : chosen;
  const routed = choice.routed || open?.by === "new";
  const bounds = boundsOf(beside, choice, deployment?.direction ?? "forward");
  const keepsOld = open?.by === "old" && choice.order === "start-first" ? open.instanceHash : undefined;
  const crashes = await store.crashes(row, now - CRASH_MEMORY_MS);
  return {
    stack: row.stack,
    service: row.service,
    revision: revision.number,
    instanceHash: revision.instanceHash,
    generation: row.generation,
    replicas,
    // All that are wanted stand beside those that are kept.
    bounds: keepsOld === undefined ? bounds : { ...bounds, parallelism: 0 },
    provingMs: isProven(row, deployment) || !routed ? 0 : PROVING_MS,
    restart: revision.spec.restart,
    routed,
    ...(keepsOld === undefined ? {} : { keepsOld }),
    exclusive: choice.exclusive,
    movement:
      deployment === null
        ? null
        : {
            id: deployment.id,
            startedAt: deployment.startedAt,
            progressAt: deployment.progressAt,
            paused: deployment.paused,
            direction: deployment.direction,
            failures: deployment.failures,
            passedOver: deployment.passedOver ?? 0,
            ...(deployment.arrived === true ? { arrived: true } : {}),
            ...(deployment.course === undefined ? {} : { course: gated(deployment.course, jobs) }),
          },
    crashes,
    prelude: due ? ["restore"] : await preludeOf(store, deployment, revision, choice.exclusive === "none"),
    preluded: due ? [] : (deployment?.preluded ?? []),
    completed: (await store.completions(row)).filter((one) => completes(one, row, revision)).map(({ slot }) => slot),
    waitingFor,
    ...(jobs === undefined ? {} : { jobs }),
    ...(await sidesOf(store, { row, deployment, revision, replicas, now }, choice)),
  };
}

/** How long what is wanted has to stay ready before it counts; what leaves has nothing to show. */
export const steadyUnder =
  ({ bounds, provingMs, instanceHash, sides = [] }: Desired) =>
  (i: EngineInstance): number =>
    [instanceHash, ...sides.filter(({ until }) => until === null).map((side) => side.instanceHash)].includes(i.instanceHash)
      ? Math.max(bounds.minReadyMs, provingMs)
      : 0;

/** Done is this content, of this generation: a recycle runs it again. */
export const completes = (one: CompletionRow, row: ServiceRow, revision: Revision): boolean =>
  one.instanceHash === revision.instanceHash && one.generation >= row.generation;

/** Engines bring back what ran within this time of their own start. */
const TOGETHER_MS = 120_000;

/** The journalled start is the reference: restarted with its engine or host is not worn, restarted alone is. */
function restartedAlone(i: EngineInstance, fact: Fact | undefined, engineStartedAt: Instant | null): boolean {
  if (i.restartCount > 0) return true;
  if (i.state !== "running" || fact?.startedAt == null || i.startedAt === null || i.startedAt === fact.startedAt) return false;
  return engineStartedAt !== null && (i.startedAt < engineStartedAt || i.startedAt > engineStartedAt + TOGETHER_MS);
}

/**
 * The life that is over began before the engine, and ended while that started: without live-restore it ends what still runs and, after
 * a kill -9, starts none of it again (20.10: for `unless-stopped` its own stop counts as somebody's; crash matrix, dockerd-cold). Or it
 * ended before, and nobody heard of it: that may have been another start of the engine (crowded story 234).
 */
function endedWithEngine(i: EngineInstance, ends: Ends, engineStartedAt: Instant | null): boolean {
  if (i.state !== "exited" || i.startedAt === null || i.finishedAt === null || engineStartedAt === null) return false;
  if (i.startedAt >= engineStartedAt || i.finishedAt > engineStartedAt + TOGETHER_MS) return false;
  return i.finishedAt >= engineStartedAt || ends.codeOf(i.id) === null;
}

/**
 * What it is depends on when the engine began: it is not in the life that the journal knows, and nobody ended that. To ask costs an
 * engine tens of ms, and in each replacement there is one that has been let go and has ended.
 */
export const isAnotherLife = (i: EngineInstance, fact: Fact | undefined): boolean =>
  i.startedAt !== null &&
  ((i.state === "exited" && fact?.evidenceOf == null && fact?.drainingSince == null) ||
    (i.state === "running" && fact?.startedAt != null && i.startedAt !== fact.startedAt));

export interface Glimpse {
  /** null: not known, and then nothing is called worn for its start alone. */
  readonly engineStartedAt: Instant | null;
  readonly routed: readonly RoutedServer[];
  readonly facts: ReadonlyMap<string, Fact>;
  readonly busy: ReadonlyMap<
    string,
    {
      readonly do: StepKind;
      readonly slot: number;
      readonly attempt: number;
      readonly revision: number;
      readonly instanceHash: string;
      readonly generation: number;
    }
  >;
  readonly readiness: Readiness;
  /** How long an instance has to stay ready before it counts, in ms. */
  readonly steadyMs: (instance: EngineInstance) => number;
  readonly ends: Ends;
  readonly probing: (instance: EngineInstance, isRouted: boolean) => Probing;
  /** Where it is probed and routed to; null without a network of ours. */
  readonly address: (instance: EngineInstance) => string | null;
}

/** From the engine, the router, the prober and the journal to what the planner calls observed. */
export function observed(instances: readonly EngineInstance[], glimpse: Glimpse): Observed[] {
  const routes = new Map<string, RoutedServer[]>();
  for (const server of glimpse.routed) {
    const list = routes.get(server.name);
    if (list === undefined) routes.set(server.name, [server]);
    else list.push(server);
  }
  const seen = instances.map((i) => observeOne(i, routes.get(i.name) ?? [], glimpse));
  const names = new Set(instances.map((i) => i.name));
  for (const [name, work] of glimpse.busy) if (work.do === "create" && !names.has(name)) seen.push(fresh({ name, ...work }, "create"));
  return seen;
}

function observeOne(i: EngineInstance, routed: readonly RoutedServer[], glimpse: Glimpse): Observed {
  const fact = glimpse.facts.get(i.id);
  const isOver = glimpse.ends.isOver(i);
  const runs = (i.state === "running" && !isOver) || i.state === "paused";
  const life = i.state === "created" ? "created" : runs ? "running" : "ended";
  // What the engine does not tell of is left alone: it may be starting, on a call of a daemon before.
  const busy = i.state === "removing" ? "remove" : (glimpse.busy.get(i.name)?.do ?? (i.withheld === true ? "start" : null));
  // What is busy was seen roughly, and is left alone anyway.
  const { check, also } = glimpse.probing(i, routed.length > 0);
  const isProbed = life === "running" && busy === null && fact?.evidenceOf == null;
  const seen = isProbed ? glimpse.readiness.look(i, check, glimpse.address(i), glimpse.steadyMs(i)) : null;
  const unanswered = isProbed ? glimpse.readiness.unanswered(i, also, glimpse.address(i)) : null;
  if (life === "ended" && busy === null) glimpse.readiness.forget(i.id);
  return {
    name: i.name,
    revision: i.revision,
    slot: i.slot,
    attempt: i.attempt,
    generation: i.generation,
    instanceHash: i.instanceHash,
    life,
    revives: i.state === "restarting" || isOver,
    built: i.built,
    createdAt: i.createdAt,
    startedAt: i.startedAt,
    exitCode: life === "ended" && !isOver ? i.exitCode : glimpse.ends.codeOf(i.id),
    worn: restartedAlone(i, fact, glimpse.engineStartedAt),
    ...(endedWithEngine(i, glimpse.ends, glimpse.engineStartedAt) ? { endedWithEngine: true } : {}),
    sick: i.health === "unhealthy",
    readySince: i.state === "paused" ? null : (seen?.readySince ?? null),
    ...(seen?.answeredAt === undefined ? {} : { answeredAt: seen.answeredAt }),
    probedSince: seen?.probedSince ?? null,
    probeDetail: i.state === "paused" ? "it is paused" : (seen?.detail ?? null),
    ...(unanswered === null ? {} : { unanswered }),
    route: routeOf(i.name, routed),
    drainingSince: fact?.drainingSince ?? null,
    evidence: fact?.evidenceOf != null,
    ...(fact?.heal === undefined ? {} : { heal: fact.heal }),
    ...(fact?.quarantine === undefined ? {} : { quarantine: fact.quarantine }),
    outside: false,
    busy,
  };
}
