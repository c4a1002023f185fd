import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** What a registry holds besides images: pushed over HTTP, as cosign lays it out. */

const SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json";
const ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
export const sigTag = (digest: string): string => `${digest.replace(":", "-")}.sig`;
export const referrersTag = (digest: string): string => digest.replace(":", "-");

export interface Signer {
  readonly privateKey: KeyObject;
  /** PEM, as `x-instar.verify` has it. */
  readonly cosign: string;
}

export const signers = {
  ec: (): Signer => made(generateKeyPairSync("ec", { namedCurve: "P-256" })),
  ed25519: (): Signer => made(generateKeyPairSync("ed25519")),
  rsa: (): Signer => made(generateKeyPairSync("rsa", { modulusLength: 2048 })),
};
const made = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Signer => ({
  privateKey,
  cosign: String(publicKey.export({ type: "spki", format: "pem" })),
});

/** As `cosign sign --key` does: ECDSA and RSA over SHA-256, Ed25519 over the bytes. */
export const signatureOf = ({ privateKey }: Signer, bytes: Uint8Array): string =>
  sign(privateKey.asymmetricKeyType === "ed25519" ? null : "sha256", bytes, privateKey).toString("base64");

/** The claim of cosign, SIGNATURE_SPEC.md, "SimpleSigning". */
export const claim = (digest: string, more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": "" },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
        ...more,
      },
      optional: null,
    }),
  );

/** A Sigstore bundle as cosign 3 signs with a key: an in-toto statement in a DSSE envelope. */
export function bundle(signer: Signer, digest: string, predicateType = "https://sigstore.dev/cosign/sign/v1"): Buffer {
  const type = "application/vnd.in-toto+json";
  const subject = [{ digest: { sha256: digest.slice("sha256:".length) } }];
  const body = Buffer.from(JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject, predicateType, predicate: {} }));
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${body.length} `), body]);
  const signatures = [{ sig: signatureOf(signer, signed) }];
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: "release" }, tlogEntries: [] },
      dsseEnvelope: { payload: body.toString("base64"), payloadType: type, signatures },
    }),
  );
}

/** Pushes to one repository of a registry without a login. */
export class Pusher {
  readonly #base: string;

  constructor(domain: string, path: string) {
    this.#base = `http://${domain}/v2/${path}`;
  }

  async blob(bytes: Uint8Array): Promise<string> {
    const begun = await fetch(`${this.#base}/blobs/uploads/`, { method: "POST" });
    const where = new URL(begun.headers.get("location") ?? "", this.#base);
    where.searchParams.set("digest", digestOf(bytes));
    await done(await fetch(where, { method: "PUT", body: Buffer.from(bytes), headers: { "content-type": "application/octet-stream" } }));
    return digestOf(bytes);
  }

  async manifest(content: object, tag?: string): Promise<string> {
    const bytes = Buffer.from(JSON.stringify(content));
    const type = "mediaType" in content ? String(content.mediaType) : MANIFEST;
    await done(
      await fetch(`${this.#base}/manifests/${tag ?? digestOf(bytes)}`, { method: "PUT", body: bytes, headers: { "content-type": type } }),
    );
    return digestOf(bytes);
  }

  /** Anything that has a digest and a config. */
  async image(content: string): Promise<string> {
    const config = await this.blob(Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", content })));
    return this.manifest(this.#layers(config, "application/vnd.oci.image.config.v1+json", []));
  }

  /** Under cosign's own tag: each a payload with its signature. */
  async tagged(digest: string, signed: readonly (readonly [payload: Buffer, signature: string])[]): Promise<void> {
    await this.manifest(await this.#artifact(signed, "application/vnd.oci.image.config.v1+json"), sigTag(digest));
  }

  /** As cosign's artifact, found through the referrers of the digest: by the tag scheme, since this registry has no API for it. */
  async referring(digest: string, signed: readonly (readonly [payload: Buffer, signature: string])[]): Promise<void> {
    await this.#refer(digest, await this.manifest(await this.#artifact(signed, ARTIFACT)), ARTIFACT);
  }

  async bundled(digest: string, content: Buffer): Promise<void> {
    const layer = { mediaType: BUNDLE, digest: await this.blob(content), size: content.length };
    const empty = await this.blob(Buffer.from("{}"));
    const manifest = this.#layers(empty, "application/vnd.oci.empty.v1+json", [layer]);
    await this.#refer(digest, await this.manifest({ ...manifest, artifactType: BUNDLE }), BUNDLE);
  }

  async #artifact(signed: readonly (readonly [Buffer, string])[], configType: string): Promise<object> {
    const layers: object[] = [];
    for (const [payload, signature] of signed)
      layers.push({
        ...{ mediaType: SIMPLE, digest: await this.blob(payload), size: payload.length },
        annotations: { "dev.cosignproject.cosign/signature": signature },
      });
    return this.#layers(await this.blob(Buffer.from("{}")), configType, layers);
  }

  async #refer(digest: string, manifest: string, artifactType: string): Promise<void> {
    const one = { mediaType: MANIFEST, digest: manifest, size: 1, artifactType };
    await this.manifest({ schemaVersion: 2, mediaType: INDEX, manifests: [one] }, referrersTag(digest));
  }

  #layers(config: string, configType: string, layers: readonly object[]): object {
    return { schemaVersion: 2, mediaType: MANIFEST, config: { mediaType: configType, digest: config, size: 2 }, layers };
  }
}

async function done(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
