import { InstarError } from "../errors.ts";
import type {
  Descriptor,
  Head,
  Login,
  Manifest,
  PlatformImage,
  Registries,
  RegistrySettings,
  Repository,
} from "../reconcile/registry-port.ts";
import { childFor, configIn, DIGEST, descriptorsIn, digestOf, INDEX_TYPES, MANIFEST_TYPES } from "./documents.ts";
import { Door, type Reply } from "./door.ts";
import { nextPage } from "./links.ts";
import { jsonIn } from "./tokens.ts";
import type { Timeouts } from "./transport.ts";

const MIB = 1024 * 1024;
const MOST_TAGS = 100_000;
const TAGS_PER_PAGE = 1000;
const MOST_PAGES = 200;
/** Last ETags kept, each of one tag. */
const REMEMBERED = 5000;
const TAG = /^\w[\w.-]{0,127}$/;

export interface RegistryOptions {
  /** By domain, `docker.io` for the Hub. Raises INS3004. */
  readonly login: (domain: string) => Promise<Login | null>;
  readonly settings: () => Promise<RegistrySettings>;
  /** `certs.d` of Docker, elsewhere in tests. */
  readonly certificates?: string;
  readonly timeouts?: Timeouts;
  /** Fewer in tests. */
  readonly tagsPerPage?: number;
}

