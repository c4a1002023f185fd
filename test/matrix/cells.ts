/**
 * The crash matrix as data: which strategies, which steps, which faults, and what docs of the laws promise for each cell.
 * Written from the laws ("The ten laws" and "What zero means"), before anything was run. Pure.
 */
import type { StepKind } from "../../src/plan/types.ts";

export const STRATEGIES = ["rolling", "stop-first", "blue-green", "canary", "jobs"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const FAULTS = [
  "daemon",
  "haproxy",
  "dockerd",
  "dockerd-cold",
  "old-instance",
  "new-instance",
  "disk-full",
  "read-only",
  "clock-forward",
  "clock-back",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What each fault is, for the table's head. */
export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  daemon: "kill -9 of the daemon, started again",
  haproxy: "kill -9 of HAProxy's master",
  dockerd: "kill -9 of dockerd with live-restore, started again after a second",
  "dockerd-cold": "the same without live-restore: every container ends with it",
  "old-instance": "kill -9 of an instance of the revision that leaves",
  "new-instance": "kill -9 of an instance of the revision that comes",
  "disk-full": "no space left under the home, for three seconds",
  "read-only": "the store's files refuse every write, for three seconds",
  "clock-forward": "the daemon's clock jumps an hour ahead",
  "clock-back": "the daemon's clock jumps an hour back",
};

/**
 * The kinds of steps in the order in which a deployment of two instances (stop-first: one) takes them; `:2` is the second of that
 * kind. The fault comes right after the step was performed and recorded, or right before it with `before`.
 */
export const STEPS: Readonly<Record<Strategy, readonly string[]>> = {
  rolling: ["create", "start", "route", "drain", "stop", "unroute", "remove"],
  "stop-first": ["create", "drain", "stop", "start", "route", "unroute", "remove"],
  "blue-green": ["create", "start", "route", "route:2", "stage", "weigh", "drain", "stop", "unroute", "remove"],
  canary: ["create", "start", "route", "weigh", "stage", "route:2", "weigh:2", "drain", "stop", "unroute", "remove"],
  jobs: ["ask", "job-create", "job-start", "job-end", "route", "remove:2", "job-create:2", "job-start:2", "job-end:2"],
};

/** Every kind of step there is, so that the page can tell which of them no row has. */
export const KINDS: Readonly<Record<StepKind, true>> = {
  ...{ create: true, start: true, route: true, drain: true, cut: true, stop: true, unroute: true, remove: true },
  ...{ fail: true, crash: true, complete: true, ask: true, weigh: true, stage: true, snapshot: true, restore: true },
  ...{ "job-create": true, "job-start": true, "job-stop": true, "job-end": true },
};

/** What no cell can be, whatever is run: a cell has no word for it. */
export const BEYOND: readonly string[] = [
  "a step of a deployment on its way back: the fault comes with the first (`:2`: second) of its kind, on the way there",
  "HAProxy's worker: only its master is killed (`script/soak` kills both)",
];

export const REPLICAS: Readonly<Record<Strategy, number>> = { rolling: 2, "stop-first": 1, "blue-green": 2, canary: 2, jobs: 2 };

/** Of the requests, before `promote`: the new revision's share in percent. null: nobody has to approve it. */
export const APPROVED: Readonly<Record<Strategy, number | null>> = {
  rolling: null,
  "stop-first": null,
  "blue-green": 0,
  canary: 25,
  jobs: null,
};

/** Which requests may be lost. */
export type Loss =
  | "none"
  /** One of several died: POSTs that were in flight on it. */
  | "posts in flight"
  /** The only one died: those in flight on it; later ones are held. */
  | "in flight"
  /** HAProxy died: its open connections, and those of a gap that should be within a second. */
  | "gap"
  /** Everything stood still; counted from the fault until it serves again, never answered by another service. */
  | "outage";

export interface Cell {
  readonly strategy: Strategy;
  readonly fault: Fault;
  readonly when: "before" | "after";
  readonly step: string;
}

export interface Expectation {
  readonly law: string;
  readonly lost: Loss;
  readonly ends: readonly string[];
}

const ENDS = ["succeeded"];
/** Whoever dies in its first seconds may be given a second try or may fail its deployment: by law 8 both are ends. */
const EITHER = ["succeeded", "rolled-back"];

export function expected({ strategy, fault, step, when }: Cell): Expectation {
  switch (fault) {
    case "daemon":
      return { law: "4, zero means: daemon killed", lost: "none", ends: ENDS };
    case "haproxy":
      return { law: "5, zero means: HAProxy killed", lost: "gap", ends: ENDS };
    case "dockerd":
      return { law: "5, zero means: dockerd with live-restore", lost: "none", ends: ENDS };
    // What ended with the engine has not failed. (A job that the engine ended would have; those of the matrix are over before it is back.)
    case "dockerd-cold":
      return { law: "5, zero means: dockerd without live-restore", lost: "outage", ends: ENDS };
    case "old-instance":
      return { law: "4, zero means: an instance dies", lost: lostWithOld(strategy, step), ends: ENDS };
    case "new-instance":
      return { law: "3 and 8, zero means: an instance dies", lost: lostWithNew(strategy, step, when), ends: EITHER };
    case "disk-full":
      return { law: "4 and 9: what cannot be recorded is not done", lost: "none", ends: ENDS };
    case "read-only":
      return { law: "4 and 9: what cannot be recorded is not done", lost: "none", ends: ENDS };
    case "clock-forward":
    case "clock-back":
      return { law: "3 and 4: no wait is shortened or endless", lost: "none", ends: ENDS };
    default:
      return fault satisfies never;
  }
}

/** In its drain the old one of a stop-first, which is the only one, ends what it has begun; from its stop on it has no requests. */
function lostWithOld(strategy: Strategy, step: string): Loss {
  return strategy === "stop-first" && ["create", "drain"].includes(step) ? "in flight" : "posts in flight";
}

/** Before it is routed, or while it has no weight, nobody can lose anything with a new one. */
function lostWithNew(strategy: Strategy, step: string, when: "before" | "after"): Loss {
  const unrouted: Readonly<Record<Strategy, readonly string[]>> = {
    rolling: ["create", "start"],
    "stop-first": ["create", "drain", "stop", "start"],
    "blue-green": ["create", "start", "route", "route:2", "stage"],
    canary: ["create", "start", "route"],
    jobs: ["ask", "job-create", "job-start", "job-end"],
  };
  if (unrouted[strategy].includes(step) || (when === "before" && STEPS[strategy][unrouted[strategy].length] === step)) return "none";
  return strategy === "stop-first" ? "in flight" : "posts in flight";
}

export const keyOf = (cell: Cell): string => `${cell.strategy} ${cell.fault} ${cell.when} ${cell.step}`;
