import type { ServiceKey } from "./control.ts";
import type { TriggerRow } from "./trigger-store.ts";

export interface NewTrigger {
  readonly name: string | null;
  readonly kind: TriggerRow["kind"];
  readonly hmac: boolean;
  readonly body: boolean;
  readonly anyTag: boolean;
  readonly by: number;
  readonly most: number;
}

/** A trigger without anything that would let somebody call it. */
export type TriggerView = Omit<TriggerRow, "secretHash">;

/** Shown once: what is kept of the secret is its hash, and of the key nothing. */
export interface TriggerMade {
  readonly trigger: TriggerView;
  /** `/hooks/ID/SECRET` */
  readonly path: string;
  readonly hmacKey: string | null;
}

export interface TriggerCall {
  readonly id: string;
  readonly secret: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** null: it was larger than the API takes. */
  readonly body: Uint8Array | null;
  /** The address it came from, for the record. */
  readonly from: string;
}

export interface TriggerAnswer extends ServiceKey {
  readonly trigger: string;
  /** False only for what tells of many repositories, and would be sent again for ever if it were refused. */
  readonly accepted: boolean;
  /** The deployment that it began, or that does what it asks for already. */
  readonly deployment: string | null;
  readonly replayed: boolean;
  /** Why there is no deployment, or what it is for. */
  readonly reason: string;
  /** The image is still being fetched: the event log tells how it went. */
  readonly pending: boolean;
}

/** Calls from outside that move one service. Every one of them, taken or refused, is an event. */
export interface TriggerControl {
  /** Raises INS2001, INS2002. */
  create(service: ServiceKey, how: NewTrigger, who: string): Promise<TriggerMade>;
  list(): Promise<readonly TriggerView[]>;
  /** Raises INS2050. */
  remove(id: string, who: string): Promise<void>;
  /** Raises INS2008, INS2010, INS2050 to INS2055, INS2057, and what `redeploy` raises. */
  call(call: TriggerCall): Promise<TriggerAnswer>;
}
