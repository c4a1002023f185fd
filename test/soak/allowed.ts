/**
 * Which lost request the laws allow: pure, so that it is tried by itself. What no incident of the run explains by time and service
 * is Instar's.
 *
 * Deployments, rollbacks, scales, heals, reloads, a new router, a dead daemon: nothing. One of several instances died: POSTs in
 * flight on it, and answers that had begun. The only one died: what was in flight; what comes later is held. HAProxy killed: its
 * open connections and a gap. A wrong answer: never, since whoever loses a request is not answered by somebody else; only that an
 * instance which the engine started again while the daemon was dead takes traffic as soon as its port does, since nobody is there
 * who asks it whether it is ready (law 5).
 */

import { type LateSecond, worstAround } from "../load/lateness.ts";
import { isWrongAnswer } from "../load/wrong-answer.ts";
import { type Absence, SETTLING_MS } from "./answers.ts";

/** A request that was not answered rightly. Times in ms since the epoch. */
export interface Lost {
  readonly service: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** Its connection's beginning; absent: it had none. */
  readonly openedAt?: number;
  readonly method: "GET" | "POST" | "PUT";
  /** null: no answer had begun. */
  readonly status: number | null;
  readonly error: string;
}

/** What was done to the world that may cost a request. Deployments, rollbacks, scales, heals and a dead daemon may not. */
export type Incident =
  | {
      readonly kind: "instance-died";
      readonly service: string;
      readonly instance: string;
      readonly at: number;
      /** Since when it may have been gone: killed then, or told of by others later; absent: `at` is when its process ended. */
      readonly dyingAt?: number;
      /** How many other instances of the service took traffic then. */
      readonly others: number;
    }
  | {
      readonly kind: "router-killed";
      readonly at: number;
      /** When a published port took connections again; infinity until then. */
      backAt: number;
    };

/** Clocks of three processes on one machine, and the time a FIN takes. */
export const CLOCKS_MS = 150;
/** HAProxy killed: its open connections and a gap of a second at most, in which nobody is listening. */
export const GAP_MS = 1_000;
/** What a request may wait for a service of the soak: drain, and twice a stop and a start (ADR 0026, fleet.ts); and what is near it. */
const HOLD_MS = 47_000;
const LONG_HELD_MS = 40_000;

/** The cause that allows the loss, in words; null: no law allows it. */
export function allowedBy(lost: Lost, incidents: readonly Incident[], absences: readonly Absence[] = []): string | null {
  if (isWrongAnswer(lost.error)) return isUnasked(lost, incidents, absences) ? UNASKED : null;
  for (const incident of incidents) {
    const cause = incident.kind === "router-killed" ? byRouter(lost, incident) : byDeath(lost, incident);
    if (cause !== null) return cause;
  }
  return null;
}

const UNASKED = "started again by the engine while the daemon was dead";
/** A daemon that dies this soon after an instance has not told the router yet. */
const TOLD_MS = 1_000;

/** Answered rightly, by an instance that nobody had asked whether it was ready, as nobody was there. */
const isUnasked = ({ service, sentAt, error }: Lost, incidents: readonly Incident[], absences: readonly Absence[]): boolean =>
  error.endsWith("before it was ready") &&
  incidents.some(
    (died) =>
      died.kind === "instance-died" &&
      died.service === service &&
      sentAt >= died.at &&
      absences.some(({ what, from, to }) => what === "daemon" && from <= died.at + TOLD_MS && died.at <= to && sentAt <= to + SETTLING_MS),
  );

function byRouter(
  { sentAt, endedAt, openedAt, status }: Lost,
  { at, backAt }: Extract<Incident, { kind: "router-killed" }>,
): string | null {
  if (endedAt < at - CLOCKS_MS) return null;
  // A hold is bounded, and nothing could be routed meanwhile. That HAProxy was away for so long is judged by itself (judgeGaps).
  if (status === 503 && endedAt - sentAt >= LONG_HELD_MS && backAt - at > GAP_MS + CLOCKS_MS && sentAt <= backAt + HOLD_MS)
    return `held in vain, HAProxy was away for more than ${GAP_MS} ms`;
  // A kept connection to the one that was killed, of which nothing is left: a starved generator hears of its end late, and writes to it
  // once more (1.9 s after the kill on a machine at load 25). The next HAProxy never has it.
  if (openedAt !== undefined && openedAt <= at && status === null) return "on a connection of the HAProxy that was killed";
  if (sentAt > backAt + CLOCKS_MS) return null;
  return sentAt <= at ? "open when HAProxy was killed" : "in the gap after HAProxy was killed";
}

function byDeath(lost: Lost, died: Extract<Incident, { kind: "instance-died" }>): string | null {
  const { at, others, dyingAt = at } = died;
  if (lost.service !== died.service || lost.endedAt < dyingAt - CLOCKS_MS) return null;
  const inFlight = lost.sentAt <= at + CLOCKS_MS;
  if (!inFlight) return null;
  if (others === 0) return "in flight on the only instance when it died";
  if (lost.method !== "GET") return "a POST in flight on the instance that died";
  return lost.status !== null && lost.error.startsWith("answer cut") ? "an answer that had begun on the instance that died" : null;
}

/** A generator of load that is later than this had no processor to run on. */
export const STARVED_MS = 250;

/** Whether HAProxy was away for too long, for a machine that had time for it. `late`: the seconds in which the load itself was late. */
export function isLongGap(at: number, backAt: number, late: readonly LateSecond[]): boolean {
  if (backAt - at <= GAP_MS + CLOCKS_MS) return false;
  // Where the load ran late, so did the engine that starts HAProxy again: a figure then, and no judgement.
  return backAt === Number.POSITIVE_INFINITY || worstAround(late, at, backAt) <= STARVED_MS;
}

/** How long nobody was listening after each kill of HAProxy, ms; and whether none was too long, each by the load around it. */
export function judgeGaps(
  incidents: readonly Incident[],
  late: readonly LateSecond[],
): { readonly gaps: readonly number[]; readonly ok: boolean } {
  const kills = incidents.flatMap((one) => (one.kind === "router-killed" ? [one] : []));
  return { gaps: kills.map(({ at, backAt }) => backAt - at), ok: kills.every(({ at, backAt }) => !isLongGap(at, backAt, late)) };
}

/** The judgement of a whole run: how many losses each cause allows, and those that none does. */
export interface Verdict {
  readonly allowed: Readonly<Record<string, number>>;
  readonly unexplained: readonly Lost[];
}

export function judgeLosses(losses: readonly Lost[], incidents: readonly Incident[], absences: readonly Absence[] = []): Verdict {
  const allowed: Record<string, number> = {};
  const unexplained: Lost[] = [];
  for (const lost of losses) {
    const cause = allowedBy(lost, incidents, absences);
    if (cause === null) unexplained.push(lost);
    else allowed[cause] = (allowed[cause] ?? 0) + 1;
  }
  return { allowed, unexplained };
}
