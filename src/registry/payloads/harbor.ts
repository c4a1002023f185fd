import type { Delivery } from "../../plan/deliveries.ts";
import { asDigest, asTag, at, delivery, listAt, pushed, textAt, wordAt } from "./fields.ts";

/**
 * Harbor's project webhooks in both of its formats, its own and CloudEvents (goharbor.io/docs, "Configure Webhook Notifications").
 * What is pushed without a tag has its digest in the tag's place.
 */
export function readHarbor(_headers: object, body: unknown): Delivery | null {
  const type = textAt(body, "type") ?? "";
  const cloud = textAt(body, "specversion") !== null && type.startsWith("harbor.");
  const data = cloud ? at(body, "data") : at(body, "event_data");
  if (data === undefined) return null;
  if (type !== (cloud ? "harbor.artifact.pushed" : "PUSH_ARTIFACT"))
    return delivery("harbor", [], { about: `Harbor's ${type.slice(0, 60)} is no push` });
  const when = textAt(body, "id") ?? wordAt(body, "occur_at");
  return delivery(
    "harbor",
    listAt(data, "resources").map((resource) => {
      const tag = asTag(textAt(resource, "tag"));
      const digest = asDigest(textAt(resource, "digest"));
      if (tag === null) return null;
      return pushed([textAt(resource, "resource_url")], tag, digest, when === null ? null : `${when}:${tag}@${digest ?? ""}`);
    }),
  );
}
