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

const SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json";
const ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle";
const SIGNATURE = "dev.cosignproject.cosign/signature";
/** Whoever may push may push any number of them. */
const MOST = 50;
const LIMIT_BYTES = 256 * 1024;

/**
 * Everything that may be a signature of the digest: under cosign's own tag `sha256-….sig` (cosign, SIGNATURE_SPEC.md, "Tag-based
 * Discovery"), and among what refers to it (OCI Distribution 1.1), as cosign's artifacts or as Sigstore bundles.
 */
export async function candidates(registries: Registries, of: Repository, digest: string): Promise<readonly Candidate[]> {
  const tag = `${digest.replace(":", "-")}.sig`;
  const found: Candidate[] = [];
  const tagged = await registries.manifest(of, tag);
  if (tagged !== null) found.push(...(await inManifest(registries, of, tagged.bytes, `the tag ${tag}`)));
  for (const one of (await registries.referrers(of, digest)).slice(0, MOST)) {
    const type = one.artifactType ?? "";
    // An index made by hand may not say what it lists.
    if (type !== "" && type !== ARTIFACT && !type.startsWith(BUNDLE)) continue;
    const manifest = await registries.manifest(of, one.digest);
    if (manifest !== null && found.length < MOST)
      found.push(...(await inManifest(registries, of, manifest.bytes, `the referrer ${one.digest}`)));
  }
  return found.slice(0, MOST);
}

async function inManifest(registries: Registries, of: Repository, manifest: Buffer, place: string): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const layer of listAt(json(manifest), "layers").slice(0, MOST)) {
    const type = textAt(layer, "mediaType") ?? "";
    const blob = textAt(layer, "digest");
    const bundle = type.startsWith(BUNDLE);
    const signature = at(layer, "annotations", SIGNATURE);
    if (blob === null || !(bundle || (type === SIMPLE && typeof signature === "string"))) continue;
    const bytes = await registries.blob(of, blob, LIMIT_BYTES);
    if (bytes === null) continue;
    if (bundle) found.push({ place, kind: "bundle", bytes, signature: null });
    else if (typeof signature === "string") found.push({ place, kind: "simple-signing", bytes, signature });
  }
  return found;
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
