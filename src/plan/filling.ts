import { betweenBatches, crashDelay, mayCreate, mayStart, passedOver } from "./bounds.ts";
import { leaving, proven, relapsed, serving } from "./classify.ts";
import { type Part, step, wayOut } from "./leaving.ts";
import { instanceName } from "./names.ts";
import { hasCompleted, type Survey, slotKey } from "./survey.ts";
import type { Crash, Desired, Instant, Observed, Step } from "./types.ts";

export const CRASH_MEMORY_MS = 600_000;

/**
 * Every wanted slot: created → started → ready → routed; what fails on the way is taken out with its evidence.
 * @param drains how many serving instances begin to drain in this very pass: their places are free already
 */
export function planFilling(desired: Desired, world: Survey, drains: number, now: Instant): Part {
  const part: Part = { steps: [], wakes: [] };
  const paused = desired.movement?.paused ?? false;
  if (paused) return part;
  const pauseUntil = betweenBatches(desired, world);
  const waits = pauseUntil > now;
  if (waits) part.wakes.push(pauseUntil);
  let starts = waits
    ? 0
    : desired.exclusive === "service"
      ? Number(world.running === 0)
      : mayStart(
          { replicas: desired.replicas, ...desired.bounds },
          world.useful - drains - passedOver(desired, world.unrouted, world.proving),
          world.running,
        );
  for (const i of bySlot(world)) {
    if (i.busy !== null) continue;
    if (hasCompleted(i, desired)) {
      part.steps.push(step("complete", i, "it ended with success"));
      continue;
    }
    const failure = whyFailed(i, desired, now);
    if (failure !== null) part.steps.push(...takeOut(i, desired, failure, part.wakes, now));
    else if (i.life === "created") {
      if (starts === 0 || (desired.exclusive === "slot" && world.runningSlots.has(i.slot))) continue;
      starts--;
      const first = desired.prelude.find((kind) => !desired.preluded.includes(`${kind}/${i.slot}`));
      if (first !== undefined) part.steps.push(step(first, i, desired.exclusive === "none" ? TOGETHER : PRELUDE[first]));
      else
        part.steps.push(
          step(
            "start",
            i,
            world.old.some(({ instance }) => instance.slot === i.slot) && desired.bounds.order === "stop-first"
              ? "its predecessor has stopped"
              : "it is built",
          ),
        );
    } else if (i.life === "running") bringIn(i, desired, world, part, now);
  }
  if (!waits) create(desired, world, part, now);
  return part;
}

const PRELUDE = {
  snapshot: "nothing writes to its volumes: they are kept as they are before it starts",
  restore: "nothing writes to its volumes: they get their earlier content back",
} as const;

const TOGETHER = "its volumes are kept as they are before it starts; what writes to them is frozen meanwhile";

const bySlot = (world: Survey): Observed[] => [...world.current.values()].sort((a, b) => a.slot - b.slot);

function bringIn(i: Observed, desired: Desired, world: Survey, part: Part, now: Instant): void {
  const { readyTimeoutMs } = desired.bounds;
  const { minReadyMs } = world;
  if (!proven(i, minReadyMs, now)) {
    const due = i.readySince === null ? (i.probedSince ?? now) + readyTimeoutMs : i.readySince + minReadyMs;
    // Past it, the answer that is awaited is what wakes.
    if (due > now) part.wakes.push(due);
    if (i.readySince === null || !pausing(i, desired, world, now)) return;
  }
  if (desired.routed && (i.route?.state !== "ready" || i.drainingSince !== null))
    part.steps.push(step("route", i, i.route === null ? "it is ready" : "it is wanted again"));
  else if (leaving(i)) part.steps.push(step("route", i, "it is wanted again"));
}

/**
 * Nothing serves, and what is ready takes traffic at once: that it has to stay so first, by its content or (stopped first) by `min_ready`,
 * only decides when it counts (ADR 0002).
 */
const pausing = (i: Observed, { bounds, routed }: Desired, { servingOld, current }: Survey, now: Instant): boolean =>
  (bounds.order === "stop-first" || proven(i, bounds.minReadyMs, now)) &&
  servingOld.length === 0 &&
  ![...current.values()].some((one) => serving(one, routed));

