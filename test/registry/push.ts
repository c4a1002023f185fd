import { createHash } from "node:crypto";

/** Where to push: `http://127.0.0.1:5000`, and what goes into the Authorization header. */
export interface Target {
  readonly url: string;
  readonly authorization?: string;
}

export interface Pushed {
  readonly manifest: string;
  readonly config: string;
  readonly bytes: Buffer;
}

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const sha = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function send(target: Target, method: string, path: string, body?: Buffer, type = "application/octet-stream"): Promise<Response> {
  const headers = { "content-type": type, ...(target.authorization === undefined ? {} : { authorization: target.authorization }) };
  const answer = await fetch(new URL(path, target.url), { method, headers, ...(body === undefined ? {} : { body: new Uint8Array(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

async function pushBlob(target: Target, path: string, bytes: Buffer): Promise<string> {
  const begun = await send(target, "POST", `/v2/${path}/blobs/uploads/`);
  const location = new URL(begun.headers.get("location") ?? "", target.url);
  location.searchParams.set("digest", sha(bytes));
  await send(target, "PUT", location.href, bytes);
  return sha(bytes);
}

export async function pushManifest(
  target: Target,
  path: string,
  version: string,
  document: object,
  type: string,
): Promise<Pushed["bytes"]> {
  const bytes = Buffer.from(JSON.stringify(document));
  await send(target, "PUT", `/v2/${path}/manifests/${version}`, bytes, type);
  return bytes;
}

/** An image that holds one text (OCI Distribution 1.1, "Push"); `tag` null: by its digest alone. */
export async function pushImage(
  target: Target,
  path: string,
  tag: string | null,
  content: string,
  more: { readonly architecture?: string; readonly subject?: Pushed & { readonly type: string }; readonly artifactType?: string } = {},
): Promise<Pushed> {
  const layer = Buffer.from(content);
  const config = Buffer.from(
    JSON.stringify({
      os: "linux",
      architecture: more.architecture ?? "amd64",
      rootfs: { type: "layers", diff_ids: [sha(layer)] },
      content,
    }),
  );
  const describe = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: sha(bytes), size: bytes.length });
  await pushBlob(target, path, layer);
  await pushBlob(target, path, config);
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    ...(more.artifactType === undefined ? {} : { artifactType: more.artifactType }),
    config: describe(config, "application/vnd.oci.image.config.v1+json"),
    layers: [describe(layer, "application/vnd.oci.image.layer.v1.tar")],
    ...(more.subject === undefined ? {} : { subject: describe(more.subject.bytes, more.subject.type) }),
  };
  const digest = sha(JSON.stringify(document));
  const bytes = await pushManifest(target, path, tag ?? digest, document, OCI_MANIFEST);
  return { manifest: digest, config: sha(config), bytes };
}

/** An index over images that are there; by architecture. */
export async function pushIndex(target: Target, path: string, tag: string, children: Readonly<Record<string, Pushed>>): Promise<string> {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: Object.entries(children).map(([architecture, { manifest, bytes }]) => ({
      ...{ mediaType: OCI_MANIFEST, digest: manifest, size: bytes.length, platform: { os: "linux", architecture } },
    })),
  };
  return sha(await pushManifest(target, path, tag, document, OCI_INDEX));
}
