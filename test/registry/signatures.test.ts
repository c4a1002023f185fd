import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRegistries } from "../../src/registry/client.ts";
import { cosignVerifier } from "../../src/registry/signatures/cosign.ts";
import type { ImageIdentity } from "../../src/spec/types.ts";
import { bundle, claim, Pusher, signatureOf, signers } from "../real/signing.ts";
import { FakeRegistry } from "../sim/fake-registry.ts";

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const release = signers.ed25519();
const registries = openRegistries({ login: async () => null, settings: async () => ({ mirrors: [], insecure: [] }) });
const verifier = cosignVerifier(registries);

let registry: FakeRegistry;
let pusher: Pusher;
let digest: string;
let image: ImageIdentity;
beforeEach(async () => {
  registry = await FakeRegistry.open();
  pusher = new Pusher(registry.domain, "shop/web");
  digest = await pusher.image("web");
  image = { reference: "web:1", digests: [digest], runnable: `${registry.domain}/shop/web@${digest}`, shown: digest };
});
afterEach(async () => registry.close());
afterAll(() => registries.close());

/** A bundle that refers to the image; `size`: what its manifest says it has. Returns the manifest's digest and the bundle's. */
async function refer(bytes: Buffer, size = bytes.length): Promise<{ readonly manifest: string; readonly blob: string }> {
  const blob = await pusher.blob(bytes);
  const manifest = await pusher.manifest({
    ...{ schemaVersion: 2, mediaType: MANIFEST, artifactType: BUNDLE },
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: await pusher.blob(Buffer.from("{}")), size: 2 },
    layers: [{ mediaType: BUNDLE, digest: blob, size }],
    subject: { mediaType: MANIFEST, digest, size: 1 },
  });
  return { manifest, blob };
}
const sbom = (): Buffer => Buffer.from(JSON.stringify({ components: "x".repeat(300 * 1024) }));
const asked = (): string[] => registry.asked.filter(({ method }) => method === "GET").map(({ url }) => url);

describe("an attestation that cannot be read is merely no signature", () => {
  test.each<[string, number | undefined]>([
    ["larger than a signature may be", undefined],
    ["larger than it says", 10],
  ])("%s: the signature beside it counts", async (_case, size) => {
    await refer(sbom(), size);
    const { manifest } = await refer(bundle(release, digest));
    expect(await verifier.verify(image, release)).toBe(`the referrer ${manifest}`);
  });

  test("larger than a signature may be: it is not fetched, and alone it leaves the image unsigned", async () => {
    const { blob } = await refer(sbom());
    await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3032" });
    expect(asked().some((url) => url.includes(blob))).toBe(false);
  });

  test("larger than it says: alone it is a wrong signature, and the message says why", async () => {
    const { manifest } = await refer(sbom(), 10);
    await expect(verifier.verify(image, release)).rejects.toMatchObject({
      code: "INS3033",
      message: expect.stringMatching(new RegExp(`the referrer ${manifest}: it cannot be read: .* sends more than 262144 bytes`)),
    });
  });

  test("a manifest that is none of the image's digest", async () => {
    const { manifest } = await refer(bundle(release, digest));
    registry.whim = "wrong-content";
    await expect(verifier.verify(image, release)).rejects.toMatchObject({
      code: "INS3033",
      message: expect.stringMatching(new RegExp(`the referrer ${manifest}: it cannot be read`)),
    });
  });
});

test("a right signature under the tag is enough: nobody asks what refers to the image", async () => {
  const payload = claim(digest);
  await pusher.tagged(digest, [[payload, signatureOf(release, payload)]]);
  await refer(sbom(), 10);
  expect(await verifier.verify(image, release)).toBe(`the tag sha256-${digest.slice("sha256:".length)}.sig`);
  expect(asked().filter((url) => url.includes("referrers"))).toEqual([]);
});

test("a registry that does not answer is another matter: INS3035", async () => {
  await refer(bundle(release, digest));
  registry.whim = "broken";
  await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3035", message: expect.stringContaining("INS3026") });
  registry.whim = "lost-blobs";
  await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3032" });
});
