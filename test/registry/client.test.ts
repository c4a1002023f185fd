import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Login, RegistrySettings } from "../../src/reconcile/registry-port.ts";
import { openRegistries } from "../../src/registry/client.ts";
import { registryConformance } from "../conformance/registries.ts";
import { FakeRegistry, type FakeRegistryOptions, type Whim } from "../sim/fake-registry.ts";
import { certificate } from "./certificate.ts";
import { pushImage } from "./push.ts";

const LOGIN = { username: "instar", password: "open sesame" };
const basicOf = ({ username, password }: typeof LOGIN): string => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
const basic = basicOf(LOGIN);
/** Longer than any answer takes on a busy machine; only a registry that gives none is waited for as long as `SHORT_MS`. */
const HEAD_MS = 30_000;
const SHORT_MS = 300;
const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A registry of one test: it answers every request so. */
async function serve(answer: RequestListener): Promise<{ readonly domain: string; readonly path: string }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push({ close: () => void server.close() }, { close: () => server.closeAllConnections() });
  return { domain: `127.0.0.1:${(server.address() as AddressInfo).port}`, path: "shop/web" };
}

const clientFor = (how: { login?: Login | null; settings?: RegistrySettings; certificates?: string; headMs?: number } = {}) => {
  const client = openRegistries({
    login: async () => how.login ?? null,
    settings: async () => how.settings ?? { mirrors: [], insecure: [] },
    timeouts: { headMs: how.headMs ?? HEAD_MS, wholeMs: 60_000 },
    ...(how.certificates === undefined ? {} : { certificates: how.certificates }),
  });
  opened.push(client);
  return client;
};

for (const how of ["basic", "token"] as const)
  registryConformance(`in memory, with ${how}`, async () => {
    const registry = await FakeRegistry.open({ auth: { how, ...LOGIN } });
    // Its push side takes the same pass as its pull side: a token first.
    const authorization = how === "basic" ? basic : `Bearer ${await tokenOf(registry)}`;
    const clients: { close(): void }[] = [];
    return {
      domain: registry.domain,
      target: { url: registry.url, authorization },
      login: LOGIN,
      client: (login) => {
        const client = openRegistries({ login: async () => login, settings: async () => ({ mirrors: [], insecure: [] }), tagsPerPage: 20 });
        clients.push(client);
        return client;
      },
      close: async () => {
        for (const client of clients) client.close();
        await registry.close();
      },
    };
  });

async function tokenOf(registry: FakeRegistry): Promise<string> {
  const answer = await fetch(`${registry.url}/token`, { headers: { authorization: basic } });
  return ((await answer.json()) as { token: string }).token;
}

