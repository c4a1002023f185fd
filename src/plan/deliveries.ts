/** What registries and pipelines tell a trigger. */

/** One image under one tag or digest, as a delivery names it. */
export interface Pushed {
  /** Names without tag, nothing left out (`docker.io/library/nginx`): one image may be known by several hosts. */
  readonly repositories: readonly string[];
  readonly tag: string | null;
  /** `sha256:…` of the manifest or index. */
  readonly digest: string | null;
  /** What tells this push from any other, and is the same when it is told again; null where the sender has none. */
  readonly id: string | null;
}

export interface Delivery {
  readonly form: "docker-hub" | "github" | "distribution" | "harbor" | "quay" | "gitlab" | "plain";
  /** In the order in which they happened; empty when nothing was pushed that has a tag. */
  readonly pushed: readonly Pushed[];
  /** What it tells, in words, where nothing was pushed. */
  readonly about: string;
  /** It tells of many repositories, and is sent again for ever unless it is taken (distribution, "Responses"). */
  readonly shared: boolean;
  /** Where the sender wants to hear how it went (Docker Hub). */
  readonly callback: string | null;
}

/** What a service follows of what is pushed. */
export interface Followed {
  readonly repository: string;
  /** null: its file names a digest, and no push changes that. */
  readonly tag: string | null;
  /** Pushes of other tags of the repository are deployed too. */
  readonly anyTag: boolean;
}

export type Choice =
  | { readonly kind: "deploy"; readonly pushed: Pushed }
  | { readonly kind: "nothing"; readonly reason: string }
  | { readonly kind: "other"; readonly reason: string };

/**
 * Which of the pushes is the service's; of several the last. Worked examples are the table of test/plan/deliveries.test.ts: a push of
 * `1.5` is not for a service of `1.4`, a digest without a tag is whoever names it on purpose.
 */
export function choosePushed(delivery: Delivery, followed: Followed): Choice {
  if (delivery.pushed.length === 0) return { kind: "nothing", reason: delivery.about };
  const ours = delivery.pushed.filter(({ repositories }) => repositories.includes(followed.repository));
  if (ours.length === 0) {
    const named = some(delivery.pushed.map(({ repositories }) => repositories[0] ?? "?"));
    return { kind: "other", reason: `it is about ${named}, and the service runs ${followed.repository}` };
  }
  const wanted = ours.filter(({ tag }) => tag === null || followed.anyTag || tag === followed.tag || signs(tag, followed)).at(-1);
  // The image was refused when it came: it had no signature yet.
  if (wanted !== undefined && signs(wanted.tag, followed))
    return { kind: "deploy", pushed: { ...wanted, tag: followed.tag, digest: null } };
  if (wanted !== undefined) return { kind: "deploy", pushed: wanted };
  const follows = followed.tag === null ? "is held at a digest" : `follows the tag ${followed.tag}`;
  return { kind: "other", reason: `it is about the tag ${some(ours.map(({ tag }) => tag ?? "?"))}, and the service ${follows}` };
}

/** cosign signs by pushing under the image's digest (SIGNATURE_SPEC.md; OCI Distribution 1.1, "Referrers tag schema"). */
const signs = (tag: string | null, followed: Followed): boolean =>
  followed.tag !== null && tag !== null && /^sha256-[0-9a-f]{64}(\.sig)?$/.test(tag);

const SHOWN = 3;
const some = (words: readonly string[]): string => {
  const once = [...new Set(words)];
  return once.length <= SHOWN ? once.join(", ") : `${once.slice(0, SHOWN).join(", ")} and ${once.length - SHOWN} more`;
};
