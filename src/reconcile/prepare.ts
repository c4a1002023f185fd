import { carryImage, instanceHash, revisionHash } from "../spec/identity.ts";
import { withImageVolumes } from "../spec/image-volumes.ts";
import { mergeUp } from "../spec/threeway.ts";
import { type ImageIdentity, type Revision, type ServiceSpec, SPEC_VERSION, type StackSpec } from "../spec/types.ts";
import { refuseUnable } from "./ability.ts";
import { type Sealed, seal } from "./contents.ts";
import type { ServiceKey, UpRequest } from "./control.ts";
import { type ImageParts, obtain } from "./images.ts";
import type { FileStore, Instant } from "./ports.ts";
import { resolveJobs, sealJobs } from "./prepare-jobs.ts";
import type { ServiceRow, Store } from "./store.ts";
import { type Verifier, verified } from "./verification.ts";

/** What `up` would do with one service, before anything is changed. */
export interface Prepared {
  readonly key: ServiceKey;
  readonly row: ServiceRow | null;
  readonly current: Revision | null;
  readonly file: ServiceSpec;
  readonly spec: ServiceSpec;
  readonly replicas: number;
  readonly kept: readonly string[];
  readonly image: ImageIdentity;
  readonly action: "none" | "pinned" | "revision" | "scale" | "start";
  readonly instanceHash: string;
  readonly revisionHash: string;
  readonly volumeNames: Readonly<Record<string, string>>;
  readonly networkNames: Readonly<Record<string, string>>;
  /** What its secrets and configs hold, to be written before anything is started. */
  readonly contents: readonly Sealed[];
}

interface Sources extends ImageParts {
  readonly files: FileStore;
  readonly verifier: Verifier;
}

/** Three-way, service by service: the file against the file last applied, verbs' changes kept. Resolves new references. Raises INS3032 to INS3035. */
export async function prepare(sources: Sources, request: UpRequest): Promise<Prepared[]> {
  const { spec: stack } = request;
  const { engine, files } = sources;
  await refuseUnable(engine, stack);
  const prepared: Prepared[] = [];
  for (const [service, written] of Object.entries(stack.services)) {
    const { spec, sealed } = await seal(files, service, written, request.contents ?? {});
    const jobs = await sealJobs(files, spec, request.contents ?? {});
    const one = await prepareService(sources, request, stack, { stack: stack.name, service }, jobs.spec);
    prepared.push({ ...one, contents: [...sealed, ...jobs.sealed] });
  }
  return prepared;
}

async function prepareService(
  parts: Sources,
  request: UpRequest,
  stack: StackSpec,
  key: ServiceKey,
  file: ServiceSpec,
): Promise<Omit<Prepared, "contents">> {
  const { store } = parts;
  const row = await store.service(key);
  const current = row === null ? null : await store.revision(key, row.target);
  const live = row !== null && !row.removed;
  const merged = mergeUp(
    live ? row.applied : null,
    file,
    live && current !== null ? { ...current.spec, replicas: row.replicas } : file,
    live ? row.overrides : {},
    request.forceFile,
  );
  const jobSpecs = Object.values(file.jobs ?? {}).map((job) => job.spec);
  const volumeNames = namesOf(
    [merged.spec, ...jobSpecs].flatMap(({ mounts }) => mounts).flatMap((m) => (m.kind === "volume" && m.source !== null ? [m.source] : [])),
    stack.volumes,
  );
  const networks = [merged.spec, ...jobSpecs].flatMap((one) => Object.keys(one.networks));
  const networkNames = namesOf([...new Set(networks)], stack.networks);
  // An image that a verb has set stays, also before one that was built for this very `up`.
  const built = merged.kept.some((k) => k.startsWith("image")) ? undefined : request.built[key.service];
  const pinned = row !== null && live && row.pinned !== null && !request.unpin;
  const image = carryImage(current?.image ?? null, await imageOf(parts, merged.spec, built, live ? current : null, row));
  const { replicas } = merged.spec;
  // Scaling makes no revision: a number that a verb set stays out of the content.
  const scaled = current !== null && merged.kept.some((k) => k.startsWith("replicas"));
  const resolved = await resolveJobs(parts, merged.spec, live ? current : null);
  const spec = withImageVolumes(scaled ? { ...resolved, replicas: current.spec.replicas } : resolved, image);
  const hashes = {
    instanceHash: instanceHash(spec, image, volumeNames, networkNames, SPEC_VERSION),
    revisionHash: revisionHash(spec, image, volumeNames, networkNames, SPEC_VERSION),
  };
  const one = { key, row, current, file, spec, replicas, kept: merged.kept, image, volumeNames, networkNames, ...hashes };
  const split = live && !pinned ? (row?.split ?? []) : [];
  if (row !== null && current !== null && split.length > 0) {
    const standing = await Promise.all(split.map(({ revision }) => store.revision(key, revision)));
    if (standing.some((revision) => revision?.revisionHash === hashes.revisionHash))
      return inSplit(store, one, row, current, request.forceFile);
  }
  const action = actionOf(row, current, hashes.revisionHash, replicas, pinned);
  if (action === "revision") await verified(parts.verifier, spec, image, live ? current : null);
  return { ...one, action };
}

