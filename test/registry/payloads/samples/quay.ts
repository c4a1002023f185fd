// After docs.redhat.com, "Use Red Hat Quay", "Repository Notifications", "Repository Push"; the old form, where tags are keys,
// is that of Quay's first example (2013).
import { JSON_TYPE, type Sample } from "./sample.ts";

const body = {
  name: "web",
  repository: "acme/web",
  namespace: "acme",
  docker_url: "quay.io/acme/web",
  homepage: "https://quay.io/repository/acme/web",
};
const tag = (name: string) => ({ repositories: ["quay.io/acme/web"], tag: name, digest: null, id: null });
const rest = { form: "quay", shared: false, callback: null } as const;

export const current: Sample = {
  headers: JSON_TYPE,
  body: { ...body, updated_tags: ["1.4", "latest"] },
  read: { ...rest, pushed: [tag("1.4"), tag("latest")] },
};
export const old: Sample = {
  headers: JSON_TYPE,
  body: { ...body, pushed_image_count: 2, visibility: "private", updated_tags: { "1.4": "b750fe79269d2ec9a3c593ef05b4332b1d1a02a6" } },
  read: { ...rest, pushed: [tag("1.4")] },
};
