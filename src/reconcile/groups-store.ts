import type { Instant } from "./ports.ts";

/** The deployments of one `up` that succeed together or go back together. */
export interface GroupRow {
  readonly id: string;
  readonly stack: string;
  readonly who: string;
  /** Ids of the deployments. */
  readonly members: readonly string[];
  /** Services that are removed once it has succeeded. */
  readonly prune: readonly string[];
  /**
   * Ports or domains of others become theirs (ADR 0037): `due` until all have arrived, and then `done`, before they end. Absent: none.
   */
  readonly handover?: "due" | "done";
  readonly outcome: "running" | "succeeded" | "rolled-back" | "superseded";
  /** Why it goes back. */
  readonly reason: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
}

export interface GroupStore {
  group(id: string): Promise<GroupRow | null>;
  /** Numbered here: G1, G2, … */
  addGroup(row: Omit<GroupRow, "id">): Promise<GroupRow>;
  putGroup(row: GroupRow): Promise<void>;
}
