import type { ContextFiles } from "./context-files.ts";
import type { Hooks } from "./hooks-port.ts";
import type { SavedImages } from "./image-port.ts";
import type { Clock, ClockSteps, Engine, FileStore, Prober, Router } from "./ports.ts";
import type { Registries } from "./registry-port.ts";
import type { Senders } from "./senders.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Store } from "./store.ts";
import type { Verifier } from "./verification.ts";

/** Every port a daemon stands on, and what it is told once. */
export interface DaemonParts {
  readonly engine: Engine;
  readonly router: Router;
  readonly store: Store;
  readonly files: FileStore;
  readonly contexts: ContextFiles;
  readonly prober: Prober;
  readonly hooks: Hooks;
  readonly snapshots: Snapshots;
  readonly senders: Senders;
  readonly registries: Registries;
  readonly verifier: Verifier;
  readonly saved: SavedImages;
  readonly clock: Clock;
  /** Absent: nobody sets the clock. */
  readonly clockSteps?: ClockSteps;
  readonly pool: string;
  readonly httpPort: number;
  /** How often the contents of instances are looked at; 10 s without. */
  readonly lookEveryMs?: number;
  readonly fault: (when: "before" | "after", what: string) => void;
  readonly report: (message: string, error: unknown) => void;
}
