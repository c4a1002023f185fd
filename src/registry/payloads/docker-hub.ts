import type { Delivery } from "../../plan/deliveries.ts";
import { asTag, at, delivery, pushed, textAt, wordAt } from "./fields.ts";

/**
 * Docker Hub: `push_data.tag`, `repository.repo_name`, and a `callback_url` that wants to hear how it went. There is no digest
 * and no delivery id; the time of the push tells one from another (docs.docker.com/docker-hub/repos/manage/webhooks).
 */
export function readDockerHub(_headers: object, body: unknown): Delivery | null {
  const name = textAt(body, "repository", "repo_name");
  if (name === null || at(body, "push_data") === undefined) return null;
  const tag = asTag(textAt(body, "push_data", "tag"));
  const when = wordAt(body, "push_data", "pushed_at");
  const id = when === null ? null : `${name}:${tag ?? ""}@${when}`;
  return delivery("docker-hub", [tag === null ? null : pushed([name], tag, null, id)], { callback: textAt(body, "callback_url") });
}
