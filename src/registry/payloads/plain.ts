import { parseReference } from "../../lib/reference.ts";
import type { Delivery } from "../../plan/deliveries.ts";
import { asDigest, asTag, delivery, pushed, textAt } from "./fields.ts";

/** Instar's own: `{"image":"registry.example/shop/web","tag":"1.4"}` or `"digest"`; the tag may stand in the image. `id` is optional. */
export function readPlain(headers: Readonly<Record<string, string | undefined>>, body: unknown): Delivery | null {
  const image = textAt(body, "image");
  if (image === null) return null;
  const named = parseReference(image);
  const digest = asDigest(textAt(body, "digest")) ?? named?.digest ?? null;
  const written = asTag(textAt(body, "tag")) ?? (image.split("@")[0]?.endsWith(`:${named?.tag}`) === true ? (named?.tag ?? null) : null);
  const tag = written ?? (digest === null ? (named?.tag ?? null) : null);
  const id = textAt(body, "id") ?? headers["idempotency-key"] ?? null;
  return delivery("plain", [pushed([image], tag, digest, id)]);
}
