import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** A job of a deployment, written before its container is made: what a crash interrupts is found again. */
export interface JobRow extends ServiceKey {
  readonly deployment: string;
  readonly moment: "before" | "after";
  /** The revision whose job it is. */
  readonly revision: number;
  /** Its name in the file. */
  readonly job: string;
  readonly container: string;
  readonly createdAt: Instant;
  /** Written before the start: without a container and a result it is lost, and never run again. */
  readonly startedAt: Instant | null;
  readonly stoppedBecause: string | null;
  readonly result: JobResult | null;
  /** Its container is gone for good. */
  readonly closed: boolean;
}

export interface JobResult {
  readonly ok: boolean;
  readonly exitCode: number | null;
  readonly endedAt: Instant;
  /** What went wrong, in words; null for success. */
  readonly words: string | null;
  /** Its last lines. */
  readonly log: readonly string[];
}

export interface JobStore {
  job(deployment: string, moment: JobRow["moment"]): Promise<JobRow | null>;
  /** Of one deployment: before, then after. */
  jobsOf(deployment: string): Promise<readonly JobRow[]>;
  /** Of a service, those whose container may still be there. */
  openJobs(key: ServiceKey): Promise<readonly JobRow[]>;
  putJob(row: JobRow): Promise<void>;

  /** How far in the event log a reader has come; null: it has not begun. */
  cursor(name: string): Promise<number | null>;
  putCursor(name: string, seq: number): Promise<void>;
}
