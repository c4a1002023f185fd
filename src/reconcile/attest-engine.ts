import type { Blueprint, Instant } from "./ports.ts";

/** What an instance is, against what its blueprint makes. */
export interface Inspection {
  /** The engine's. */
  readonly id: string;
  /** Content id of the image it runs. */
  readonly image: string;
  /** Key by key; empty: it is configured as it would be made. */
  readonly differences: readonly ConfigurationDifference[];
  /** Its own writable layer, without what mounts leave there. Sorted by path, the first hundred. */
  readonly layer: readonly { readonly kind: "A" | "C" | "D"; readonly path: string }[];
  /** Of the image's own layers, what was changed after the instance was made. */
  readonly imageLayers: readonly { readonly path: string; readonly at: Instant }[];
  /** Seen on the host's own disk; false: only as the engine tells it. */
  readonly onDisk: boolean;
}

export interface ConfigurationDifference {
  /** `Env.DEBUG`, `HostConfig.Privileged`, `Mounts./data`. */
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
}

export interface Attests {
  /** Reads all of it anew. null: there is no such container. Changes nothing. */
  inspectAgainst(blueprint: Blueprint): Promise<Inspection | null>;
}
