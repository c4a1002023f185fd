import { gapMs, type LoadReport } from "../load/report.ts";
import { isWrongAnswer } from "../load/wrong-answer.ts";

/** Lost requests of one cell; times in ms after the fault. */
export interface Losses {
  readonly total: number;
  readonly gets: number;
  readonly posts: number;
  /** Failed before the fault, or sent after the deployment had ended. */
  readonly elsewhen: number;
  /** Of them: answered wholly and wrongly, by another service or by an instance that was never proven ready. */
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
  /** null where nobody has to approve it. */
  readonly unapproved: Unapproved | null;
  /** Only where the daemon was killed. */
  readonly resumed: Resumed | null;
  /** Only where HAProxy was killed. null where it was not, or was not recorded. */
  readonly away: Away | null;
  /** Only where the disk was full or the store read-only: whether the daemon was refused a write, by its own log. null: not recorded. */
  readonly refused: boolean | null;
  /** Only where dockerd was killed. null where it was not, or was not recorded. */
  readonly outage: Outage | null;
  /** From the fault to the end of the deployment. */
  readonly seconds: number;
}

/** Requests while the new revision had the share that it may have before somebody approves it. */
export interface Unapproved {
  readonly of: number;
  /** By the new revision. */
  readonly answered: number;
  /** Whether somebody approved it in the end; null: not recorded, nor when the share was in force. */
  readonly promoted: boolean | null;
}

/** The engine's absence. */
export interface Outage {
  /** Instar tells of it: a stretch of time in which nobody could act through the engine. */
  readonly told: boolean;
  /** From the kill until every serving instance and the published port answered again, ms; null: never, or the containers lived on. */
  readonly againMs: number | null;
}

/** HAProxy's absence, in ms. */
export interface Away {
  /** From its death until the published port took connections again. */
  readonly backMs: number;
  /** How late the load was around it, at worst. */
  readonly lateMs: number;
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
    wrong: failed.filter(({ error }) => isWrongAnswer(error ?? "")).length,
    lastSent: failed.length === 0 ? 0 : Math.max(...failed.map(({ sentAt }) => sentAt)) - faultAt,
    gap: gapMs(failed),
    samples: failed
      .slice(0, 4)
      .map((one) => `${one.method} sent ${one.sentAt - faultAt} ms, ended ${one.endedAt - faultAt} ms after the fault: ${one.error}`),
  };
}

/**
 * Who answered before the promotion (or the end, without one). A revision that may answer nobody may not from the beginning on; one
 * with a share only has it from when it was first seen to be in force (`from`), so that what came before does not thin it out.
 */
export function unapprovedIn(
  load: Pick<LoadReport, "requests">,
  of: { readonly version: string; readonly from: number | null; readonly promotedAt: number | null; readonly endedAt: number },
): Unapproved {
  const { from, promotedAt, version } = of;
  const until = promotedAt ?? of.endedAt;
  const meanwhile = load.requests.filter((one) => from !== null && one.sentAt >= from && one.endedAt < until && one.error === null);
  return {
    ...{ of: meanwhile.length, answered: meanwhile.filter((one) => one.version === version).length },
    promoted: promotedAt !== null,
  };
}
