import type { Delivery } from "../plan/deliveries.ts";

/** What triggers need of the world outside. */

/** Header names are lower case. null for a body of no known form. */
export type ReadDelivery = (headers: Readonly<Record<string, string | undefined>>, body: Uint8Array) => Delivery | null;

export interface CallbackReport {
  readonly state: "success" | "failure" | "error";
  readonly description: string;
}

/** Tells a sender how it went. Resolves with why it was not told, or null. */
export type CallBack = (url: string, report: CallbackReport) => Promise<string | null>;

export interface Senders {
  readonly readDelivery: ReadDelivery;
  readonly callBack: CallBack;
}
