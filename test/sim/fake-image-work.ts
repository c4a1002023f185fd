import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { InstarError } from "../../src/errors.ts";
import type { ImageWork } from "../../src/reconcile/image-port.ts";
import type { FakeImages } from "./fake-images.ts";

/** Whole images of the simulated engine: the config is a text whose digest is the id, the one layer a text too. */
export const fakeImageWork = (images: FakeImages): ImageWork => ({
  registrySettings: async () => ({ mirrors: [], insecure: [] }),
  async *saveImage(image) {
    const config = images.configOf(image);
    if (config === null) throw new InstarError("INS3004", `the image ${image.reference} is no longer on the engine`);
    const tar = pack();
    tar.entry({ name: "config.json" }, config);
    tar.entry({ name: "one/layer.tar" }, `layer of ${config}`);
    tar.entry({ name: "manifest.json" }, JSON.stringify([{ Config: "config.json", RepoTags: null, Layers: ["one/layer.tar"] }]));
    tar.finalize();
    yield* tar as unknown as AsyncIterable<Buffer>;
  },
  async loadImage(archive) {
    const reader = Readable.from(archive).pipe(extract());
    const files = new Map<string, string>();
    for await (const entry of reader) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      files.set(entry.header.name, Buffer.concat(chunks).toString());
    }
    const [{ Config }] = JSON.parse(files.get("manifest.json") ?? "[]") as [{ Config: string }];
    images.load(files.get(Config) ?? "");
  },
  removeImage: async (name, image) => images.drop(name, image),
});
