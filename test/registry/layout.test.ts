import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SavedImages } from "../../src/reconcile/image-port.ts";
import { digestOf } from "../../src/registry/documents.ts";
import { openLayout } from "../../src/registry/layout.ts";
import type { ImageIdentity } from "../../src/spec/types.ts";

let home: string;
let saved: SavedImages;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "instar-layout-"));
  saved = openLayout(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const BASE = "a layer that images share";
const imageOf = (name: string): ImageIdentity => {
  const id = digestOf(Buffer.from(`config of ${name}`));
  return { reference: `${name}:1`, digests: [id], runnable: id, shown: id };
};

/** As the engine of 20.10 writes it: a folder for each layer, and a link where the same layer comes again. */
function archive(name: string, more: { readonly manifest?: unknown } = {}): AsyncIterable<Buffer> {
  const tar = pack();
  tar.entry({ name: "aa/VERSION" }, "1.0");
  tar.entry({ name: "aa/layer.tar" }, BASE);
  tar.entry({ name: "bb/layer.tar" }, `the own layer of ${name}`);
  tar.entry({ name: "cc/layer.tar", type: "symlink", linkname: "../aa/layer.tar" });
  tar.entry({ name: "config.json" }, `config of ${name}`);
  const manifest = [{ Config: "config.json", RepoTags: [`${name}:1`], Layers: ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"] }];
  tar.entry({ name: "manifest.json" }, JSON.stringify(more.manifest ?? manifest));
  tar.finalize();
  return tar as unknown as AsyncIterable<Buffer>;
}

async function contents(image: ImageIdentity): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const chunks: Buffer[] = [];
  for await (const chunk of saved.open(image)) chunks.push(chunk);
  for await (const entry of Readable.from(chunks).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks).toString());
  }
  return files;
}

const blobs = (): string[] => readdirSync(join(home, "images/blobs/sha256")).sort();

describe("an image that is saved", () => {
  test("comes back layer by layer, with its config to the byte", async () => {
    await saved.save(imageOf("web"), archive("web"));
    expect(await saved.has(imageOf("web"))).toBe(true);
    const files = await contents(imageOf("web"));
    const [{ Config = "", Layers = [] }] = JSON.parse(files.get("manifest.json") ?? "") as [{ Config: string; Layers: string[] }];
    expect(files.get(Config)).toBe("config of web");
    expect(Layers.map((name) => files.get(name))).toEqual([BASE, "the own layer of web", BASE]);
  });

  test("is an OCI image layout, each blob under its own digest", async () => {
    await saved.save(imageOf("web"), archive("web"));
    const read = (name: string): string => readFileSync(join(home, "images", name), "utf8");
    expect(JSON.parse(read("oci-layout"))).toEqual({ imageLayoutVersion: "1.0.0" });
    const index = JSON.parse(read("index.json")) as { manifests: { digest: string; size: number }[] };
    expect(index.manifests).toMatchObject([{ annotations: { "org.opencontainers.image.ref.name": "web:1" } }]);
    for (const name of blobs()) expect(digestOf(readFileSync(join(home, "images/blobs/sha256", name)))).toBe(`sha256:${name}`);
    const manifest = JSON.parse(read(`blobs/sha256/${index.manifests[0]?.digest.slice(7)}`)) as { layers: { size: number }[] };
    expect(manifest.layers.map(({ size }) => size)).toEqual([BASE.length, "the own layer of web".length, BASE.length]);
  });

  test("shares its layers with others, and takes only its own along when it goes", async () => {
    await saved.save(imageOf("web"), archive("web"));
    const alone = blobs();
    await saved.save(imageOf("api"), archive("api"));
    expect(blobs()).toHaveLength(alone.length + 3);
    expect(await saved.remove(imageOf("api").shown)).toBeGreaterThan(0);
    expect(blobs()).toEqual(alone);
    expect(await saved.has(imageOf("web"))).toBe(true);
    expect(await saved.list()).toEqual([imageOf("web").shown]);
    expect(await saved.remove(imageOf("api").shown)).toBe(0);
  });

  test("twice at once is saved once", async () => {
    await Promise.all([saved.save(imageOf("web"), archive("web")), saved.save(imageOf("web"), archive("web"))]);
    expect(await saved.list()).toHaveLength(1);
  });

  test("with a blob gone or cut is not there, and is not given out", async () => {
    await saved.save(imageOf("web"), archive("web"));
    const own = digestOf(Buffer.from("the own layer of web")).slice(7);
    writeFileSync(join(home, "images/blobs/sha256", own), "cut");
    expect(await saved.has(imageOf("web"))).toBe(false);
    await expect(contents(imageOf("web"))).rejects.toMatchObject({ code: "INS2043" });
    await saved.save(imageOf("web"), archive("web"));
    expect(await saved.has(imageOf("web"))).toBe(true);
  });
});

test.each([
  ["another image", () => archive("other")],
  ["an archive without a manifest", () => archive("web", { manifest: [] })],
  [
    "a manifest that names what is not there",
    () => archive("web", { manifest: [{ Config: "config.json", Layers: ["../../etc/passwd"] }] }),
  ],
])("%s is refused, and leaves nothing behind", async (_what, bad) => {
  await expect(saved.save(imageOf("web"), bad())).rejects.toMatchObject({ code: "INS3031" });
  expect(blobs()).toEqual([]);
  expect(await saved.list()).toEqual([]);
});

test("a broken stream leaves nothing behind", async () => {
  const broken = async function* (): AsyncIterable<Buffer> {
    for await (const chunk of archive("web")) {
      yield chunk;
      throw new Error("the engine went away");
    }
  };
  await expect(saved.save(imageOf("web"), broken())).rejects.toThrow(/went away/);
  expect(blobs()).toEqual([]);
});
