import type { Confirming } from "./confirm.ts";
import type { Course } from "./course.ts";

/**
 * What the planner reads and what it answers: plain data, no clock, no I/O.
 * Instants are milliseconds since the epoch; durations are milliseconds.
 */
export type Instant = number;

/** What one service should be. */
export interface Desired {
  readonly stack: string;
  readonly service: string;
  /** The revision whose instances should serve. */
  readonly revision: number;
  readonly instanceHash: string;
  /** Instances of an earlier generation are replaced although their content is equal (recycle, redeploy). */
  readonly generation: number;
  /** 0: stopped, removed, or a first deployment that failed. */
  readonly replicas: number;
  readonly bounds: Bounds;
  /**
   * The first instance of content that never served stays ready this long before it is routed, while others serve, or, where it
   * is routed at once, before it counts; 0: it is proven.
   */
  readonly provingMs: number;
  readonly restart: { readonly policy: "no" | "on-failure" | "always" | "unless-stopped"; readonly maxAttempts: number };
  /** Does the router send traffic to it? Without, ready is enough to be available. */
  readonly routed: boolean;
  /** Who writes the data (law 6): one instance at a time of the service, one at a time of each slot, or any. */
  readonly exclusive: Exclusive;
  readonly movement: Movement | null;
  /** Deaths of instances, newest last; the planner reads the last ten minutes. */
  readonly crashes: readonly Crash[];
  /** What is done to a slot's volumes before the first new instance starts on them, in this order. */
  readonly prelude: readonly PreludeKind[];
  /** Which of them are done: `snapshot/1`. */
  readonly preluded: readonly string[];
  /** Slots whose instance of this content ended with success and was removed: they are not filled again. */
  readonly completed: readonly number[];
  /** A dependency that is not there yet, in words; nothing is created meanwhile. */
  readonly waitingFor: string | null;
  /** Absent where no job has to run or is left over. */
  readonly jobs?: Jobs;
  /** The revisions that stand side by side, the wanted one first; absent where one is wanted alone. */
  readonly sides?: readonly Side[];
  /** Instances of this content serve until their ports have changed hands, beside all that are wanted: none of them drains. */
  readonly keepsOld?: string;
  /** Nobody has let other revisions in: none of them gets requests only because the wanted one lacks instances. */
  readonly closed?: boolean;
}

/** One of several revisions that are wanted at the same time. */
export interface Side {
  readonly revision: number;
  readonly instanceHash: string;
  /** Instances of an earlier generation are not of this side. */
  readonly generation: number;
  readonly replicas: number;
  /** Of the requests, in hundredths of a percent; all sides together are 10,000. A course decides by itself. */
  readonly share: number;
  /** Kept without traffic until then; null: no such end. */
  readonly until: Instant | null;
}

/**
 * The jobs of a service at this moment. While the one before has not succeeded, the rest of `Desired` is the revision that
 * serves, without a movement: what runs is kept as it is.
 */
export interface Jobs {
  readonly before: Job | null;
  readonly after: Job | null;
  /** Whether somebody outside agrees; null: nobody is asked. */
  readonly confirm: Confirming | null;
  /** Of deployments that are over or have turned round: they come to their end before anything else begins. */
  readonly left: readonly (Job & { readonly stop: boolean })[];
  readonly paused: boolean;
  /** A dependency that is not there yet, in words; no job is created meanwhile. */
  readonly waitingFor: string | null;
}

/** A one-off container of a deployment: its name comes from the deployment's id, so it is made once, whatever crashes. */
export interface Job {
  readonly moment: "before" | "after";
  /** Its name in the file. */
  readonly service: string;
  readonly container: string;
  readonly revision: number;
  readonly life: "absent" | "created" | "running" | "ended";
  readonly startedAt: Instant | null;
  /** The journal says that its start was begun: gone without a result, it is never made again. */
  readonly begun: boolean;
  readonly timeoutMs: number;
  /** As it was recorded; null: not yet. */
  readonly result: { readonly ok: boolean; readonly words: string } | null;
  /** Its container is gone for good. */
  readonly closed: boolean;
  readonly busy: boolean;
}

export type JobStepKind = "job-create" | "job-start" | "job-stop" | "job-end";

/** Instances that may not run side by side, whatever their revision. */
export type Exclusive = "service" | "slot" | "none";

/** The running deployment. */
export interface Movement {
  readonly id: string;
  readonly startedAt: Instant;
  /** The last step recorded, or the start. */
  readonly progressAt: Instant;
  /** Nothing new is created or drained; what drains already may end. */
  readonly paused: boolean;
  /** `back` while it undoes itself. */
  readonly direction: "forward" | "back";
  /** Instances of the target that failed in this direction. */
  readonly failures: readonly string[];
  /** And so many more, whose words are not kept; absent: none. */
  readonly passedOver?: number;
  /** It has arrived and waits for the others of its group: no step is no stall. */
  readonly arrived?: boolean;
  /** Its steps, where old and new stand side by side. */
  readonly course?: Course;
}

