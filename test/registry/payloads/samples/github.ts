// After docs.github.com "Webhook events and payloads" (registry_package, package) and the examples of octokit/webhooks,
// payload-examples/api.github.com/registry_package/published.docker.payload.json and package/published.docker.payload.json.
import { DIGEST, JSON_TYPE, type Sample } from "./sample.ts";

const about = {
  id: 10696,
  name: "web",
  namespace: "Acme",
  description: null,
  ecosystem: "CONTAINER",
  package_type: "CONTAINER",
  html_url: "https://github.com/Acme/web/packages/10696",
  created_at: "2026-05-09T23:28:29Z",
  updated_at: "2026-05-09T23:28:29Z",
  owner: { login: "Acme", id: 21031067, type: "Organization", site_admin: false },
  package_version: {
    id: 57755791,
    version: DIGEST,
    name: DIGEST,
    description: "",
    summary: "",
    manifest: "",
    html_url: "https://github.com/orgs/Acme/packages/container/web/57755791",
    target_commitish: "main",
    target_oid: "3da1996a8115d7616457760d9920b815241d0a03",
    metadata: [],
    container_metadata: {
      tag: { name: "1.4", digest: DIGEST },
      labels: { description: "", source: "https://github.com/Acme/web", revision: "", image_url: "", licenses: "", all_labels: {} },
      manifest: {
        digest: DIGEST,
        media_type: "application/vnd.oci.image.index.v1+json",
        uri: `repositories/acme/web/manifests/${DIGEST}`,
        size: 1782,
        config: {},
        layers: [],
      },
    },
    package_files: [],
    installation_command: "docker pull ghcr.io/Acme/web:1.4",
    package_url: "ghcr.io/Acme/web:1.4",
  },
  registry: {
    about_url: "https://docs.github.com/packages",
    name: "GitHub CONTAINER registry",
    type: "CONTAINER",
    url: "https://CONTAINER.pkg.github.com/Acme",
    vendor: "GitHub Inc",
  },
};
const around = { repository: { id: 185882436, name: "web", full_name: "Acme/web", private: true }, sender: { login: "octocat", id: 1 } };
const headers = (event: string): Sample["headers"] => ({
  ...JSON_TYPE,
  "user-agent": "GitHub-Hookshot/044aadd",
  "x-github-event": event,
  "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
});
const read: Sample["read"] = {
  form: "github",
  pushed: [{ repositories: ["ghcr.io/acme/web"], tag: "1.4", digest: DIGEST, id: "72d3162e-cc78-11e3-81ab-4c9367dc0958" }],
  shared: false,
  callback: null,
};

export const registryPackage: Sample = {
  headers: headers("registry_package"),
  body: { action: "published", registry_package: about, ...around },
  read,
};
export const githubPackage: Sample = { headers: headers("package"), body: { action: "published", package: about, ...around }, read };

/** A child of an index: as the documented example, whose tag is empty. */
export const untagged: Sample = {
  headers: headers("registry_package"),
  body: {
    action: "published",
    registry_package: {
      ...about,
      package_version: {
        ...about.package_version,
        container_metadata: { ...about.package_version.container_metadata, tag: { name: "", digest: DIGEST } },
        package_url: "ghcr.io/Acme/web:",
      },
    },
    ...around,
  },
  read: { ...read, pushed: [] },
};

/** What GitHub sends when a webhook is made. */
export const ping: Sample = {
  headers: headers("ping"),
  body: { zen: "Keep it logically awesome.", hook_id: 1, hook: { type: "Repository", events: ["registry_package"] } },
  read: { ...read, pushed: [] },
};
