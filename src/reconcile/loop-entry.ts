import type { Step } from "../plan/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Seen } from "./glance.ts";
import type { Repeats } from "./repeats.ts";

/** A step under way. */
export interface Busy {
  readonly do: Step["do"];
  readonly slot: number;
  readonly attempt: number;
  readonly revision: number;
  readonly generation: number;
  readonly instanceHash: string;
}

/** What the loop knows of one service between its passes. */
export interface Entry {
  readonly key: ServiceKey;
  readonly busy: Map<string, Busy>;
  /** Steps that ended, and when: a look that began before must not believe what it saw of their instances. */
  readonly ended: Map<string, { readonly at: number; readonly busy: Busy }>;
  running: boolean;
  again: boolean;
  cancel: (() => void) | null;
  failures: number;
  /** Consecutive failures per step: a step that fails stays busy for its backoff. */
  readonly stumbles: Map<string, number>;
  readonly repeats: Repeats;
  lastError: string | null;
  /** When the oldest event not yet planned for arrived; for the figure. */
  eventAt: number | null;
  /** What the last pass saw, and when. */
  seen: (Seen & { readonly at: number }) | null;
}

export interface LoopListener {
  /** Something about this service moved: for people who watch. */
  moved(key: ServiceKey): void;
  /** A service's deployment ended or began. */
  settled(key: ServiceKey): Promise<void>;
  error(key: ServiceKey, error: unknown): void;
  /** Called around every step: where a test ends the process. */
  fault(when: "before" | "after", what: Step["do"]): void;
}
