import type { FreezeSpec } from "../spec/types.ts";
import type { DeclaredExec } from "./execution.ts";
import type { Instant } from "./ports.ts";

/** A volume whose writers stand still, or may: written before the first of them is told to, dropped when the last goes on. */
export interface FreezeRow {
  readonly volume: string;
  readonly stack: string | null;
  /** Names of the instances that were told to and have not been told to go on. */
  readonly instances: readonly string[];
  readonly freeze: FreezeSpec;
  readonly who: string;
  readonly at: Instant;
  /** Until then the freeze command may still do what it was about to: it ran into its limit and could not be killed. */
  readonly lateUntil?: Instant;
}

export interface FreezeStore {
  freezes(): Promise<readonly FreezeRow[]>;
  putFreeze(row: FreezeRow): Promise<void>;
  dropFreeze(volume: string): Promise<void>;

  /** By the engine's id; the newest thousand are kept, which is more than an engine remembers. */
  declaredExecs(): Promise<ReadonlyMap<string, DeclaredExec>>;
  addDeclaredExec(row: DeclaredExec): Promise<void>;
}
