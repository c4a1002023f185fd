import type { Delivery } from "../../plan/deliveries.ts";
import { asTag, at, delivery, pushed, textAt } from "./fields.ts";

/**
 * Quay's `repo_push` notification: the tags are a list, in old ones the keys of an object. Neither digests nor a delivery id come
 * along (docs.redhat.com, "Use Red Hat Quay", Repository Notifications).
 */
export function readQuay(_headers: object, body: unknown): Delivery | null {
  const name = textAt(body, "docker_url");
  const tags = at(body, "updated_tags");
  if (name === null) return null;
  const given = Array.isArray(tags) ? (tags as readonly unknown[]) : typeof tags === "object" && tags !== null ? Object.keys(tags) : [];
  return delivery(
    "quay",
    given.map((tag) => {
      const known = asTag(typeof tag === "string" ? tag : null);
      return known === null ? null : pushed([name], known, null, null);
    }),
  );
}
