import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo } from "node:net";

/** How it answers instead of well. */
export type Whim = "well" | "too-many" | "broken" | "slow" | "garbage" | "cut" | "lost-blobs" | "wrong-content" | "endless";

export interface FakeRegistryOptions {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** `basic`: the login is asked for; `token`: a token from `/token`, for the login, or for `refresh` (OAuth2). */
  readonly auth?: { readonly how: "basic" | "token"; readonly username: string; readonly password: string; readonly refresh?: string };
  /** Requests in any second beyond which it answers 429 with Retry-After: 1. */
  readonly perSecond?: number;
}

const sha = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const isDigest = (text: string): boolean => text.startsWith("sha256:");

/** A registry in memory (OCI Distribution 1.1: pull, push, tags, referrers), and every way in which one can be wrong. */
export class FakeRegistry {
  whim: Whim = "well";
  readonly asked: { readonly at: number; readonly method: string; readonly url: string; readonly status: () => number }[] = [];
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  /** `path:tag` → digest. */
  readonly #tags = new Map<string, string>();
  readonly #uploads = new Set<string>();
  readonly #tokens = new Set<string>();
  readonly #options: FakeRegistryOptions;
  readonly #server;
  #port = 0;

  private constructor(options: FakeRegistryOptions) {
    this.#options = options;
    const listener = (request: IncomingMessage, reply: ServerResponse): void => void this.#serve(request, reply);
    this.#server = options.tls === undefined ? createPlain(listener) : createTls({ ...options.tls }, listener);
  }

  static async open(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options);
    registry.#server.listen(options.port ?? 0, "127.0.0.1");
    await once(registry.#server, "listening");
    registry.#port = (registry.#server.address() as AddressInfo).port;
    return registry;
  }

  get domain(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://${this.domain}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** A manifest without the ceremony of a push. Returns its digest. */
  put(path: string, tag: string, document: object, type = "application/vnd.oci.image.manifest.v1+json"): string {
    const bytes = Buffer.from(JSON.stringify(document));
    this.#manifests.set(`${path}@${sha(bytes)}`, { bytes, type });
    this.#tags.set(`${path}:${tag}`, sha(bytes));
    return sha(bytes);
  }

  async #serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    this.asked.push({ at: Date.now(), method, url, status: () => reply.statusCode });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { perSecond } = this.#options;
    const recent = perSecond === undefined ? 0 : this.#recent();
    if (this.whim === "too-many" || (perSecond !== undefined && recent > perSecond))
      return end(reply, 429, { "retry-after": "1" }, Buffer.from('{"errors":[{"code":"TOOMANYREQUESTS"}]}'));
    if (this.whim === "broken") return end(reply, 500, {}, Buffer.from("oops"));
    if (this.whim === "slow") return;
    if (this.whim === "cut") {
      reply.writeHead(200, { "content-length": "1000" });
      reply.write("half of");
      return void reply.destroy();
    }
    const address = new URL(url, this.url);
    if (address.pathname === "/token") return this.#token(request, body, reply);
    if (!this.#admits(request)) return this.#challenge(reply);
    this.#answer(method, address, body, request, reply);
  }

  /** Of the last second, those that were let in, this one counted. */
  #recent(): number {
    const since = Date.now() - 1000;
    let count = 0;
    for (let n = this.asked.length - 1; n >= 0; n--) {
      const one = this.asked[n];
      if (one === undefined || one.at < since) break;
      if (one.status() !== 429) count++;
    }
    return count;
  }

