import type { Cause, Verdict } from "../plan/drift.ts";
import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

export interface InstanceDrift extends ServiceKey {
  readonly name: string;
  readonly verdict: Verdict;
  readonly because: string;
  /** Oldest first; what taints nothing too. */
  readonly causes: readonly Cause[];
}

export interface DriftView {
  /** Since when somebody watches, and up to when everything is known. */
  readonly watching: { readonly since: Instant; readonly seen: Instant };
  /** Of the last thirty days, oldest first. */
  readonly gaps: readonly { readonly from: Instant; readonly to: Instant; readonly reason: string; readonly blind: boolean }[];
  readonly instances: readonly InstanceDrift[];
  /** Touched within the last day, and not there any more. */
  readonly gone: readonly Omit<InstanceDrift, "verdict" | "because">[];
}

/** What changed in instances without being declared. */
export interface DriftControl {
  list(of: Partial<ServiceKey>): Promise<DriftView>;
}