describe("a registry that is wrong", () => {
  const open = async (options: FakeRegistryOptions = {}) => {
    const registry = await FakeRegistry.open(options);
    opened.push(registry);
    const pushed =
      options.auth === undefined && options.tls === undefined ? await pushImage({ url: registry.url }, "shop/web", "1", "one") : null;
    return { registry, pushed, of: { domain: registry.domain, path: "shop/web" } };
  };

  test.each<[Whim, string, RegExp]>([
    ["broken", "INS3026", /answers 500/],
    ["slow", "INS3026", /no answer within 300 ms/],
    ["cut", "INS3026", /cannot be reached/],
    ["too-many", "INS3028", /asks for fewer requests/],
    ["garbage", "INS3029", /sha256:garbage/],
    ["wrong-content", "INS3029", /gives sha256:\w+ where/],
    ["endless", "INS3029", /more than 4194304 bytes/],
  ])("%s: %s, and well again when it is", async (whim, code, words) => {
    const { registry, of, pushed } = await open();
    const client = clientFor();
    const asking = whim === "slow" ? clientFor({ headMs: SHORT_MS }) : client;
    registry.whim = whim;
    const look = ["wrong-content", "endless"].includes(whim) ? asking.manifest(of, "1") : asking.head(of, "1");
    await expect(look).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    registry.whim = "well";
    expect((await client.head(of, "1"))?.digest).toBe(pushed?.manifest);
  });

  test("lost its blobs: null, never something else; other content under a digest is refused", async () => {
    const { registry, of, pushed } = await open();
    const client = clientFor();
    registry.whim = "lost-blobs";
    expect(await client.blob(of, pushed?.config ?? "", 1000)).toBeNull();
    registry.whim = "wrong-content";
    await expect(client.blob(of, pushed?.config ?? "", 1000)).rejects.toMatchObject({ code: "INS3029" });
  });

  test("does not answer at all: INS3026 with its address", async () => {
    const { registry, of } = await open();
    await registry.close();
    opened.splice(0);
    await expect(clientFor().head(of, "1")).rejects.toMatchObject({ code: "INS3026", message: expect.stringContaining("ECONNREFUSED") });
  });

  test("took its tokens back: a fresh one is fetched", async () => {
    const { registry, of } = await open({ auth: { how: "token", ...LOGIN } });
    await pushImage({ url: registry.url, authorization: `Bearer ${await tokenOf(registry)}` }, "shop/web", "1", "one");
    const client = clientFor({ login: LOGIN });
    const head = await client.head(of, "1");
    registry.revoke();
    expect(await client.head(of, "1")).toEqual(head);
  });

  test("refuses a login that ended with 403, as ECR does: the one of now is sent, once", async () => {
    const digest = `sha256:${"1".repeat(64)}`;
    let password = "pw1";
    let known: string | null = "pw1";
    const answered: number[] = [];
    const of = await serve((request, reply) => {
      const right = known !== null && request.headers.authorization === basicOf({ ...LOGIN, password: known });
      const status = right ? 200 : request.headers.authorization === undefined ? 401 : 403;
      answered.push(status);
      reply.writeHead(status, { "www-authenticate": 'Basic realm="x"', "docker-content-digest": digest }).end();
    });
    const client = openRegistries({
      login: async () => ({ ...LOGIN, password }),
      settings: async () => ({ mirrors: [], insecure: [] }),
    });
    opened.push(client);
    expect((await client.head(of, "1"))?.digest).toBe(digest);
    password = known = "pw2";
    expect((await client.head(of, "1"))?.digest).toBe(digest);
    expect(answered.splice(0)).toEqual([401, 200, 403, 401, 200]);
    known = null;
    await expect(client.head(of, "1")).rejects.toMatchObject({ code: "INS3027" });
    expect(answered).toEqual([403, 401, 403]);
  });

  test("asks for a long pause: who has somebody waiting is told so, and nothing more is sent", async () => {
    let asked = 0;
    const of = await serve((_request, reply) => {
      asked++;
      reply.writeHead(429, { "retry-after": "600" }).end();
    });
    const client = clientFor();
    const told = { code: "INS3028", message: expect.stringMatching(/asks for fewer requests.*; the next goes out in \d+ s/) };
    await Promise.all(Array.from({ length: 12 }, () => expect(client.head(of, "1")).rejects.toMatchObject(told)));
    await expect(client.head(of, "1")).rejects.toMatchObject(told);
    // Those that were under way together.
    expect(asked).toBeLessThanOrEqual(6);
  });

  test("with a login that is a refresh token: it is exchanged in a form, and again when the token is worth nothing any more", async () => {
    const refresh = "r/e+f=r&esh";
    const { registry, of } = await open({ auth: { how: "token", ...LOGIN, refresh } });
    const digest = registry.put("shop/web", "1", { config: {} });
    const client = clientFor({ login: { identitytoken: refresh } });
    expect((await client.head(of, "1"))?.digest).toBe(digest);
    expect((await client.head(of, "1"))?.digest).toBe(digest);
    const exchanges = () => registry.asked.filter(({ url }) => url.startsWith("/token")).map(({ method, url }) => `${method} ${url}`);
    expect(exchanges()).toEqual(["POST /token"]);
    registry.revoke();
    expect((await client.head(of, "1"))?.digest).toBe(digest);
    expect(exchanges()).toEqual(["POST /token", "POST /token"]);
  });

  test("refuses a refresh token that has ended: INS3027 says where to log in, and not the token", async () => {
    const { of } = await open({ auth: { how: "token", ...LOGIN, refresh: "another" } });
    const error: unknown = await clientFor({ login: { identitytoken: "ended" } })
      .head(of, "1")
      .catch((raised: unknown) => raised);
    expect(error).toMatchObject({ code: "INS3027", hint: expect.stringContaining("docker login") });
    expect(String(error)).not.toContain("ended");
  });

  test("a look that finds the same costs no body: If-None-Match is sent, 304 is understood", async () => {
    const { registry, of } = await open();
    const client = clientFor();
    const before = await client.head(of, "1");
    expect(await client.head(of, "1")).toEqual(before);
    expect(registry.asked.filter(({ method }) => method === "HEAD").map(({ status }) => status())).toEqual([200, 304]);
  });

  test("its certificate is checked; that of another CA, later, too", async () => {
    const [good, other] = [certificate("registry one"), certificate("registry two")];
    const { registry, of } = await open({ tls: good });
    const port = Number(registry.domain.split(":")[1]);
    registry.put("shop/web", "1", { config: {} });
    const folder = mkdtempSync(join(tmpdir(), "instar-certs-"));
    opened.push({ close: () => rmSync(folder, { recursive: true }) });
    // By an address that leads here and is not taken for this machine, whose certificates nobody checks.
    const named = { ...of, domain: `0.0.0.0:${port}` };
    mkdirSync(join(folder, named.domain));
    writeFileSync(join(folder, named.domain, "ca.crt"), good.cert);
    const client = clientFor({ certificates: folder });
    expect(await client.head(named, "1")).not.toBeNull();
    await expect(clientFor().head(named, "1")).rejects.toMatchObject({ code: "INS3030" });
    await registry.close();
    opened.splice(opened.indexOf(registry), 1);
    const changed = await FakeRegistry.open({ tls: other, port });
    opened.push(changed);
    await expect(client.head(named, "1")).rejects.toMatchObject({ code: "INS3030", message: expect.stringMatching(/not trusted/) });
    expect(changed.asked).toEqual([]);
  });

  test("its CA is one of many hosts: a CA that is given for the host comes beside those, not instead", async () => {
    const [common, own] = [certificate("everybody's"), certificate("the host's")];
    const registry = await FakeRegistry.open({ tls: common });
    opened.push(registry);
    registry.put("shop/web", "1", { config: {} });
    const domain = registry.domain.replace("127.0.0.1", "0.0.0.0");
    const folder = mkdtempSync(join(tmpdir(), "instar-certs-"));
    opened.push({ close: () => rmSync(folder, { recursive: true }) });
    mkdirSync(join(folder, domain));
    writeFileSync(join(folder, domain, "ca.crt"), own.cert);
    const roots = getCACertificates("default");
    opened.push({ close: () => setDefaultCACertificates(roots) });
    setDefaultCACertificates([...roots, common.cert]);
    expect(await clientFor({ certificates: folder }).head({ domain, path: "shop/web" }, "1")).not.toBeNull();
  });

  test("speaks plain HTTP: on this machine or by declaration, and nowhere else", async () => {
    const { registry, of } = await open();
    const named = { ...of, domain: of.domain.replace("127.0.0.1", "0.0.0.0") };
    expect(await clientFor().head(of, "1")).not.toBeNull();
    await expect(clientFor().head(named, "1")).rejects.toMatchObject({ code: "INS3026" });
    const declared = clientFor({ settings: { mirrors: [], insecure: [named.domain] } });
    expect(await declared.head(named, "1")).not.toBeNull();
    expect(registry.asked.every(({ url }) => url.startsWith("/v2/"))).toBe(true);
  });

  test("a mirror of the Hub is asked first", async () => {
    const { registry } = await open();
    registry.put("library/nginx", "1", { config: {} });
    const client = clientFor({ settings: { mirrors: [registry.url], insecure: [] } });
    expect(await client.head({ domain: "docker.io", path: "library/nginx" }, "1")).not.toBeNull();
  });
});
