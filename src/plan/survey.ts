import { classify, leaving, proven, serving } from "./classify.ts";
import type { Desired, Instant, Observed } from "./types.ts";

/** An instance that has to go, with the reason that will be shown. */
export interface Old {
  readonly instance: Observed;
  readonly because: string;
}

/** The snapshot, sorted by what each instance is to the wanted state. Linear in the number of instances. */
export interface Survey {
  /** The one instance per wanted slot. */
  readonly current: ReadonlyMap<number, Observed>;
  readonly old: readonly Old[];
  readonly unbuilt: readonly Observed[];
  readonly evidence: readonly Observed[];
  readonly quarantined: readonly Observed[];
  /** Slots whose instance takes traffic and has proved itself, or ended with success. */
  readonly available: ReadonlySet<number>;
  readonly completed: ReadonlySet<number>;
  readonly servingOld: readonly Old[];
  /** See `Counts.live`: runs or is being made, useful, not on its way out. */
  readonly live: number;
  readonly leaving: number;
  /** Of `live`, those whose process runs. */
  readonly useful: number;
  /** Of `useful`, those that were ready for as long as the file asks and take no traffic yet: they prove themselves, or are being routed. */
  readonly unrouted: number;
  /** Every instance whose process may be running right now, evidence included. */
  readonly running: number;
  /** Their slots. */
  readonly runningSlots: ReadonlySet<number>;
  /** Highest attempt seen per `revision/slot`. */
  readonly attempts: ReadonlyMap<string, number>;
  /** How long an instance must have been ready before it is routed: longer for the first of content that never served. */
  readonly minReadyMs: number;
  /** That is longer than the file asks for: content that never served proves itself. */
  readonly proving: boolean;
  /** When the last available instance became so; null without one. */
  readonly lastAvailableAt: Instant | null;
}

export const slotKey = (revision: number, slot: number): string => `${revision}/${slot}`;

export function survey(desired: Desired, observed: readonly Observed[], now: Instant): Survey {
  const current = new Map<number, Observed>();
  const old: Old[] = [];
  const unbuilt: Observed[] = [];
  const evidence: Observed[] = [];
  const quarantined: Observed[] = [];
  const attempts = new Map<string, number>();
  let running = 0;
  const runningSlots = new Set<number>();

  for (const instance of observed) {
    const key = slotKey(instance.revision, instance.slot);
    attempts.set(key, Math.max(attempts.get(key) ?? 0, instance.attempt));
    if (instance.life === "running" || instance.revives || instance.busy === "start") {
      running++;
      runningSlots.add(instance.slot);
    }
    const { role, because } = classify(instance, desired);
    if (role === "evidence") evidence.push(instance);
    else if (role === "quarantined") quarantined.push(instance);
    else if (role === "unbuilt") unbuilt.push(instance);
    else if (role === "old") old.push({ instance, because });
    else {
      const rival = current.get(instance.slot);
      const [keep, drop] = rival === undefined || worth(instance) > worth(rival) ? [instance, rival] : [rival, instance];
      current.set(instance.slot, keep);
      if (drop !== undefined) old.push({ instance: drop, because: "another instance fills its slot" });
    }
  }
  for (const crash of desired.crashes) {
    const key = slotKey(crash.revision, crash.slot);
    attempts.set(key, Math.max(attempts.get(key) ?? 0, crash.attempt));
  }

  const servingOld = old.filter(({ instance }) => servesStill(instance, desired.routed));
  const minReadyMs = Math.max(desired.bounds.minReadyMs, isFirst(desired, current, servingOld, now) ? desired.provingMs : 0);
  const available = new Set<number>(desired.completed.filter((slot) => slot <= desired.replicas));
  const completed = new Set(desired.completed.filter((slot) => slot <= desired.replicas));
  let live = 0;
  let useful = 0;
  let unrouted = 0;
  let going = 0;
  let lastAvailableAt: Instant | null = null;
  for (const [slot, instance] of current) {
    if (hasCompleted(instance, desired)) {
      completed.add(slot);
      available.add(slot);
    } else if (instance.life !== "ended" && !leaving(instance)) {
      live++;
      if (instance.life === "running" || instance.busy === "start") useful++;
      const answers = instance.unanswered === undefined && proven(instance, minReadyMs, now);
      if (instance.busy === null && answers && serving(instance, desired.routed)) {
        available.add(slot);
        lastAvailableAt = Math.max(lastAvailableAt ?? 0, (instance.readySince ?? 0) + minReadyMs);
      } else if (proven(instance, desired.bounds.minReadyMs, now) && !serving(instance, desired.routed)) unrouted++;
    } else if (instance.life === "running") going++;
  }
  live += servingOld.length;
  useful += servingOld.length;
  for (const { instance } of old) if (leaving(instance)) going++;
  return {
    current,
    old,
    unbuilt,
    evidence,
    quarantined,
    available,
    completed,
    servingOld,
    live,
    useful,
    unrouted,
    minReadyMs,
    proving: minReadyMs > desired.bounds.minReadyMs,
    leaving: going,
    running,
    runningSlots,
    attempts,
    lastAvailableAt,
  };
}

/**
 * Nobody has proved this content yet. Where nothing else serves (stopped first, or the old ones are gone), it serves meanwhile, and
 * only counts later (ADR 0002).
 */
const isFirst = ({ bounds, routed, provingMs }: Desired, current: Survey["current"], servingOld: readonly Old[], now: Instant): boolean =>
  bounds.order === "stop-first" || servingOld.length === 0
    ? ![...current.values()].some((i) => serving(i, routed) && proven(i, provingMs, now))
    : !someServe(current);

const someServe = (current: ReadonlyMap<number, Observed>): boolean => [...current.values()].some((i) => i.route?.state === "ready");

/** After a restart of the daemon nothing has been probed yet: without a route, an old instance that runs is taken to serve. */
const servesStill = (i: Observed, routed: boolean): boolean =>
  routed ? serving(i, true) && i.route?.weight !== 0 : i.life === "running" && !leaving(i);

/** Among several current instances of a slot the one furthest along stays; of equals the earlier attempt. */
const worth = (i: Observed): number =>
  (i.life === "running" ? 4 : i.life === "created" ? 2 : 0) * 1000 +
  (i.readySince !== null ? 2000 : 0) +
  (leaving(i) ? 0 : 4000) -
  Math.min(i.attempt, 900);

export const hasCompleted = (i: Observed, desired: Desired): boolean =>
  i.life === "ended" && i.exitCode === 0 && !i.evidence && (desired.restart.policy === "no" || desired.restart.policy === "on-failure");
