import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Login, Registries } from "../../src/reconcile/registry-port.ts";
import { OCI_INDEX, OCI_MANIFEST, type Pushed, pushImage, pushIndex, pushManifest, type Target } from "../registry/push.ts";

/** A registry that wants the login. */
export interface RegistryWorld {
  readonly domain: string;
  readonly target: Target;
  /** With this login, or without any; it asks for 20 tags a page. */
  client(login: Login | null): Registries;
  readonly login: Login;
  close(): Promise<void>;
}

const NOWHERE = `sha256:${"00".repeat(32)}`;

/** What every registry does for the client, and the client with every registry. */
export function registryConformance(name: string, open: () => Promise<RegistryWorld>): void {
  describe(`the Registries port: ${name}`, () => {
    let world: RegistryWorld;
    let registries: Registries;
    let first: Pushed;
    const of = (path: string) => ({ domain: world.domain, path });
    beforeAll(async () => {
      world = await open();
      registries = world.client(world.login);
      first = await pushImage(world.target, "shop/web", "1", "first");
    });
    afterAll(async () => world.close());

    test("a tag has a digest, the digest itself, and its content fits it", async () => {
      const head = await registries.head(of("shop/web"), "1");
      expect(head).toEqual({ digest: first.manifest, mediaType: OCI_MANIFEST });
      expect(await registries.head(of("shop/web"), first.manifest)).toEqual(head);
      const manifest = await registries.manifest(of("shop/web"), "1");
      expect(manifest).toEqual({ ...head, bytes: first.bytes });
      const config = await registries.blob(of("shop/web"), first.config, 65_536);
      expect(JSON.parse(String(config))).toMatchObject({ content: "first" });
    });

    test("asked again it is the same; moved, it is the other one", async () => {
      await pushImage(world.target, "shop/moving", "1", "one");
      const one = await registries.head(of("shop/moving"), "1");
      expect(await registries.head(of("shop/moving"), "1")).toEqual(one);
      const two = await pushImage(world.target, "shop/moving", "1", "two");
      expect((await registries.head(of("shop/moving"), "1"))?.digest).toBe(two.manifest);
      expect((await registries.head(of("shop/moving"), "1"))?.digest).toBe(two.manifest);
    });

    test("what is not there is null, or an empty list", async () => {
      expect(await registries.head(of("shop/web"), "none")).toBeNull();
      expect(await registries.head(of("shop/none"), "1")).toBeNull();
      expect(await registries.manifest(of("shop/web"), NOWHERE)).toBeNull();
      expect(await registries.blob(of("shop/web"), NOWHERE, 1000)).toBeNull();
      expect(await registries.tags(of("shop/none"))).toEqual([]);
      expect(await registries.referrers(of("shop/web"), first.manifest)).toEqual([]);
    });

    test("an index is known by its own digest and by those of this platform's image; another child is no change", async () => {
      const amd64 = await pushImage(world.target, "shop/multi", null, "for amd64");
      const arm64 = await pushImage(world.target, "shop/multi", null, "for arm64", { architecture: "arm64" });
      const before = await pushIndex(world.target, "shop/multi", "1", { amd64 });
      const old = await registries.head(of("shop/multi"), "1");
      expect(old).toEqual({ digest: before, mediaType: OCI_INDEX });
      const index = await pushIndex(world.target, "shop/multi", "1", { arm64, amd64 });
      const head = await registries.head(of("shop/multi"), "1");
      expect(head?.digest).toBe(index);
      if (head === null || old === null) throw new Error("unreachable");
      const image = await registries.platformImage(of("shop/multi"), head, "linux/amd64");
      expect(image).toEqual({ digest: index, digests: [index, amd64.manifest, amd64.config].sort() });
      const shared = (await registries.platformImage(of("shop/multi"), old, "linux/amd64"))?.digests.filter((d) =>
        image?.digests.includes(d),
      );
      expect(shared).toEqual([amd64.manifest, amd64.config].sort());
      expect(await registries.platformImage(of("shop/multi"), head, "linux/s390x")).toBeNull();
    });

    test("a plain manifest is known by its digest and its config's", async () => {
      const head = await registries.head(of("shop/web"), "1");
      const image = head === null ? null : await registries.platformImage(of("shop/web"), head, "linux/amd64");
      expect(image?.digests).toEqual([first.manifest, first.config].sort());
    });

    test("tags come from every page", async () => {
      const wanted = Array.from({ length: 45 }, (_, n) => `t${String(n).padStart(2, "0")}`);
      const document = JSON.parse(first.bytes.toString()) as object;
      for (let n = 0; n < wanted.length; n += 50)
        await Promise.all(wanted.slice(n, n + 50).map((tag) => pushManifest(world.target, "shop/web", tag, document, OCI_MANIFEST)));
      expect([...(await registries.tags(of("shop/web")))].sort()).toEqual(["1", ...wanted]);
    });

    test("referrers come by the API, or by the tag scheme where it is older than the API", async () => {
      const type = "application/vnd.dev.cosign.artifact.sig.v1+json";
      const signature = await pushImage(world.target, "shop/web", null, "signature", {
        ...{ artifactType: type, subject: { ...first, type: OCI_MANIFEST } },
      });
      const entry = { mediaType: OCI_MANIFEST, digest: signature.manifest, size: signature.bytes.length, artifactType: type };
      const list = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
      await pushManifest(world.target, "shop/web", first.manifest.replace(":", "-"), list, OCI_INDEX);
      expect(await registries.referrers(of("shop/web"), first.manifest)).toMatchObject([entry]);
      expect(await registries.referrers(of("shop/web"), first.manifest, type)).toMatchObject([entry]);
      expect(await registries.referrers(of("shop/web"), first.manifest, "text/other")).toEqual([]);
    });

    test("without a login, or with a wrong one, INS3027 says what to do", async () => {
      for (const login of [null, { ...world.login, password: "wrong" }])
        await expect(world.client(login).head(of("shop/web"), "1")).rejects.toMatchObject({
          ...{ code: "INS3027", hint: expect.stringContaining("docker login") },
        });
    });

    test("a blob that is longer than it may be is not read to its end", async () => {
      await expect(registries.blob(of("shop/web"), first.config, 10)).rejects.toMatchObject({ code: "INS3029" });
    });
  });
}
