import { gapMs, type LoadReport } from "../load/report.ts";

/** Lost requests of one cell; times in ms after the fault. */
export interface Losses {
  readonly total: number;
  readonly gets: number;
  readonly posts: number;
  /** Failed before the fault, or sent after the deployment had ended. */
  readonly elsewhen: number;
  /** Answered by another service, or by an instance that was never proven ready. */
  readonly wrong: number;
  /** When the last failed request was sent. */
  readonly lastSent: number;
  readonly gap: number;
  /** The first few, in words. */
  readonly samples: readonly string[];
}

/** What one deployment with one fault in it was seen to do. */
export interface Seen {
  readonly losses: Losses;
  /** `running`: it did not end while somebody waited. */
  readonly outcome: string;
  readonly reason: string | null;
  /** What was not as it should be at rest, in words. */
  readonly unrest: readonly string[];
  /** Different instances that the deployment created. */
  readonly created: readonly string[];
  /** How often each job's program ran, by its own account. */
  readonly jobs: readonly { readonly job: string; readonly ran: number }[];
  /** Requests before somebody approved, and how many of them the new revision answered. */
  readonly unapproved: { readonly of: number; readonly answered: number } | null;
  /** Only where the daemon was killed. */
  readonly resumed: Resumed | null;
  /** From the fault to the end of the deployment. */
  readonly seconds: number;
}

/** Where the deployment stood when its daemon was killed, while it was dead, and when the next one first answered. */
export interface Resumed {
  readonly before: Standing;
  readonly dead: Standing;
  readonly after: Standing;
}

export interface Standing {
  /** Steps in the journal. */
  readonly steps: number;
  /** Each server of HAProxy that may take traffic, and its weight. */
  readonly weights: readonly string[];
  /** `at/since or not` of the course; null without one. */
  readonly course: string | null;
}

/** Of a load that ran from before the fault to after the end, both in ms since the epoch. */
export function lossesOf(load: LoadReport, faultAt: number, endedAt: number): Losses {
  const { failed } = load;
  return {
    total: load.total,
    gets: failed.filter(({ method }) => method === "GET").length,
    posts: failed.filter(({ method }) => method === "POST").length,
    elsewhen: failed.filter((one) => one.endedAt < faultAt || one.sentAt > endedAt).length,
    wrong: failed.filter(({ error }) => /another service|before it was ready|another request|came back changed/.test(error ?? "")).length,
    lastSent: failed.length === 0 ? 0 : Math.max(...failed.map(({ sentAt }) => sentAt)) - faultAt,
    gap: gapMs(failed),
    samples: failed
      .slice(0, 4)
      .map((one) => `${one.method} sent ${one.sentAt - faultAt} ms, ended ${one.endedAt - faultAt} ms after the fault: ${one.error}`),
  };
}