/** The Registries port over HTTP. `close` lets go of kept connections. */
export function openRegistries(options: RegistryOptions): Registries & { close(): void } {
  const door = new Door(options);
  const etags = new Map<string, Head & { readonly etag: string }>();
  const accept = MANIFEST_TYPES.join(", ");
  const name = (of: Repository, version: string): string => `${of.domain}/${of.path}${DIGEST.test(version) ? "@" : ":"}${version}`;

  const head: Registries["head"] = async (of, version, urgency = "now") => {
    const key = name(of, version);
    const known = etags.get(key);
    const headers = { accept, ...(known === undefined ? {} : { "if-none-match": known.etag }) };
    const reply = await door.ask(of, { method: "HEAD", path: `manifests/${version}`, headers, limitBytes: 0, urgency });
    if (reply.status === 304 && known !== undefined) return { digest: known.digest, mediaType: known.mediaType };
    if (reply.status === 404) {
      etags.delete(key);
      return null;
    }
    expect200(reply, key);
    const told = header(reply, "docker-content-digest");
    // The header is optional (OCI Distribution 1.1, "Pulling manifests"): then the content itself tells.
    if (told === null) return manifest(of, version, urgency);
    if (!DIGEST.test(told)) throw new InstarError("INS3029", `${of.domain} names ${JSON.stringify(told)} as the digest of ${key}`);
    const found = { digest: told, mediaType: mediaTypeOf(reply) };
    const etag = header(reply, "etag");
    etags.delete(key);
    if (etag !== null) etags.set(key, { ...found, etag });
    if (etags.size > REMEMBERED) etags.delete(etags.keys().next().value ?? key);
    return found;
  };

  const manifest: Registries["manifest"] = async (of, version, urgency = "now") => {
    const asked = { method: "GET", path: `manifests/${version}`, headers: { accept }, limitBytes: 4 * MIB, urgency } as const;
    const reply = await door.ask(of, asked);
    if (reply.status === 404) return null;
    expect200(reply, name(of, version));
    const digest = digestOf(reply.body);
    if (DIGEST.test(version) && version !== digest) throw mismatch(of, version, digest);
    const told = header(reply, "docker-content-digest");
    if (told !== null && told !== digest) throw mismatch(of, told, digest);
    return { digest, mediaType: mediaTypeOf(reply), bytes: reply.body };
  };

  const blob: Registries["blob"] = async (of, digest, limitBytes, urgency = "now") => {
    if (!DIGEST.test(digest)) throw new InstarError("INS3029", `${JSON.stringify(digest)} is no digest`);
    const reply = await door.ask(of, { method: "GET", path: `blobs/${digest}`, headers: {}, limitBytes, urgency });
    if (reply.status === 404) return null;
    expect200(reply, name(of, digest));
    if (digestOf(reply.body) !== digest) throw mismatch(of, digest, digestOf(reply.body));
    return reply.body;
  };

  const tags: Registries["tags"] = async (of, urgency = "now") => {
    const found = new Set<string>();
    let path: string | URL = `tags/list?n=${options.tagsPerPage ?? TAGS_PER_PAGE}`;
    for (let page = 0; page < MOST_PAGES; page++) {
      const reply: Reply = await door.ask(of, { method: "GET", path, headers: {}, limitBytes: 4 * MIB, urgency });
      if (reply.status === 404) return [...found];
      expect200(reply, `the tags of ${of.domain}/${of.path}`);
      const list = (jsonIn(reply.body, of.domain) as { tags?: unknown } | null)?.tags ?? [];
      if (!Array.isArray(list)) throw new InstarError("INS3029", `${of.domain} lists no tags for ${of.path}`);
      for (const tag of list) if (typeof tag === "string" && TAG.test(tag)) found.add(tag);
      if (found.size > MOST_TAGS) break;
      const next = nextPage(reply.headers.link, reply.url);
      if (next === null) return [...found];
      path = next;
    }
    throw new InstarError("INS3029", `${of.domain}/${of.path} has more than ${MOST_TAGS} tags, or pages without an end`);
  };

  const referrers: Registries["referrers"] = async (of, digest, artifactType, urgency = "now") => {
    const query = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
    const wanted = (one: Descriptor): boolean => artifactType === undefined || one.artifactType === artifactType;
    const found: Descriptor[] = [];
    let path: string | URL = `referrers/${digest}${query}`;
    for (let page = 0; page < MOST_PAGES; page++) {
      const reply: Reply = await door.ask(of, {
        method: "GET",
        path,
        headers: { accept: INDEX_TYPES[0] ?? "" },
        limitBytes: 4 * MIB,
        urgency,
      });
      // The API is newer than most registries; the tag scheme holds what it would list (OCI Distribution 1.1, "Referrers tag schema").
      if (reply.status !== 200) {
        if (page > 0) break;
        const listed = await manifest(of, digest.replace(":", "-"), urgency);
        return listed === null ? [] : descriptorsIn(listed.bytes, `${of.domain}/${of.path}`).filter(wanted);
      }
      found.push(...descriptorsIn(reply.body, `${of.domain}/${of.path}`).filter(wanted));
      const next = nextPage(reply.headers.link, reply.url);
      if (next === null) break;
      path = next;
    }
    return found;
  };

  const platformImage: Registries["platformImage"] = async (
    of,
    { digest, mediaType },
    platform,
    urgency = "now",
  ): Promise<PlatformImage | null> => {
    const first: Manifest | null = await manifest(of, digest, urgency);
    if (first === null) return null;
    const whose = name(of, digest);
    if (!INDEX_TYPES.includes(first.mediaType) && !INDEX_TYPES.includes(mediaType))
      return { digest, digests: [digest, configIn(first.bytes, whose)].sort() };
    const child = childFor(first.bytes, platform, whose);
    if (child === null) return null;
    const own = await manifest(of, child.digest, urgency);
    return own === null ? null : { digest, digests: [...new Set([digest, child.digest, configIn(own.bytes, whose)])].sort() };
  };

  return { head, manifest, blob, tags, referrers, platformImage, close: () => door.close() };
}

const header = (reply: Reply, key: string): string | null => {
  const value = reply.headers[key];
  return typeof value === "string" && value !== "" ? value : null;
};

const mediaTypeOf = (reply: Reply): string => (header(reply, "content-type") ?? "").split(";")[0]?.trim() ?? "";

function expect200(reply: Reply, what: string): void {
  if (reply.status !== 200) throw new InstarError("INS3029", `${reply.url.host} answers ${reply.status} for ${what}`);
}

const mismatch = (of: Repository, wanted: string, got: string): InstarError =>
  new InstarError("INS3029", `${of.domain}/${of.path} gives ${got} where ${wanted} was asked for`);
