import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";

export interface TriggerRow extends ServiceKey {
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string | null;
  readonly kind: "redeploy" | "scale-up";
  /** sha256 of the secret, hex: the secret itself is nowhere. */
  readonly secretHash: string;
  /** Calls must be signed with the key that `FileStore.derive` gives for this trigger. */
  readonly hmac: boolean;
  /** New instances are told the body of the call. */
  readonly body: boolean;
  /** Pushes of other tags than the service's are deployed too. */
  readonly anyTag: boolean;
  /** Of `scale-up`: how many instances more, and the number that is never passed. */
  readonly by: number;
  readonly most: number;
  readonly createdAt: Instant;
  readonly who: string;
  readonly calls: { readonly accepted: number; readonly refused: number };
  readonly last: { readonly at: Instant; readonly outcome: "accepted" | "replayed" | "refused"; readonly reason: string } | null;
}

/** A delivery that was taken: told again, it does nothing. */
export interface DeliveryRow {
  readonly trigger: string;
  /** The sender's own id of it. */
  readonly key: string;
  readonly at: Instant;
  readonly deployment: string | null;
  readonly reason: string;
  /** Whoever sent it wants to hear there how it went, and has not yet. */
  readonly callback: string | null;
}

export interface TriggerStore {
  triggers(): Promise<readonly TriggerRow[]>;
  trigger(id: string): Promise<TriggerRow | null>;
  putTrigger(row: TriggerRow): Promise<void>;
  /** With its deliveries. */
  dropTrigger(id: string): Promise<void>;

  delivery(trigger: string, key: string): Promise<DeliveryRow | null>;
  putDelivery(row: DeliveryRow): Promise<void>;
  /** Those that wait for a callback. */
  owedCallbacks(): Promise<readonly DeliveryRow[]>;
  dropDeliveries(before: Instant): Promise<void>;
}