  #answer(method: string, address: URL, body: Buffer, request: IncomingMessage, reply: ServerResponse): void {
    const match = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(address.pathname);
    if (match === null) return end(reply, 200, {}, Buffer.from("{}"));
    const [, path = "", kind = "", rest = ""] = match;
    if (kind === "manifests" && method === "PUT") return this.#accept(path, rest, body, request, reply);
    if (kind === "manifests") return this.#manifest(method, path, rest, request, reply);
    if (kind === "blobs" && method === "POST") return this.#upload(path, reply);
    if (kind === "blobs" && method === "PUT") return this.#finish(rest, address, body, reply);
    if (kind === "blobs") return this.#blob(rest, reply);
    if (kind === "tags") return this.#list(path, address, reply);
    return this.#referrers(path, rest, address, reply);
  }

  #manifest(method: string, path: string, version: string, request: IncomingMessage, reply: ServerResponse): void {
    const digest = isDigest(version) ? version : this.#tags.get(`${path}:${version}`);
    const found = digest === undefined ? undefined : this.#manifests.get(`${path}@${digest}`);
    if (digest === undefined || found === undefined) return end(reply, 404, {}, Buffer.from('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'));
    if (this.whim === "garbage") return end(reply, 200, { "docker-content-digest": "sha256:garbage" }, Buffer.from("<html>"));
    if (this.whim === "endless") return endless(reply);
    if (!(request.headers.accept ?? "").includes(found.type)) return end(reply, 404, {}, Buffer.from("{}"));
    const headers = { etag: `"${digest}"`, "docker-content-digest": digest, "content-type": found.type };
    if (request.headers["if-none-match"] === `"${digest}"`) return end(reply, 304, headers, null);
    const bytes = this.whim === "wrong-content" ? Buffer.from(found.bytes.toString().replace("2", "3")) : found.bytes;
    end(reply, 200, { ...headers, "content-length": String(bytes.length) }, method === "HEAD" ? null : bytes);
  }

  #accept(path: string, version: string, body: Buffer, request: IncomingMessage, reply: ServerResponse): void {
    const digest = sha(body);
    this.#manifests.set(`${path}@${digest}`, { bytes: body, type: request.headers["content-type"] ?? "" });
    if (!isDigest(version)) this.#tags.set(`${path}:${version}`, digest);
    end(reply, 201, { "docker-content-digest": digest, location: `/v2/${path}/manifests/${digest}` }, null);
  }

  #upload(path: string, reply: ServerResponse): void {
    const id = randomUUID();
    this.#uploads.add(id);
    end(reply, 202, { location: `/v2/${path}/blobs/uploads/${id}` }, null);
  }

  #finish(rest: string, address: URL, body: Buffer, reply: ServerResponse): void {
    const digest = address.searchParams.get("digest") ?? "";
    if (!this.#uploads.delete(rest.replace("uploads/", "")) || sha(body) !== digest) return end(reply, 400, {}, null);
    this.#blobs.set(digest, body);
    end(reply, 201, {}, null);
  }

  #blob(digest: string, reply: ServerResponse): void {
    const bytes = this.whim === "lost-blobs" ? undefined : this.#blobs.get(digest);
    if (bytes === undefined) return end(reply, 404, {}, null);
    if (this.whim === "endless") return endless(reply);
    end(reply, 200, {}, this.whim === "wrong-content" ? Buffer.from("something else") : bytes);
  }

  #list(path: string, address: URL, reply: ServerResponse): void {
    const all = [...this.#tags.keys()].filter((key) => key.startsWith(`${path}:`)).map((key) => key.slice(path.length + 1));
    if (all.length === 0) return end(reply, 404, {}, Buffer.from("{}"));
    const [n, last] = [Number(address.searchParams.get("n") ?? 100), address.searchParams.get("last") ?? ""];
    const page = all
      .sort()
      .filter((tag) => tag > last)
      .slice(0, n);
    const next = page.at(-1) !== undefined && page.at(-1) !== all.at(-1);
    const link = next ? { link: `</v2/${path}/tags/list?last=${page.at(-1)}&n=${n}>; rel="next"` } : {};
    end(reply, 200, link, Buffer.from(JSON.stringify({ name: path, tags: page })));
  }

  #referrers(path: string, digest: string, address: URL, reply: ServerResponse): void {
    const type = address.searchParams.get("artifactType");
    const manifests = [...this.#manifests].flatMap(([key, { bytes, type: mediaType }]) => {
      const document = JSON.parse(bytes.toString()) as { subject?: { digest?: string }; artifactType?: string };
      if (!key.startsWith(`${path}@`) || document.subject?.digest !== digest) return [];
      if (type !== null && document.artifactType !== type) return [];
      return [{ mediaType, digest: sha(bytes), size: bytes.length, artifactType: document.artifactType }];
    });
    end(
      reply,
      200,
      { "content-type": "application/vnd.oci.image.index.v1+json" },
      Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })),
    );
  }

  #admits(request: IncomingMessage): boolean {
    const { auth } = this.#options;
    if (auth === undefined) return true;
    const given = request.headers.authorization ?? "";
    return auth.how === "basic" ? given === basicOf(auth) : this.#tokens.has(given.replace("Bearer ", ""));
  }

  #challenge(reply: ServerResponse): void {
    const bearer = `Bearer realm="${this.url}/token",service="fake",scope="ignored"`;
    end(reply, 401, { "www-authenticate": this.#options.auth?.how === "basic" ? 'Basic realm="fake"' : bearer }, Buffer.from("{}"));
  }

  #token(request: IncomingMessage, body: Buffer, reply: ServerResponse): void {
    const { auth } = this.#options;
    const exchanged = request.method === "POST" && isExchange(request, body, auth?.refresh);
    if (auth === undefined || (request.headers.authorization !== basicOf(auth) && !exchanged)) return end(reply, 401, {}, null);
    const token = randomUUID();
    this.#tokens.add(token);
    end(reply, 200, {}, Buffer.from(JSON.stringify({ ...(exchanged ? { access_token: token } : { token }), expires_in: 300 })));
  }

  /** Tokens given so far are worth nothing any more. */
  revoke(): void {
    this.#tokens.clear();
  }
}

/** "OAuth2 Token Authentication" of the distribution project: all of it in a form, and nothing in the address. */
function isExchange(request: IncomingMessage, body: Buffer, refresh: string | undefined): boolean {
  const form = new URLSearchParams(body.toString());
  return (
    refresh !== undefined &&
    request.url === "/token" &&
    request.headers["content-type"] === "application/x-www-form-urlencoded" &&
    form.get("grant_type") === "refresh_token" &&
    form.get("refresh_token") === refresh &&
    form.get("service") === "fake" &&
    (form.get("client_id") ?? "") !== "" &&
    /^repository:[^:]+:pull$/.test(form.get("scope") ?? "")
  );
}

const basicOf = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

function end(reply: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: Buffer | null): void {
  reply.writeHead(status, headers);
  reply.end(body ?? undefined);
}

function endless(reply: ServerResponse): void {
  reply.writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json" });
  const more = (): void => {
    while (!reply.destroyed && reply.write(Buffer.alloc(65_536, " ")));
    if (!reply.destroyed) reply.once("drain", more);
  };
  more();
}
