import type { ChainView } from "./chain.ts";
import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

/** One thing for which it cannot be said that an instance is what was made. */
export interface Difference {
  readonly kind: "image" | "configuration" | "layer" | "history" | "unattested" | "log";
  readonly detail: string;
  /** Of a gap, or when it was done; null: not known. */
  readonly from: Instant | null;
  readonly to: Instant | null;
}

export interface InstanceProof extends ServiceKey {
  readonly name: string;
  /** The engine's. */
  readonly id: string;
  readonly revision: number;
  /** Of the revision, as `ps` shows it. */
  readonly digest: string;
  /** What the engine runs. */
  readonly image: string;
  readonly createdAt: Instant;
  /** Its layers were read on the host's disk; false: only through the engine. */
  readonly onDisk: boolean;
  readonly differences: readonly Difference[];
}

/** What Instar says of the instances at one moment. */
export interface Attestation {
  readonly format: 1;
  readonly installation: string;
  readonly at: Instant;
  /** null: every stack. */
  readonly stack: string | null;
  readonly service: string | null;
  readonly log: ChainView;
  readonly instances: readonly InstanceProof[];
  /** No difference at all. */
  readonly proven: boolean;
}

export interface VerifyView {
  readonly attestation: Attestation;
  /** base64 (ed25519) over the canonical JSON (RFC 8785) of the attestation. */
  readonly signature: string;
  /** PEM. */
  readonly publicKey: string;
}

/** A head of the event log as the daemon's log repeated it. */
export interface ClaimedHead {
  readonly seq: number;
  readonly hash: string;
  readonly signature: string;
}

export interface AuditView {
  readonly log: ChainView;
  /** Of the heads asked about: those that the log does not have any more, in words. */
  readonly claims: readonly string[];
}

export interface VerifyControl {
  verify(of: Partial<ServiceKey>): Promise<VerifyView>;
  audit(claims: readonly ClaimedHead[]): Promise<AuditView>;
  /** PEM. */
  publicKey(): string;
}
