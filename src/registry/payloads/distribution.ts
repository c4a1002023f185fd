import type { Delivery, Pushed } from "../../plan/deliveries.ts";
import { asDigest, asTag, at, delivery, listAt, pushed, textAt } from "./fields.ts";

const MANIFESTS = /^application\/vnd\.(docker\.distribution\.manifest(\.list)?\.v\d|oci\.image\.(manifest|index)\.v\d)\+(json|prettyjws)$/;

/**
 * The envelope of a registry's own notifications (distribution.github.io/distribution/about/notifications): pushes, pulls and
 * deletes of manifests and layers, of any repository. GitLab's registry sends the same and says who acted in its own words
 * (docs.gitlab.com/administration/packages/container_registry, "Configure container registry notifications").
 */
export function readDistribution(headers: Readonly<Record<string, string | undefined>>, body: unknown): Delivery | null {
  const events = listAt(body, "events");
  if (events.length === 0 || events.some((event) => at(event, "target") === undefined)) return null;
  const gitlab = headers["x-gitlab-event"] !== undefined || events.some((event) => at(event, "actor", "user_type") !== undefined);
  const actions = [...new Set(events.map((event) => textAt(event, "action")?.slice(0, 20) ?? "something"))].join(", ");
  const about = `it tells of ${actions}, and of no push of a tag`;
  return delivery(gitlab ? "gitlab" : "distribution", events.map(tagPush), { shared: true, about });
}

function tagPush(event: unknown): Pushed | null {
  const target = at(event, "target");
  const path = textAt(target, "repository");
  const tag = asTag(textAt(target, "tag"));
  if (textAt(event, "action") !== "push" || path === null || tag === null) return null;
  if (!MANIFESTS.test(textAt(target, "mediaType") ?? "")) return null;
  // A registry behind a proxy is asked under one name and writes another into its links.
  const hosts = [textAt(event, "request", "host"), hostOf(textAt(target, "url"))].flatMap((host) => host ?? []);
  return pushed(
    hosts.map((host) => `${host}/${path}`),
    tag,
    asDigest(textAt(target, "digest")),
    textAt(event, "id"),
  );
}

const hostOf = (url: string | null): string | null => (url !== null && URL.canParse(url) ? new URL(url).host : null);
