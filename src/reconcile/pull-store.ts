import type { Instant } from "./ports.ts";

/** Names of images that are on the engine because Instar pulled them: the proof that it may remove them again (law 10). */
export interface PullStore {
  pulls(): Promise<readonly string[]>;
  putPull(reference: string, at: Instant): Promise<void>;
  dropPull(reference: string): Promise<void>;
}
