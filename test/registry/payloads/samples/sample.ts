import type { Delivery } from "../../../../src/plan/deliveries.ts";

/** A delivery as its vendor documents it: same fields and forms, names of our own. */
export interface Sample {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly read: Pick<Delivery, "form" | "pushed" | "shared" | "callback">;
}

export const DIGEST = `sha256:${"4f".repeat(32)}`;
export const JSON_TYPE = { "content-type": "application/json" } as const;
