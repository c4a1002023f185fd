import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRegistries } from "../../src/registry/client.ts";
import { cosignVerifier } from "../../src/registry/signatures/cosign.ts";
import type { ImageIdentity } from "../../src/spec/types.ts";
import { openRegistry, type Registry } from "./registry.ts";
import { bundle, claim, Pusher, type Signer, signatureOf, signers } from "./signing.ts";

let registry: Registry;
const registries = openRegistries({ login: async () => null, settings: async () => ({ mirrors: [], insecure: [] }) });
const verifier = cosignVerifier(registries);
let images = 0;
beforeAll(async () => {
  registry = await openRegistry({ withLogin: false });
});
afterAll(async () => {
  registries.close();
  await registry.close();
});

/** A fresh image in a repository of its own. */
const fresh = async () => {
  const path = `shop/signed${++images}`;
  const pusher = new Pusher(registry.domain, path);
  const digest = await pusher.image(path);
  const runnable = `${registry.domain}/${path}@${digest}`;
  const image: ImageIdentity = { reference: `${registry.domain}/${path}:1`, digests: [digest], runnable, shown: digest };
  return { pusher, digest, image };
};
const signed = (by: Signer, payload: Buffer) => [payload, signatureOf(by, payload)] as const;

describe.each(Object.entries(signers))("by a key of the kind %s", (_kind, make) => {
  const release = make();

  test("under cosign's tag", async () => {
    const { pusher, digest, image } = await fresh();
    await pusher.tagged(digest, [signed(release, claim(digest))]);
    expect(await verifier.verify(image, release)).toMatch(/^the tag sha256-[0-9a-f]{64}\.sig$/);
  });

  test("through the referrers, as cosign's artifact and as a Sigstore bundle", async () => {
    const artifact = await fresh();
    await artifact.pusher.referring(artifact.digest, [signed(release, claim(artifact.digest))]);
    expect(await verifier.verify(artifact.image, release)).toMatch(/^the referrer sha256:/);
    const bundled = await fresh();
    await bundled.pusher.bundled(bundled.digest, bundle(release, bundled.digest));
    expect(await verifier.verify(bundled.image, release)).toMatch(/^the referrer sha256:/);
  });
});

describe("what is refused, with the reason", () => {
  const release = signers.ec();
  const stranger = signers.ec();

  test("an image without a signature", async () => {
    const { image, digest } = await fresh();
    await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3032", message: expect.stringContaining(digest) });
  });

  const wrong: readonly (readonly [string, (digest: string, pusher: Pusher) => Promise<void>, RegExp])[] = [
    ["another key's", (digest, pusher) => pusher.tagged(digest, [signed(stranger, claim(digest))]), /not made with this key/],
    [
      "another key's, as an artifact",
      (digest, pusher) => pusher.referring(digest, [signed(stranger, claim(digest))]),
      /not made with this key/,
    ],
    ["another key's, in a bundle", (digest, pusher) => pusher.bundled(digest, bundle(stranger, digest)), /not made with this key/],
    [
      "one over another digest",
      (digest, pusher) => pusher.tagged(digest, [signed(release, claim(`sha256:${"1".repeat(64)}`))]),
      /by this key, but over sha256:1{64} instead of sha256:/,
    ],
    [
      "one over another digest, in a bundle",
      (digest, pusher) => pusher.bundled(digest, bundle(release, `sha256:${"1".repeat(64)}`)),
      /by this key, but over sha256:1{64} instead of/,
    ],
    ["one over no digest", (digest, pusher) => pusher.tagged(digest, [signed(release, claim(digest, { image: {} }))]), /over no digest/],
    [
      "one over something else",
      (digest, pusher) => pusher.tagged(digest, [signed(release, claim(digest, { type: "a receipt" }))]),
      /signs "a receipt"/,
    ],
    ["one over text", (digest, pusher) => pusher.tagged(digest, [signed(release, Buffer.from(digest))]), /signs null/],
    [
      "the right payload with the signature of another one",
      (digest, pusher) => pusher.tagged(digest, [[claim(digest), signatureOf(release, claim(`sha256:${"1".repeat(64)}`))]]),
      /not made with this key/,
    ],
    ["no base64", (digest, pusher) => pusher.tagged(digest, [[claim(digest), "'; drop"]]), /not made with this key/],
    [
      "an attestation by the same key",
      (digest, pusher) => pusher.bundled(digest, bundle(release, digest, "https://spdx.dev/Document")),
      /attests "https:\/\/spdx/,
    ],
    ["a bundle of nothing", (digest, pusher) => pusher.bundled(digest, Buffer.from("{}")), /a form that is not read/],
  ];
  test.each(wrong)("%s", async (_case, push, words) => {
    const { pusher, digest, image } = await fresh();
    await push(digest, pusher);
    await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3033", message: expect.stringMatching(words) });
  });

  test("a right one among wrong ones is enough", async () => {
    const { pusher, digest, image } = await fresh();
    await pusher.tagged(digest, [signed(stranger, claim(digest)), signed(release, claim(digest))]);
    expect(await verifier.verify(image, release)).toMatch(/^the tag/);
  });

  test("a signature of the same image somewhere else", async () => {
    const { pusher, digest } = await fresh();
    await pusher.tagged(digest, [signed(release, claim(digest))]);
    const elsewhere = new Pusher(registry.domain, "elsewhere/copy");
    const runnable = `${registry.domain}/elsewhere/copy@${await elsewhere.image(`shop/signed${images}`)}`;
    const image = { reference: `${registry.domain}/elsewhere/copy:1`, digests: [digest], runnable, shown: digest };
    await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3032" });
  });

  test.each([
    ["built here", `sha256:${"2".repeat(64)}`],
    ["known by a tag only", "shop/web:1"],
  ])("an image that is %s", async (_case, runnable) => {
    const image = { reference: "shop/web:1", digests: [], runnable, shown: "sha256:2" };
    await expect(verifier.verify(image, release)).rejects.toMatchObject({
      code: "INS3034",
      message: expect.stringContaining("made on this engine"),
    });
  });

  test("everything, while the registry does not answer", async () => {
    const { pusher, digest, image } = await fresh();
    await pusher.tagged(digest, [signed(release, claim(digest))]);
    await registry.stop();
    await expect(verifier.verify(image, release)).rejects.toMatchObject({ code: "INS3035", message: expect.stringContaining("INS3026") });
    await registry.start();
    expect(await verifier.verify(image, release)).toMatch(/^the tag/);
  });
});
