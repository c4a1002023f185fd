import type { InstanceIdentity, Instant } from "./ports.ts";

/** The engine's part about drift: what it remembers, and what is different in an instance. Only looks. */

/** An instance as its watch needs it. */
export interface WatchedInstance extends InstanceIdentity {
  readonly id: string;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly life: "created" | "running" | "ended";
  /** As the engine prints it in the event of a run; null: none. */
  readonly healthcheck: string | null;
  /** Engine names. */
  readonly volumes: readonly string[];
}

export interface Forensics {
  /** By the engine's id. null: it is gone, or no instance of this installation. */
  watched(id: string): Promise<WatchedInstance | null>;
  /** Ids of every container of this installation, whatever its role. */
  ownContainers(): Promise<ReadonlySet<string>>;
  /** What the engine still knows of what happened: whether its memory is full, and its oldest event. */
  memory(): Promise<{ readonly full: boolean; readonly oldest: Instant | null }>;
}
