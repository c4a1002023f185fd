import { createHash } from "node:crypto";
import type { Delivery } from "../plan/deliveries.ts";
import type { TriggerCall } from "./trigger-control.ts";
import type { TriggerRow } from "./trigger-store.ts";

/** What a sender says of a delivery beside the body: no signature covers it. */
const UNSIGNED: ReadonlySet<string> = new Set(["idempotency-key", "x-github-delivery"]);
const LONGEST = 2000;

/** The headers that a call's delivery is read from. */
export const readable = ({ hmac }: Pick<TriggerRow, "hmac">, headers: TriggerCall["headers"]): TriggerCall["headers"] =>
  hmac ? Object.fromEntries(Object.entries(headers).filter(([name]) => !UNSIGNED.has(name))) : headers;

/**
 * What makes a delivery the same one: the sender's id of it. Calls without one are each their own.
 *
 * Where calls are signed, whoever has seen one can send it again under another id in its headers. So there the ids in the body count, or
 * the body itself, and the headers only where a repetition does no more than look at the tag again.
 */
export function keyOf(row: TriggerRow, call: TriggerCall, delivery: Delivery | null): string | null {
  const given = (call.headers["idempotency-key"] ?? call.headers["x-github-delivery"] ?? null)?.slice(0, 200) ?? null;
  const ids = delivery?.pushed.map(({ id }) => id) ?? [];
  const own = ids.length === 0 || ids.includes(null) ? null : ids.join(" ").slice(0, LONGEST);
  if (!row.hmac) return own ?? given;
  if (own !== null) return own;
  const body = call.body ?? new Uint8Array();
  return body.length === 0 || onlyLooks(row, delivery) ? given : `body ${createHash("sha256").update(body).digest("hex")}`;
}

/** Whatever an old delivery says, what is deployed is where the service's own tag points now. */
const onlyLooks = (row: TriggerRow, delivery: Delivery | null): boolean =>
  row.kind === "redeploy" && !row.anyTag && !row.body && delivery?.pushed.every(({ tag }) => tag !== null) === true;
