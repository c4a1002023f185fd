import type { Signer } from "../lib/signing.ts";
import type { EventView } from "./control.ts";
import type { Instant } from "./ports.ts";

/** The last event, as the installation's key signed it. */
export interface Head {
  readonly seq: number;
  /** Of the event: over it and the hash of the one before. */
  readonly hash: string;
  /** base64, over `headText`. */
  readonly signature: string;
}

export interface ChainFault {
  /** The event at which it shows. */
  readonly seq: number;
  readonly message: string;
}

export interface ChainView {
  readonly events: number;
  readonly head: Head | null;
  /** Instants of the first and the last event. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Empty: no event was changed, removed or added by anybody else since the first. */
  readonly faults: readonly ChainFault[];
}

/** The event log as evidence: each event carries the hash of the one before, and the last is signed. */
export interface EventChain {
  readonly signer: Signer;
  /** The whole log, hash by hash. 100,000 events take about a second. */
  checkChain(): Promise<ChainView>;
  /** Touches of instances as the log has them, oldest first. */
  touchEvents(): Promise<readonly EventView[]>;
  /** Hash of an event; null when there is none of this number. */
  hashAt(seq: number): Promise<string | null>;
  /** The newest head this process has signed or found at its start. */
  head(): Promise<Head | null>;
}

export const headText = (installation: string, { seq, hash }: Pick<Head, "seq" | "hash">): string =>
  `instar event log ${installation} ${seq} ${hash}`;
