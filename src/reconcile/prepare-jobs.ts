import { carryImage, ownImages, sameImage } from "../spec/identity.ts";
import type { ImageIdentity, JobSpec, JobsSpec, Revision, ServiceSpec } from "../spec/types.ts";
import { type Sealed, seal } from "./contents.ts";
import type { SentContent } from "./control.ts";
import { type ImageParts, obtain, recall } from "./images.ts";
import type { FileStore } from "./ports.ts";

/** The jobs of a service with the version of every secret and config in them. Raises INS1031. */
export async function sealJobs(
  files: FileStore,
  spec: ServiceSpec,
  sent: Readonly<Record<string, SentContent>>,
): Promise<{ readonly spec: ServiceSpec; readonly sealed: readonly Sealed[] }> {
  if (spec.jobs === undefined) return { spec, sealed: [] };
  const sealed: Sealed[] = [];
  const jobs = await each(spec.jobs, async ({ resolved: _, ...job }) => {
    const one = await seal(files, job.service, job.spec, sent);
    sealed.push(...one.sealed);
    return { ...job, spec: one.spec };
  });
  return { spec: { ...spec, jobs }, sealed };
}

/** A tag of a job's own image is resolved once, when it is new or `pull_policy` is always. Raises INS3004, INS3009. */
export async function resolveJobs(parts: ImageParts, spec: ServiceSpec, current: Revision | null): Promise<ServiceSpec> {
  if (spec.jobs === undefined) return spec;
  const before = current === null ? [] : ownImages(current.spec);
  return {
    ...spec,
    jobs: await each(spec.jobs, async (job) => (job.image === "own" ? { ...job, resolved: await imageOf(parts, job, before) } : job)),
  };
}

/** Before a deployment that runs them begins: an image of their own that is gone comes back, or nothing is touched. Raises INS2009. */
export async function recallJobs(parts: ImageParts, spec: ServiceSpec): Promise<void> {
  for (const image of ownImages(spec)) await recall(parts, image);
}

async function imageOf(parts: ImageParts, { spec }: JobSpec, before: readonly ImageIdentity[]): Promise<ImageIdentity> {
  const known = before.find(({ reference }) => reference === spec.image) ?? null;
  if (known !== null && spec.pullPolicy !== "always") return known;
  const found = await obtain(parts, spec.image, spec.pullPolicy);
  // The same image by another of its digests makes no new revision.
  return known !== null && sameImage(known, found) ? known : carryImage(null, found);
}

async function each(jobs: JobsSpec, change: (job: JobSpec) => Promise<JobSpec>): Promise<JobsSpec> {
  const changed: [string, JobSpec][] = [];
  for (const [moment, job] of Object.entries(jobs) as [string, JobSpec][]) changed.push([moment, await change(job)]);
  return Object.fromEntries(changed);
}
