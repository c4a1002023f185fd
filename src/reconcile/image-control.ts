import type { ServiceKey } from "./control.ts";

/** Whether a revision's image can still be had. */
export type Restorable = "present" | "pullable" | "saved" | "gone" | "unknown";

/** The image of one revision. */
export interface RevisionImage extends ServiceKey {
  readonly revision: number;
  readonly current: boolean;
  /** Among those that can be gone back to (`x-instar.keep`); `instar prune` lets the others' images go. */
  readonly kept: boolean;
  readonly reference: string;
  readonly digest: string;
  /**
   * `present` on the engine; `pullable`: a registry answers for its digest; `saved` under `$INSTAR_HOME/images`; `gone`: nobody
   * has it; `unknown`: its registry could not be asked.
   */
  readonly state: Restorable;
  /** It is in `$INSTAR_HOME/images` too. */
  readonly saved: boolean;
  readonly detail: string | null;
}

export interface PruneView {
  /** Names taken from the engine; an image goes with its last one. */
  readonly removed: readonly string[];
  /** Names that stayed although no revision needs them: a container uses them, or they mean something else by now. */
  readonly inUse: readonly string[];
  /** Ids of saved images that went, and the bytes that this freed. */
  readonly unsaved: readonly string[];
  readonly bytes: number;
}

export interface ImageControl {
  /** Newest revision first, service by service. Registries are asked for what is neither here nor saved. */
  list(of: Partial<ServiceKey>): Promise<readonly RevisionImage[]>;
  /** Lets go of images that Instar pulled or built, and that no revision needs which can be gone back to. */
  prune(how: { readonly dryRun: boolean; readonly who: string }): Promise<PruneView>;
}
