import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InstarError } from "../errors.ts";
import type { SavedImages } from "../reconcile/image-port.ts";
import type { ImageIdentity } from "../spec/types.ts";
import { unpackArchive, writeArchive } from "./archive.ts";
import { DIGEST, digestOf } from "./documents.ts";

interface Index {
  readonly schemaVersion: 2;
  readonly manifests: readonly Entry[];
}

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const ID = "dev.instar.image";
const NAME = "org.opencontainers.image.ref.name";

/** The SavedImages port: an OCI image layout (OCI Image Specification 1.1, "Image Layout") that other tools can read too. */
export function openLayout(home: string): SavedImages {
  const folder = resolve(home, "images");
  const blobs = join(folder, "blobs", "sha256");
  const blobFile = (digest: string): string => {
    if (!DIGEST.test(digest)) throw new InstarError("INS2043", `${JSON.stringify(digest)} is no digest`);
    return join(blobs, digest.slice("sha256:".length));
  };
  /** Changes of the index come one after another. */
  let turn: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  };

  const readIndex = async (): Promise<Index> => {
    const text = await readFile(join(folder, "index.json"), "utf8").catch(whenMissing(null));
    return text === null ? { schemaVersion: 2, manifests: [] } : (JSON.parse(text) as Index);
  };
  const writeIndex = (index: Index): Promise<void> => replace(folder, "index.json", Buffer.from(JSON.stringify(index)));
  const entryOf = (index: Index, image: Pick<ImageIdentity, "digests">): Entry | undefined =>
    index.manifests.find(({ annotations }) => image.digests.includes(annotations[ID] ?? ""));
  const manifestOf = async (entry: Entry): Promise<Manifest> => JSON.parse(await readFile(blobFile(entry.digest), "utf8")) as Manifest;
  const whole = async ({ digest, size }: Blob): Promise<boolean> => (await stat(blobFile(digest)).catch(whenMissing(null)))?.size === size;

  const has: SavedImages["has"] = async (image) => {
    const entry = entryOf(await readIndex(), image);
    if (entry === undefined || !(await whole(entry))) return false;
    const { config, layers } = await manifestOf(entry);
    return (await Promise.all([config, ...layers].map(whole))).every(Boolean);
  };

  const save: SavedImages["save"] = (image, archive) =>
    alone(async () => {
      if (await has(image)) return;
      await mkdir(blobs, { recursive: true, mode: 0o700 });
      await replace(folder, "oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
      // Left over where a daemon was killed.
      for (const name of await readdir(blobs)) if (name.startsWith(".")) await rm(join(blobs, name));
      const made = await unpackArchive(archive, () => join(blobs, `.${randomUUID()}`));
      try {
        if (!image.digests.includes(made.config.digest))
          throw new InstarError("INS3031", `the engine gave ${made.config.digest} for ${image.shown}`);
        for (const { blob, file } of made.files) await rename(file, blobFile(blob.digest));
      } finally {
        await made.discard();
      }
      const manifest = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: made.config, layers: made.layers }),
      );
      const digest = digestOf(manifest);
      await replace(blobs, digest.slice("sha256:".length), manifest);
      const annotations = { [ID]: made.config.digest, [NAME]: image.reference };
      const index = await readIndex();
      const others = index.manifests.filter(({ annotations: own }) => own[ID] !== made.config.digest);
      await writeIndex({ ...index, manifests: [...others, { mediaType: MANIFEST_TYPE, digest, size: manifest.length, annotations }] });
    }).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === "ENOSPC") throw new InstarError("INS6003", "no space left to save an image", { cause });
      throw cause;
    });

  async function* openImage(image: ImageIdentity): AsyncIterable<Buffer> {
    const entry = entryOf(await readIndex(), image);
    if (entry === undefined || !(await has(image)))
      throw new InstarError("INS2043", `${image.reference} (${image.shown}) is not whole in ${folder}`);
    const { config, layers } = await manifestOf(entry);
    const bytes = await readFile(blobFile(config.digest));
    if (digestOf(bytes) !== config.digest) throw new InstarError("INS2043", `the saved config ${config.digest} is damaged`);
    yield* writeArchive({ digest: config.digest, bytes }, layers, (layer) => createReadStream(blobFile(layer.digest)));
  }

  return {
    has,
    save,
    open: openImage,
    list: async () => (await readIndex()).manifests.flatMap(({ annotations }) => annotations[ID] ?? []),
    remove: (id) =>
      alone(async () => {
        const index = await readIndex();
        const entry = entryOf(index, { digests: [id] });
        if (entry === undefined) return 0;
        const rest = index.manifests.filter((one) => one !== entry);
        const kept = new Set<string>();
        for (const one of rest) for (const { digest } of await blobsOf(one)) kept.add(digest);
        const gone = (await blobsOf(entry)).filter(({ digest }) => !kept.has(digest));
        // First nobody knows of it, then it goes: never a name without its content.
        await writeIndex({ ...index, manifests: rest });
        for (const { digest } of gone) await rm(blobFile(digest), { force: true });
        return gone.reduce((sum, { size }) => sum + size, 0);
      }),
  };

  async function blobsOf(entry: Entry): Promise<Blob[]> {
    const manifest = await manifestOf(entry).catch(whenMissing(null));
    return [entry, ...(manifest === null ? [] : [manifest.config, ...manifest.layers])];
  }
}

const whenMissing =
  <T>(otherwise: T) =>
  (cause: unknown): T => {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw cause;
  };

/** Whole or not at all, over a power cut too. */
async function replace(folder: string, name: string, bytes: Buffer): Promise<void> {
  const fresh = join(folder, `.${name}.${randomUUID()}`);
  const file = await open(fresh, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, join(folder, name));
  const holder = await open(folder, "r");
  try {
    await holder.sync();
  } finally {
    await holder.close();
  }
}
