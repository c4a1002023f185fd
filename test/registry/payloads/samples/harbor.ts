// After the examples of goharbor.io/docs, "Configure Webhook Notifications", "Payload Format": artifact pushed, both formats.
import { DIGEST, JSON_TYPE, type Sample } from "./sample.ts";

const data = {
  resources: [{ digest: DIGEST, tag: "1.4", resource_url: "harbor.example/shop/web:1.4" }],
  repository: { date_created: 1680501893, name: "web", namespace: "shop", repo_full_name: "shop/web", repo_type: "private" },
};
const id = "66e18103-09c1-41f6-982f-37df223f3eeb";
const cloud = (type: string) => ({
  ...{ specversion: "1.0", id, requestid: "51c0b694-0168-4f3c-b0db-282565455d7b", source: "/projects/2/webhook/policies/15" },
  ...{ type, datacontenttype: "application/json", time: "2026-04-03T06:12:52Z", data, operator: "admin" },
});
const one = { repositories: ["harbor.example/shop/web"], tag: "1.4", digest: DIGEST };
const rest = { form: "harbor", shared: false, callback: null } as const;

export const plain: Sample = {
  headers: JSON_TYPE,
  body: { type: "PUSH_ARTIFACT", occur_at: 1680501893, operator: "admin", event_data: data },
  read: { ...rest, pushed: [{ ...one, id: `1680501893:1.4@${DIGEST}` }] },
};
export const cloudEvent: Sample = {
  headers: { "content-type": "application/cloudevents+json" },
  body: cloud("harbor.artifact.pushed"),
  read: { ...rest, pushed: [{ ...one, id: `${id}:1.4@${DIGEST}` }] },
};
/** A replication without a tag: the documented example has the digest in the tag's place. */
export const untagged: Sample = {
  headers: JSON_TYPE,
  body: {
    type: "PUSH_ARTIFACT",
    occur_at: 1680501893,
    operator: "harbor-jobservice",
    event_data: { ...data, resources: [{ digest: DIGEST, tag: DIGEST, resource_url: `harbor.example/shop/web@${DIGEST}` }] },
  },
  read: { ...rest, pushed: [] },
};
export const pulled: Sample = {
  headers: JSON_TYPE,
  body: { type: "PULL_ARTIFACT", occur_at: 1680502372, operator: "robot$scanner", event_data: data },
  read: { ...rest, pushed: [] },
};
export const scanned: Sample = {
  headers: { "content-type": "application/cloudevents+json" },
  body: cloud("harbor.scan.completed"),
  read: { ...rest, pushed: [] },
};