/** What the file asks for is served already, beside others: their weights are a verb's, and stay. The target is the one with the most. */
async function inSplit<T extends Omit<Prepared, "contents" | "action">>(
  store: Store,
  one: T,
  row: ServiceRow,
  current: Revision,
  forceFile: boolean,
): Promise<T & Pick<Prepared, "action">> {
  const isTarget = one.revisionHash === current.revisionHash;
  if (forceFile) return { ...one, action: isTarget ? "start" : "revision" };
  const by = (await store.deployments(one.key, REMEMBERED)).find(({ cause }) => cause.kind === "split");
  const { spec, image, instanceHash, revisionHash } = current;
  return {
    ...one,
    ...{ spec, image, instanceHash, revisionHash },
    kept: [...one.kept, `weights from deployment ${by?.id ?? "long ago"}`],
    action: actionOf(row, current, revisionHash, one.replicas, false),
  };
}

/** Deployments looked back at for the last split. */
const REMEMBERED = 100;

function actionOf(row: ServiceRow | null, current: Revision | null, hash: string, replicas: number, pinned: boolean): Prepared["action"] {
  if (row === null || current === null) return "revision";
  if (pinned) return "pinned";
  if (current.revisionHash !== hash) return "revision";
  if (row.removed || row.stopped || row.halted !== null) return "start";
  return row.replicas === replicas ? "none" : "scale";
}

/** An unchanged tag is not resolved again: only `redeploy` and a changed reference ask the registry. */
async function imageOf(
  parts: ImageParts,
  spec: ServiceSpec,
  built: string | undefined,
  current: Revision | null,
  row: ServiceRow | null,
): Promise<ImageIdentity> {
  if (built !== undefined) return obtain(parts, built, "never");
  // `plan` builds nothing: it takes the image as it is, or as yet to come.
  if (spec.build !== null) return current?.image ?? { reference: spec.image, digests: [], runnable: spec.image, shown: "to be built" };
  const same = current !== null && current.image.reference === spec.image && row?.halted == null;
  if (same && spec.pullPolicy !== "always") return current.image;
  return obtain(parts, spec.image, spec.pullPolicy);
}

function namesOf(keys: readonly string[], declared: Readonly<Record<string, { readonly name: string }>>): Record<string, string> {
  const names: Record<string, string> = {};
  for (const key of [...keys].sort()) names[key] = declared[key]?.name ?? key;
  return names;
}

/**
 * The number of the revision that it leads to, for `plan` and `up` alike. The newest revision with this very content is deployed
 * again, as after a failed attempt; else there is a new one (`same` is null), numbered after the newest and not after what runs.
 */
export async function destination(store: Store, p: Prepared): Promise<{ readonly same: Revision | null; readonly number: number }> {
  const newest = (await store.revisions(p.key))[0];
  const same = newest?.revisionHash === p.revisionHash ? newest : p.action === "revision" ? null : p.current;
  return { same, number: same?.number ?? (newest?.number ?? 0) + 1 };
}

/** Everything that makes a revision but its number. */
export const asRevision = (p: Prepared, who: string, why: string, now: Instant): Omit<Revision, "number"> => ({
  ...p.key,
  specVersion: SPEC_VERSION,
  spec: p.spec,
  image: p.image,
  volumeNames: p.volumeNames,
  networkNames: p.networkNames,
  instanceHash: p.instanceHash,
  revisionHash: p.revisionHash,
  createdAt: now,
  who,
  why,
});
