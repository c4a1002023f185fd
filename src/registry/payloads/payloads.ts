import type { Delivery } from "../../plan/deliveries.ts";
import type { ReadDelivery } from "../../reconcile/senders.ts";
import { readDistribution } from "./distribution.ts";
import { readDockerHub } from "./docker-hub.ts";
import { textAt } from "./fields.ts";
import { readGithub } from "./github.ts";
import { readHarbor } from "./harbor.ts";
import { readPlain } from "./plain.ts";
import { readQuay } from "./quay.ts";

type Headers = Parameters<ReadDelivery>[0];

/** First match wins. */
const FORMS: readonly ((headers: Headers, body: unknown) => Delivery | null)[] = [
  readDistribution,
  readHarbor,
  readDockerHub,
  readQuay,
  readGithub,
  readGitlabHook,
  readPlain,
];

export const readDelivery: ReadDelivery = (headers, bytes) => {
  const body = parse(Buffer.from(bytes).toString("utf8"));
  if (typeof body !== "object" || body === null) return null;
  for (const read of FORMS) {
    const found = read(headers, body);
    if (found !== null) return found;
  }
  return null;
};

/**
 * JSON, also as the field `payload` of a form: GitHub offers that. Undefined for anything else. By the bytes alone: a signature covers
 * no `content-type`, and the same bytes under another one are to be the same delivery.
 */
function parse(text: string): unknown {
  const isForm = /^(.*&)?payload=/.test(text);
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A project's own webhook: commits, pipelines, merge requests. */
function readGitlabHook(headers: Headers, body: unknown): Delivery | null {
  const event = headers["x-gitlab-event"] ?? textAt(body, "object_kind");
  if (event === null || textAt(body, "image") !== null) return null;
  const about = `GitLab's ${event.slice(0, 40)} names no image: let its registry notify, or a job send {"image","tag"}`;
  return { form: "gitlab", pushed: [], about, shared: false, callback: null };
}
