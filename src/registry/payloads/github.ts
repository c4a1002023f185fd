import { parseReference } from "../../lib/reference.ts";
import type { Delivery } from "../../plan/deliveries.ts";
import { asDigest, asTag, at, delivery, pushed, textAt } from "./fields.ts";

const TOLD = new Set(["published", "updated"]);

/**
 * GitHub's `package` and `registry_package` events, which GHCR sends (docs.github.com, "Webhook events and payloads"). The children
 * of an index come as events of their own, without a tag: they are no push of the image.
 */
export function readGithub(headers: Readonly<Record<string, string | undefined>>, body: unknown): Delivery | null {
  const event = headers["x-github-event"] ?? null;
  const about = at(body, "registry_package") ?? at(body, "package");
  if (at(about, "package_version") === undefined)
    return event === null ? null : delivery("github", [], { about: `GitHub's event ${event.slice(0, 40)} is not about a container image` });
  const version = at(about, "package_version");
  const action = textAt(body, "action") ?? "";
  const url = textAt(version, "package_url");
  if (!TOLD.has(action))
    return delivery("github", [], { about: `the package was ${action === "" ? "not published" : action.slice(0, 40)}` });
  if (at(version, "container_metadata") === undefined && url?.startsWith("ghcr.io/") !== true)
    return delivery("github", [], { about: "the package is no container image" });
  const name = url === null || parseReference(url.replace(/:$/, "").toLowerCase()) === null ? ownName(about) : url.replace(/:$/, "");
  const tag = asTag(textAt(version, "container_metadata", "tag", "name") ?? tagOf(url));
  const digest = asDigest(textAt(version, "container_metadata", "tag", "digest")) ?? asDigest(textAt(version, "version"));
  const id = headers["x-github-delivery"] ?? null;
  return delivery("github", [tag === null ? null : pushed([name], tag, digest, id)], { about: "an untagged manifest was published" });
}

function ownName(about: unknown): string | null {
  const namespace = textAt(about, "namespace");
  const name = textAt(about, "name");
  if (namespace === null || name === null) return null;
  // The namespace is an owner, or has the package's name already.
  return `ghcr.io/${namespace.endsWith(`/${name}`) ? namespace : `${namespace}/${name}`}`;
}

function tagOf(url: string | null): string | null {
  const colon = url?.lastIndexOf(":") ?? -1;
  return url === null || colon <= url.lastIndexOf("/") ? null : url.slice(colon + 1);
}
