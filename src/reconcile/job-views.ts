import type { Instant } from "./ports.ts";
import type { DeploymentRow, Store } from "./store.ts";

/** A job of a deployment, for people to read. */
export interface JobView {
  readonly moment: "before" | "after";
  /** Its name in the file. */
  readonly job: string;
  readonly container: string;
  readonly state: "running" | "succeeded" | "failed";
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly exitCode: number | null;
  /** What went wrong, in words. */
  readonly reason: string | null;
  /** Its last 1,000 lines, once it has ended. */
  readonly log: readonly string[];
}

/** Nothing for a deployment without jobs. */
export async function jobViews(store: Store, { id }: DeploymentRow): Promise<{ readonly jobs?: readonly JobView[] }> {
  const rows = await store.jobsOf(id);
  if (rows.length === 0) return {};
  const jobs = rows.map(({ moment, job, container, startedAt, result }): JobView => {
    const state = result === null ? "running" : result.ok ? "succeeded" : "failed";
    const { endedAt = null, exitCode = null, words: reason = null, log = [] } = result ?? {};
    return { moment, job, container, state, startedAt, endedAt, exitCode, reason, log };
  });
  return { jobs };
}