export interface Bounds {
  readonly order: "start-first" | "stop-first";
  /** Instances replaced at once, at least 1. */
  readonly parallelism: number;
  readonly delayMs: number;
  readonly monitorMs: number;
  readonly minReadyMs: number;
  readonly readyTimeoutMs: number;
  readonly drainMs: number;
  /** 0 to 1: failures beyond floor(ratio × replicas) fail the deployment. */
  readonly maxFailureRatio: number;
  /** `continue`: failures are replaced and counted, never ended on. */
  readonly failureAction: "rollback" | "pause" | "continue";
}

export interface Crash {
  readonly revision: number;
  readonly slot: number;
  readonly attempt: number;
  readonly at: Instant;
}

/** One instance as the engine, the router, the prober and the journal show it. */
export interface Observed {
  readonly name: string;
  readonly revision: number;
  readonly slot: number;
  readonly attempt: number;
  readonly generation: number;
  readonly instanceHash: string;
  readonly life: "created" | "running" | "ended";
  /** Ended, and about to be started again by its restart policy: until it is stopped it may run at any moment. */
  readonly revives: boolean;
  /** False: a network is missing; to be removed and built again. */
  readonly built: boolean;
  /** null while it is being created. */
  readonly createdAt: Instant | null;
  readonly startedAt: Instant | null;
  /** Of the life that is over: while it runs again, of the one before; null where that is not known. */
  readonly exitCode: number | null;
  /** Restarted by the engine alone: replaced by a fresh one. */
  readonly worn: boolean;
  /** The engine ended it when it was itself started again, and did not start it; absent: it did not. */
  readonly endedWithEngine?: boolean;
  /** Reported unhealthy by its own healthcheck. */
  readonly sick: boolean;
  /** Since when the readiness probe holds; null while it does not. */
  readonly readySince: Instant | null;
  /** When it last answered a probe; absent: the engine says how it is now. */
  readonly answeredAt?: Instant;
  /** Since when this start is being probed: the ready timeout counts from here. */
  readonly probedSince: Instant | null;
  /** What the probe saw last instead of readiness, in words. */
  readonly probeDetail: string | null;
  /** It serves, and does not answer yet where only the wanted revision's routes lead; absent: it does, or nothing is new. */
  readonly unanswered?: { readonly since: Instant; readonly words: string };
  /** null: not in the router at all. Sessions are summed over every worker; the weight is 0 to 256, absent for the usual one. */
  readonly route: { readonly state: "ready" | "drain" | "maint"; readonly sessions: number; readonly weight?: number } | null;
  readonly drainingSince: Instant | null;
  /** Of a Compose project that is being adopted: it serves without the router, and is stopped, never removed. */
  readonly outside: boolean;
  /** It drifted and is to be replaced by the running deployment; why, in words. */
  readonly heal?: string;
  /** It is taken out of rotation and kept for people to read until then. */
  readonly quarantine?: { readonly until: Instant; readonly because: string };
  /** Kept, stopped, for people to read. */
  readonly evidence: boolean;
  /** A step on it is being performed; it gets no other meanwhile. */
  readonly busy: StepKind | null;
}

export type StepKind =
  | "create"
  | "start"
  | "route"
  | "drain"
  | "cut"
  | "stop"
  | "unroute"
  | "remove"
  | "fail"
  | "crash"
  | "complete"
  | JobStepKind
  | "ask"
  | "weigh"
  | "stage"
  | PreludeKind;

/** Work on the volumes of a built instance whose predecessor has stopped. */
export type PreludeKind = "snapshot" | "restore";

export interface Step {
  readonly do: StepKind;
  readonly instance: string;
  readonly slot: number;
  readonly attempt: number;
  readonly revision: number;
  readonly because: string;
  /** A repetition: the record has it already. */
  readonly again?: true;
  /** `weigh`: every changed weight by instance, set at once. `route`: its own, if it is not the usual one. */
  readonly weights?: Readonly<Record<string, number>>;
  /** `stage`: where the course stands after it, and whether the time of that step begins. */
  readonly stage?: { readonly at: number; readonly begins: boolean };
}

export type Status =
  /** Every slot is filled by an available instance of the target, and nothing else is left. */
  | { readonly kind: "converged" }
  /** Every instance ended with success and is not to run again. */
  | { readonly kind: "completed" }
  /** On the way; the sentence says what it waits for. */
  | { readonly kind: "moving"; readonly waiting: string }
  /** The deployment cannot go on. */
  | {
      readonly kind: "failed";
      readonly code: "INS5001" | "INS5002" | "INS5003" | "INS5004" | "INS5005" | "INS5008" | "INS5009" | "INS3031" | "INS4001";
      readonly reason: string;
    };

export interface Plan {
  /** Only what is safe right now. */
  readonly steps: readonly Step[];
  readonly status: Status;
  /** When to look again although nothing happened; null: wait for an event. */
  readonly wakeAt: Instant | null;
}
