import { type KeyObject, verify } from "node:crypto";
import { at, listAt, textAt } from "../payloads/fields.ts";
import { type Candidate, json } from "./find.ts";

const CLAIM = "cosign container image signature";
const IN_TOTO = "application/vnd.in-toto+json";
const SIGNED = "https://sigstore.dev/cosign/sign/v1";

/** null when the key's owner signed this very digest; else what is wrong, in words. First the signature, then what it says. */
export function problemWith(candidate: Candidate, key: KeyObject, digest: string): string | null {
  return candidate.kind === "bundle" ? ofBundle(candidate.bytes, key, digest) : ofSimpleSigning(candidate, key, digest);
}

/** cosign, SIGNATURE_SPEC.md, "Payloads": the signature is over the layer's very bytes. */
function ofSimpleSigning({ bytes, signature }: Candidate, key: KeyObject, digest: string): string | null {
  if (!isSignedBy(key, bytes, signature)) return "it was not made with this key";
  const payload = json(bytes);
  const type = textAt(payload, "critical", "type");
  if (type !== CLAIM) return `it signs ${JSON.stringify(type)}, not an image`;
  return sameDigest(textAt(payload, "critical", "image", "docker-manifest-digest"), digest);
}

/**
 * A Sigstore bundle with a DSSE envelope: an in-toto statement by which cosign 3 signs. A statement of another kind (an SBOM, the
 * result of a scan) is no word for running the image, whoever signed it.
 */
function ofBundle(bytes: Buffer, key: KeyObject, digest: string): string | null {
  const envelope = at(json(bytes), "dsseEnvelope");
  const type = textAt(envelope, "payloadType");
  const encoded = at(envelope, "payload");
  if (type !== IN_TOTO || typeof encoded !== "string") return "it is a bundle of a form that is not read here";
  const body = Buffer.from(encoded, "base64");
  const signed = listAt(envelope, "signatures").some((one) => isSignedBy(key, authenticated(type, body), at(one, "sig")));
  if (!signed) return "it was not made with this key";
  const statement = json(body);
  const kind = textAt(statement, "predicateType");
  if (kind !== SIGNED) return `it attests ${JSON.stringify(kind)}, and is no signature of the image`;
  const subjects = listAt(statement, "subject").map((subject) => textAt(subject, "digest", "sha256"));
  if (subjects.some((hex) => hex !== null && `sha256:${hex}` === digest)) return null;
  return sameDigest(subjects[0] == null ? null : `sha256:${subjects[0]}`, digest);
}

const sameDigest = (named: string | null, digest: string): string | null =>
  named === digest ? null : `it is by this key, but over ${named === null ? "no digest" : named.slice(0, 80)} instead of ${digest}`;

/** DSSE, "Signature Definition": PAE(type, body). */
const authenticated = (type: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);

/** ECDSA and RSA (PKCS #1 v1.5) over SHA-256, Ed25519 over the bytes themselves: as cosign signs with a key. */
function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: unknown): boolean {
  if (typeof signature !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false;
  return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", bytes, key, Buffer.from(signature, "base64"));
}
