import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRegistries } from "../../src/registry/client.ts";
import { challengeOf } from "../../src/registry/tokens.ts";
import { certificate } from "./certificate.ts";

const LOGIN = { username: "instar", password: "open sesame" };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** A server, and what each of its requests was: its path, and the login or token with it. */
async function serve(answer: RequestListener, tls: { readonly key: string; readonly cert: string } | null = null) {
  const asked: { readonly url: string; readonly authorization: string | undefined }[] = [];
  const listener: RequestListener = (request, reply) => {
    asked.push({ url: request.url ?? "", authorization: request.headers.authorization });
    answer(request, reply);
  };
  const server = tls === null ? createServer(listener) : createTls(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  closing.push(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return { asked, port, domain: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}` };
}

const clientWith = (certificates = "/nowhere") => {
  const settings = { mirrors: [], insecure: [] };
  const client = openRegistries({ login: async () => LOGIN, settings: async () => settings, certificates });
  closing.push(() => client.close());
  return client;
};

describe("a registry that leads to another host keeps its login to itself", () => {
  let there: Awaited<ReturnType<typeof serve>>;
  let answer: RequestListener;
  beforeEach(async () => {
    there = await serve((request, reply) => answer(request, reply));
  });
  /** Wants a login, then leads to the other one. */
  const leading = () =>
    serve((request, reply) => {
      if (request.headers.authorization === undefined) reply.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      else reply.writeHead(307, { location: `${there.url}${request.url}` }).end();
    });

  test("with a challenge there", async () => {
    answer = (_request, reply) => reply.writeHead(401, { "www-authenticate": `Bearer realm="${there.url}/token"` }).end();
    const registry = await serve((request, reply) => reply.writeHead(307, { location: `${there.url}${request.url}` }).end());
    await expect(clientWith().head({ domain: registry.domain, path: "shop/web" }, "1")).rejects.toMatchObject({ code: "INS3027" });
    expect(there.asked).toEqual([{ url: "/v2/shop/web/manifests/1", authorization: undefined }]);
  });

  test("with a further page there", async () => {
    const link = { link: '</v2/shop/web/tags/list?last=1>; rel="next"' };
    answer = (_request, reply) => reply.writeHead(200, link).end('{"tags":["1"]}');
    const registry = await leading();
    await expect(clientWith().tags({ domain: registry.domain, path: "shop/web" })).rejects.toMatchObject({
      code: "INS3029",
      message: expect.stringContaining(`leads to ${there.url}`),
    });
    expect(there.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
});

describe("a registry whose certificate is checked leads to none whose is not, nor to this machine", () => {
  test.each([
    ["by a redirect", (to: string) => ({ status: 307, headers: { location: `${to}/x` } })],
    ["for a token", (to: string) => ({ status: 401, headers: { "www-authenticate": `Bearer realm="${to}/token"` } })],
  ])("%s", async (_how, lead) => {
    const there = await serve((_request, reply) => reply.writeHead(200).end('{"token":"t"}'));
    const tls = certificate("registry");
    const { status, headers } = lead(there.url);
    const registry = await serve((_request, reply) => reply.writeHead(status, headers).end(), tls);
    const folder = mkdtempSync(join(tmpdir(), "instar-certs-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    // By an address that leads here and is not taken for this machine.
    const domain = `0.0.0.0:${registry.port}`;
    mkdirSync(join(folder, domain));
    writeFileSync(join(folder, domain, "ca.crt"), tls.cert);
    await expect(clientWith(folder).head({ domain, path: "shop/web" }, "1")).rejects.toMatchObject({ code: "INS3029" });
    expect(there.asked).toEqual([]);
  });
});

test("a challenge may have empty elements (RFC 9110, Lists)", () => {
  expect(challengeOf('Bearer realm="https://a" , ,service=b')?.parameters).toEqual({ realm: "https://a", service: "b" });
});