/** Words for what went wrong with a wanted instance; null while nothing has. */
function whyFailed(i: Observed, desired: Desired, now: Instant): string | null {
  if (i.life === "ended") return ownEnd(i);
  if (i.life !== "running") return null;
  if (relapsed(i, desired)) return `${ownEnd(i)} and was started again by the engine`;
  if (i.sick && desired.movement !== null) return `${i.name} is unhealthy: ${i.probeDetail ?? "its healthcheck fails"}`;
  if (i.readySince === null && i.probedSince !== null && now >= i.probedSince + desired.bounds.readyTimeoutMs)
    return `${i.name} was not ready within ${desired.bounds.readyTimeoutMs} ms: ${i.probeDetail ?? "no answer"}`;
  return null;
}

const ownEnd = (i: Observed): string =>
  `${i.name} ended ${i.endedWithEngine === true ? "with the engine" : "by itself"} with exit code ${i.exitCode ?? "unknown"}`;

/**
 * In a deployment it counts against the deployment; else it is a crash, and `restart` decides whether a fresh one follows.
 * One that still answers requests is drained first, like any other.
 */
function takeOut(i: Observed, desired: Desired, words: string, wakes: Instant[], now: Instant): Step[] {
  if (desired.movement === null && i.life === "ended" && !isReplaced(desired, i.slot))
    return i.route === null ? [] : [step("unroute", i, "it has ended")];
  const end = step(desired.movement === null ? "crash" : "fail", i, words);
  if (i.life === "ended") return [end];
  return wayOut(desired, i, words, wakes, now).map((one) => (one.do === "stop" ? end : one));
}

/** `no`: an exit is final. `on-failure: n`: n fresh ones in its slot, then final (Compose spec, restart: of each container). */
function isReplaced({ restart, crashes }: Desired, slot: number): boolean {
  if (restart.policy !== "on-failure" || restart.maxAttempts === 0) return restart.policy !== "no";
  return crashes.filter((crash) => crash.slot === slot).length < restart.maxAttempts;
}

function create(desired: Desired, world: Survey, part: Part, now: Instant): void {
  if (desired.waitingFor !== null) return;
  const order = slotsInOrder(desired, world);
  const built = mayCreate({
    replicas: desired.replicas,
    parallelism: desired.bounds.parallelism,
    order: desired.bounds.order,
    live: world.live,
    available: world.available.size,
    servingOld: world.servingOld.length,
    leaving: world.leaving,
    proving: world.proving,
  });
  const deaths = deathsBySlot(desired.crashes, now);
  let budget = Math.max(built, order.free);
  for (const slot of order.slots) {
    if (budget === 0) break;
    if (world.current.has(slot) || world.completed.has(slot)) continue;
    const dead = deaths.get(slot);
    const due = dead === undefined ? now : dead.last + crashDelay(dead.count);
    if (due > now) {
      part.wakes.push(due);
      continue;
    }
    budget--;
    const attempt = (world.attempts.get(slotKey(desired.revision, slot)) ?? 0) + 1;
    part.steps.push({
      do: "create",
      instance: instanceName(desired.stack, desired.service, desired.revision, slot, attempt),
      slot,
      attempt,
      revision: desired.revision,
      because: dead === undefined ? `slot ${slot} has no instance of revision ${desired.revision}` : `slot ${slot} lost its instance`,
    });
  }
}

/**
 * Where a slot has one writer, the free slots come first and are always built: successors for the taken ones, which cannot
 * start yet, would use up the budget. 6 wanted, slots 1, 2, 4, 5, 6 serve, successors of 1 and 2 are built: 3 is built too.
 */
function slotsInOrder(desired: Desired, world: Survey): { readonly slots: readonly number[]; readonly free: number } {
  const slots = Array.from({ length: desired.replicas }, (_, index) => index + 1);
  if (desired.exclusive !== "slot") return { slots, free: 0 };
  const free = slots.filter((slot) => !world.runningSlots.has(slot));
  return {
    slots: [...free, ...slots.filter((slot) => world.runningSlots.has(slot))],
    free: free.filter((slot) => !world.current.has(slot)).length,
  };
}

function deathsBySlot(crashes: readonly Crash[], now: Instant): Map<number, { count: number; last: Instant }> {
  const deaths = new Map<number, { count: number; last: Instant }>();
  for (const crash of crashes) {
    // One of the future is of a clock that has been set back: when it was is not known, and it is waited for no longer.
    if (crash.at < now - CRASH_MEMORY_MS || crash.at > now) continue;
    const before = deaths.get(crash.slot);
    deaths.set(crash.slot, { count: (before?.count ?? 0) + 1, last: Math.max(before?.last ?? 0, crash.at) });
  }
  return deaths;
}
