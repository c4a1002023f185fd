import { createHash } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-stream";
import { InstarError } from "../errors.ts";
import type { Blob } from "./layout.ts";
import { jsonIn } from "./tokens.ts";

interface Written {
  readonly file: string;
  readonly blob: Blob;
}

export interface Unpacked {
  readonly config: Blob;
  readonly layers: readonly Blob[];
  /** The config and the layers, each once; on disk. */
  readonly files: readonly Written[];
  /** Removes what was not taken. */
  discard(): Promise<void>;
}

const LAYER = "application/vnd.oci.image.layer.v1.tar";
const CONFIG = "application/vnd.oci.image.config.v1+json";

/**
 * Reads what `docker save` writes (20.10: a folder per layer; 25 and later: an OCI layout beside it), each file once while
 * it streams by, into fresh files named by `place`. `manifest.json` says which is which. Raises INS3031.
 */
export async function unpackArchive(archive: AsyncIterable<Buffer>, place: () => string): Promise<Unpacked> {
  const written = new Map<string, Written>();
  const links = new Map<string, string>();
  const reader = extract();
  let broken: unknown = null;
  const watched = async function* (): AsyncIterable<Buffer> {
    try {
      yield* archive;
    } catch (cause) {
      broken = cause;
      throw cause;
    }
  };
  const fed = pipeline(Readable.from(watched()), reader);
  // Told below, once the entries end.
  fed.catch(() => {});
  try {
    for await (const entry of reader) {
      const { type, name, linkname } = entry.header;
      if (type === "symlink" || type === "link") {
        // The same layer twice: the second is a link to the first.
        links.set(posix.normalize(name), posix.normalize(posix.join(type === "symlink" ? posix.dirname(name) : ".", linkname ?? "")));
        entry.resume();
      } else if (type === "file") written.set(posix.normalize(name), await writeOut(entry as unknown as AsyncIterable<Buffer>, place()));
      else entry.resume();
    }
    await fed;
  } catch (cause) {
    await discardAll(written.values());
    // What broke at the source, rather than what that did to the streams behind it.
    throw broken ?? cause;
  }
  const find = (name: string): Written => {
    const path = posix.normalize(name);
    const found = written.get(links.get(path) ?? path);
    if (found === undefined) throw new InstarError("INS3031", `the engine's archive has no ${name}`);
    return found;
  };
  const discard = (): Promise<void> => discardAll(written.values());
  try {
    const list = jsonIn(await readFile(find("manifest.json").file), "the engine's archive") as
      | readonly { readonly Config?: string; readonly Layers?: readonly string[] }[]
      | null;
    const [only, ...more] = list ?? [];
    if (only?.Config === undefined || only.Layers === undefined || more.length > 0)
      throw new InstarError("INS3031", "the engine's archive does not hold one image");
    const config = find(only.Config);
    const layers = only.Layers.map(find);
    const files = new Map([config, ...layers].map((one) => [one.blob.digest, one]));
    return { config: { ...config.blob, mediaType: CONFIG }, layers: layers.map(({ blob }) => blob), files: [...files.values()], discard };
  } catch (cause) {
    await discard();
    throw cause;
  }
}

async function discardAll(files: Iterable<Written>): Promise<void> {
  for (const { file } of files) await rm(file, { force: true });
}

async function writeOut(entry: AsyncIterable<Buffer>, file: string): Promise<Written> {
  const hash = createHash("sha256");
  const target = await open(file, "wx", 0o600);
  let size = 0;
  let zipped = false;
  try {
    for await (const chunk of entry) {
      if (size === 0) zipped = chunk[0] === 0x1f && chunk[1] === 0x8b;
      hash.update(chunk);
      size += chunk.length;
      await target.writeFile(chunk);
    }
    await target.sync();
    await target.close();
  } catch (cause) {
    await target.close();
    await rm(file, { force: true });
    throw cause;
  }
  return { file, blob: { mediaType: zipped ? `${LAYER}+gzip` : LAYER, digest: `sha256:${hash.digest("hex")}`, size } };
}

/** The same again, as every engine can load it (`docker load`): `manifest.json`, the config and the layers. */
export async function* writeArchive(
  config: { readonly digest: string; readonly bytes: Buffer },
  layers: readonly Blob[],
  read: (layer: Blob) => Readable,
): AsyncIterable<Buffer> {
  const plain = (digest: string): string => digest.slice("sha256:".length);
  const tar = pack();
  const names = layers.map(({ digest }) => `${plain(digest)}.tar`);
  const manifest = [{ Config: `${plain(config.digest)}.json`, RepoTags: null, Layers: names }];
  const filled = (async () => {
    tar.entry({ name: `${plain(config.digest)}.json` }, config.bytes);
    for (const layer of new Map(layers.map((one) => [one.digest, one])).values()) {
      const entry = tar.entry({ name: `${plain(layer.digest)}.tar`, size: layer.size });
      await pipeline(read(layer), entry);
    }
    tar.entry({ name: "manifest.json" }, JSON.stringify(manifest));
    tar.finalize();
  })();
  filled.catch((cause: Error) => tar.destroy(cause));
  yield* tar as unknown as AsyncIterable<Buffer>;
  await filled;
}
