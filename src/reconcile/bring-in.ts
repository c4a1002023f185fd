import { InstarError } from "../errors.ts";
import { familiarName, parseReference, type Reference } from "../lib/reference.ts";
import { decideAutoredeploy, type Sighting, type Standing, type Verdict } from "../plan/autoredeploy.ts";
import { carryImage, instanceHash, revisionHash } from "../spec/identity.ts";
import { withImageVolumes } from "../spec/image-volumes.ts";
import { type ImageIdentity, type Revision, SPEC_VERSION } from "../spec/types.ts";
import { begun, type Deps, revisionOf, rowOf } from "./actions.ts";
import type { FollowRow } from "./autoredeploy-store.ts";
import type { ServiceKey } from "./control.ts";
import { obtain } from "./images.ts";
import { recallJobs } from "./prepare-jobs.ts";
import type { ServiceRow, Store } from "./store.ts";
import { verified } from "./verification.ts";

type Seen = NonNullable<FollowRow["sighting"]>;

/** How many deployments back a failure with an image is looked for. */
const REMEMBERED = 100;

/** The image by a tag of a registry; null for what was built here, and for what is named by its digest alone. */
export function watchable({ image, spec }: Revision): Reference | null {
  if (spec.build !== null) return null;
  const reference = parseReference(image.reference);
  return reference === null || reference.tag === null || reference.digest !== null ? null : reference;
}

const UNWATCHED: Verdict = { act: "nothing", state: "up-to-date", because: "its image has no tag in a registry", wakeAt: null };

/** The policy's verdict on an image, by the rows as they are. `deployment`: the one that brings it in already. */
export async function judge(
  deps: Pick<Deps, "clock">,
  store: Store,
  key: ServiceKey,
  watch: FollowRow | null,
  seen: Seen,
): Promise<{ readonly verdict: Verdict; readonly deployment: string | null }> {
  const row = await rowOf(store, key);
  const current = await revisionOf(store, key, row.target);
  const policy = current.spec.autoredeploy;
  if (policy === undefined) throw new InstarError("INS2042", `${key.stack}/${key.service} does not follow a registry`);
  if (watchable(current) === null) return { verdict: UNWATCHED, deployment: null };
  const now = deps.clock.now();
  const standing = await standingOf(store, row, current, watch, seen);
  const sighting: Sighting = { ...seen, approved: watch?.approved?.digest === seen.digest };
  const verdict = decideAutoredeploy(policy, standing, sighting, now, -new Date(now).getTimezoneOffset() * 60_000);
  return { verdict, deployment: verdict.state === "deploying" ? row.deployment : null };
}

async function standingOf(store: Store, row: ServiceRow, current: Revision, watch: FollowRow | null, seen: Seen): Promise<Standing> {
  const running = row.deployment === null ? null : await store.deployment(row.deployment);
  return {
    stopped: row.stopped || row.removed,
    pinned: row.pinned,
    wanted: current.image.digests,
    running:
      running === null || running.endedAt !== null
        ? null
        : { id: running.id, own: running.cause.kind === "autoredeploy", back: running.direction === "back" },
    lastBeganAt: watch?.began?.at ?? null,
    failed: await failedWith(store, row, seen.digests),
  };
}

/** The last deployment of an image with one of these digests, when it failed. */
async function failedWith(store: Store, key: ServiceKey, digests: readonly string[]): Promise<Standing["failed"]> {
  const having = new Set(
    (await store.revisions(key))
      .filter(({ image }) => image.digests.some((digest) => digests.includes(digest)))
      .map(({ number }) => number),
  );
  if (having.size === 0) return null;
  const ended = (await store.deployments(key, REMEMBERED)).find(
    ({ to, outcome }) => having.has(to) && !["running", "paused", "superseded", "unchanged"].includes(outcome),
  );
  return ended === undefined || ended.outcome === "succeeded" ? null : { id: ended.id, outcome: ended.outcome };
}

/**
 * The image is pulled first, by the very digest that was seen; then, in one transaction, the verdict is asked for again by
 * fresh rows and the deployment begins. Raises INS2009, INS3004, INS3009, INS3032 to INS3035, with nothing changed.
 */
export async function bringIn(
  deps: Deps,
  key: ServiceKey,
  seen: Seen,
): Promise<{ readonly verdict: Verdict; readonly deployment: string | null }> {
  const { store, clock } = deps;
  const repository = parseReference(seen.repository);
  if (repository === null) throw new InstarError("INS7005", `${seen.repository} is no repository`);
  const name = familiarName(repository);
  const pulled = await obtain(deps, `${name}@${seen.digest}`, "missing");
  const wanted = await revisionOf(store, key, (await rowOf(store, key)).target);
  await verified(deps.verifier, wanted.spec, pulled, wanted);
  await recallJobs(deps, wanted.spec);
  const now = clock.now();
  const result = await store.write(async (within) => {
    const watch = await within.followed(key);
    const judged = await judge(deps, within, key, watch, seen);
    if (judged.verdict.act !== "deploy") return { ...judged, begins: false };
    const row = await rowOf(within, key);
    const current = await revisionOf(within, key, row.target);
    const reference = `${name}:${seen.tag}`;
    const revision = await within.addRevision(next(current, row, { ...pulled, reference }, seen, now));
    // What the file itself names is no change by somebody else: the next up has nothing to keep.
    const amend = (id: string, after: ServiceRow): Partial<ServiceRow> => {
      const { image: _, ...others } = after.overrides;
      return { overrides: revision.spec.image === after.applied.image ? others : { ...others, image: { by: id } } };
    };
    const started = await begun(within, { key, to: revision.number, kind: "autoredeploy", who: seen.from, change: () => ({}), amend }, now);
    await within.putFollow({
      ...{ approved: null, trouble: null, ...watch, sighting: seen },
      ...{ stack: key.stack, service: key.service, began: { at: now, deployment: started.id } },
    });
    return { verdict: judged.verdict, deployment: started.id, begins: true };
  });
  if (result.begins) await deps.changed([key]);
  return result;
}

function next(current: Revision, row: ServiceRow, pulled: ImageIdentity, seen: Seen, now: number): Omit<Revision, "number"> {
  const image = carryImage(current.image, pulled);
  const text = sameReference(row.applied.image, pulled.reference) ? row.applied.image : pulled.reference;
  const spec = withImageVolumes({ ...current.spec, image: text }, image);
  const args = [spec, image, current.volumeNames, current.networkNames, SPEC_VERSION] as const;
  return {
    ...current,
    ...{ spec, image: { ...image, reference: text }, specVersion: SPEC_VERSION },
    ...{ instanceHash: instanceHash(...args), revisionHash: revisionHash(...args) },
    ...{ createdAt: now, who: seen.from, why: "autoredeploy" },
  };
}

/** `nginx` is `docker.io/library/nginx:latest`: the file's own spelling stays. */
function sameReference(a: string, b: string): boolean {
  const [one, other] = [parseReference(a), parseReference(b)];
  return (
    one !== null &&
    other !== null &&
    one.domain === other.domain &&
    one.path === other.path &&
    one.tag === other.tag &&
    one.digest === other.digest
  );
}
