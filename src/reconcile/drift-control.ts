import type { Cause, Verdict } from "../plan/drift.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

export interface InstanceDrift extends ServiceKey {
  readonly name: string;
  readonly verdict: Verdict;
  readonly because: string;
  /** Oldest first; what taints nothing too. */
  readonly causes: readonly Cause[];
  /** More paths changed than are told. */
  readonly more: boolean;
}

export interface DriftView {
  /** Since when somebody watches, and up to when everything is known. */
  readonly watching: { readonly since: Instant; readonly seen: Instant };
  /** Of the last thirty days, oldest first. */
  readonly gaps: readonly { readonly from: Instant; readonly to: Instant; readonly reason: string; readonly blind: boolean }[];
  readonly instances: readonly InstanceDrift[];
  /** Touched within the last day, and not there any more. */
  readonly gone: readonly Pick<InstanceDrift, "name" | "stack" | "service" | "causes">[];
}

export interface SuggestionView extends ServiceKey {
  /** How many instances were looked at. */
  readonly instances: number;
  readonly scratch: readonly string[];
  readonly volumes: readonly string[];
  readonly image: readonly string[];
  /** For the stack file. */
  readonly lines: readonly string[];
}

/** What changed in instances without being declared. */
export interface DriftControl {
  list(of: Partial<ServiceKey>): Promise<DriftView>;
  /**
   * Replaces every drifted instance of the service; `keepMs` keeps them for so long, out of rotation. null: none drifted.
   * Raises INS2002, INS2030.
   */
  heal(service: ServiceKey, keepMs: number | null, who: string): Promise<DeploymentView | null>;
  /** Looks at the service's instances now. Raises INS2002. */
  suggest(service: ServiceKey): Promise<SuggestionView>;
  /** The writable layer of an instance, or of one in quarantine, as a tar. Raises INS3021, INS3022. */
  export(instance: string): Promise<NodeJS.ReadableStream>;
}
