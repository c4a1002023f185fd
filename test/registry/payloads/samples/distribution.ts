// After the examples of distribution.github.io/distribution/about/notifications ("Events", "Envelope"): a push is a manifest and
// its layers, and the tag stands in the target.
import { DIGEST, type Sample } from "./sample.ts";

const around = (n: number, method: string) => ({
  id: `asdf-asdf-asdf-asdf-${n}`,
  timestamp: "2026-01-02T15:04:05Z",
  request: { id: "asdfasdf", addr: "192.168.64.11:42961", host: "127.0.0.1:5000", method, useragent: "docker/20.10" },
  actor: { name: "test-actor" },
  source: { addr: "registry.local:5000", instanceID: "a53db899-3b4b-4a62-a067-8dd013beaca4" },
});
const manifest = {
  mediaType: "application/vnd.docker.distribution.manifest.v2+json",
  digest: DIGEST,
  size: 708,
  length: 708,
  repository: "shop/web",
  url: `http://registry.internal:5000/v2/shop/web/manifests/${DIGEST}`,
  tag: "1.4",
};
const layer = {
  mediaType: "application/octet-stream",
  digest: `sha256:${"3a".repeat(32)}`,
  size: 2,
  length: 2,
  repository: "shop/web",
  url: `http://registry.internal:5000/v2/shop/web/blobs/sha256:${"3a".repeat(32)}`,
};
const headers = { "content-type": "application/vnd.docker.distribution.events.v2+json", "user-agent": "Go-http-client/1.1" };

export const push: Sample = {
  headers,
  body: {
    events: [
      { ...around(1, "PUT"), action: "push", target: layer },
      { ...around(2, "PUT"), action: "push", target: manifest },
    ],
  },
  read: {
    form: "distribution",
    pushed: [
      {
        repositories: ["127.0.0.1:5000/shop/web", "registry.internal:5000/shop/web"],
        tag: "1.4",
        digest: DIGEST,
        id: "asdf-asdf-asdf-asdf-2",
      },
    ],
    shared: true,
    callback: null,
  },
};

export const pull: Sample = {
  headers,
  body: { events: [{ ...around(3, "GET"), action: "pull", target: manifest }] },
  read: { ...push.read, pushed: [] },
};

export const removal: Sample = {
  headers,
  body: { events: [{ ...around(4, "DELETE"), action: "delete", target: { digest: DIGEST, repository: "shop/web" } }] },
  read: { ...push.read, pushed: [] },
};

// After docs.gitlab.com/administration/packages/container_registry ("Configure container registry notifications"): the same
// envelope; the actor carries who it was in GitLab's words.
export const gitlab: Sample = {
  headers: { "content-type": "application/vnd.docker.distribution.events.v1+json" },
  body: {
    events: [
      {
        ...around(5, "PUT"),
        action: "push",
        target: {
          ...manifest,
          repository: "group/project/web",
          url: `https://registry.gitlab.example/v2/group/project/web/manifests/${DIGEST}`,
        },
        request: { id: "x", addr: "10.0.0.7", host: "registry.gitlab.example", method: "PUT", useragent: "docker/27.0" },
        actor: { name: "deployer", user_type: "build" },
      },
    ],
  },
  read: {
    form: "gitlab",
    pushed: [{ repositories: ["registry.gitlab.example/group/project/web"], tag: "1.4", digest: DIGEST, id: "asdf-asdf-asdf-asdf-5" }],
    shared: true,
    callback: null,
  },
};

/** After docs.gitlab.com/user/project/integrations/webhook_events ("Push events"): a project's own webhook names no image. */
export const gitlabProject: Sample = {
  headers: {
    "content-type": "application/json",
    "x-gitlab-event": "Push Hook",
    "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
  },
  body: { object_kind: "push", event_name: "push", ref: "refs/heads/main", project_id: 15, total_commits_count: 4 },
  read: { form: "gitlab", pushed: [], shared: false, callback: null },
};
