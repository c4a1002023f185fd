import { InstarError } from "../../errors.ts";
import type { Registries, Repository } from "../../reconcile/registry-port.ts";
import { at, listAt, textAt } from "../payloads/fields.ts";

/** A signature as it lies in the registry; what it is worth is not known yet. */
export interface Candidate {
  /** For people: where it was found. */
  readonly place: string;
  readonly kind: "simple-signing" | "bundle";
  /** What was signed, or the bundle. */
  readonly bytes: Buffer;
  /** Base64; null in a bundle. */
  readonly signature: string | null;
}

/** What lies where a signature would, and makes no sense: that is no reason to look at no other. */
export interface Unreadable {
  readonly place: string;
  readonly kind: "unreadable";
  readonly problem: string;
}

const SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json";
const ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle";
const SIGNATURE = "dev.cosignproject.cosign/signature";
/** Whoever may push may push any number of them. */
const MOST = 50;
const LIMIT_BYTES = 256 * 1024;

/**
 * Everything that may be a signature of the digest: under cosign's own tag `sha256-….sig` (cosign, SIGNATURE_SPEC.md, "Tag-based
 * Discovery"), and then among what refers to it (OCI Distribution 1.1), as cosign's artifacts or as Sigstore bundles. Each is fetched
 * when it is asked for. Raises what `Registries` does, but for INS3029 of a single one.
 */
export async function* candidates(registries: Registries, of: Repository, digest: string): AsyncGenerator<Candidate | Unreadable> {
  let left = MOST;
  for await (const one of all(registries, of, digest)) {
    yield one;
    if (--left === 0) return;
  }
}

async function* all(registries: Registries, of: Repository, digest: string): AsyncGenerator<Candidate | Unreadable> {
  const tag = `${digest.replace(":", "-")}.sig`;
  yield* inManifest(registries, of, tag, `the tag ${tag}`);
  for (const one of (await registries.referrers(of, digest)).slice(0, MOST)) {
    const type = one.artifactType ?? "";
    // An index made by hand may not say what it lists.
    if (type === "" || type === ARTIFACT || type.startsWith(BUNDLE))
      yield* inManifest(registries, of, one.digest, `the referrer ${one.digest}`);
  }
}

async function* inManifest(registries: Registries, of: Repository, version: string, place: string): AsyncGenerator<Candidate | Unreadable> {
  const manifest = await sensible(place, registries.manifest(of, version));
  if (manifest === null) return;
  if ("problem" in manifest) {
    yield manifest;
    return;
  }
  for (const layer of listAt(json(manifest.bytes), "layers").slice(0, MOST)) {
    const type = textAt(layer, "mediaType") ?? "";
    const blob = textAt(layer, "digest");
    const bundle = type.startsWith(BUNDLE);
    const signature = at(layer, "annotations", SIGNATURE);
    if (blob === null || !(bundle || (type === SIMPLE && typeof signature === "string"))) continue;
    // An SBOM, as a rule.
    if (Number(at(layer, "size")) > LIMIT_BYTES) continue;
    const bytes = await sensible(place, registries.blob(of, blob, LIMIT_BYTES));
    if (bytes === null) continue;
    if ("problem" in bytes) yield bytes;
    else if (bundle) yield { place, kind: "bundle", bytes, signature: null };
    else if (typeof signature === "string") yield { place, kind: "simple-signing", bytes, signature };
  }
}

async function sensible<T>(place: string, reading: Promise<T>): Promise<T | Unreadable> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof InstarError && error.code === "INS3029")) throw error;
    return { place, kind: "unreadable", problem: `it cannot be read: ${error.message}` };
  }
}

/** Undefined for what is not JSON. */
export function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
