import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHooks } from "../../src/hooks/hooks.ts";
import { isHookUrl, placeOf } from "../../src/spec/hooks.ts";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const message = { event: "deployment.started", delivery: "i/7", body: { n: 1 } };

describe("a hook's request", () => {
  it("is signed over its body, and a name and password of the URL become basic authorization", async () => {
    let seen: { headers: IncomingHttpHeaders; body: string } | null = null;
    const place = await listen(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      seen = { headers: request.headers, body };
      response.end('{"approve": true}');
    });
    expect(await createHooks("key").post(`http://ann:p%40ss@${place}/x`, message)).toEqual({ status: 200, body: '{"approve": true}' });
    expect(seen).toMatchObject({
      body: '{"n":1}',
      headers: {
        "x-instar-event": "deployment.started",
        "x-instar-delivery": "i/7",
        "x-instar-signature": `sha256=${createHmac("sha256", "key").update('{"n":1}').digest("hex")}`,
        authorization: `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
      },
    });
  });

  it("follows no redirect, reads no endless answer, and does not wait for ever", async () => {
    const away = await listen((_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end());
    expect((await createHooks("key").post(`http://${away}/`, message)).status).toBe(302);
    const endless = await listen((_, response) => {
      const more = (): void => {
        while (response.write("x".repeat(16_384)));
        response.once("drain", more);
      };
      more();
    });
    expect((await createHooks("key").post(`http://${endless}/`, message)).body).toHaveLength(65_536);
    const silent = await listen(() => undefined);
    await expect(createHooks("key", 100).post(`http://${silent}/s3cret`, message)).rejects.toThrow(
      new Error(`http://${silent} did not answer within 0.1 s`),
    );
  });

  it("fails in words without the secret part of the URL", async () => {
    const place = await listen(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(createHooks("key").post(`http://ann:pw@${place}/s3cret`, message)).rejects.toThrow(
      new Error(`http://${place} could not be asked: ECONNREFUSED`),
    );
  });
});

describe("a hook's URL", () => {
  it.each(["https://a.example/x?y=1", "http://10.0.0.1:8080/"])("may be %s", (url) => expect(isHookUrl(url)).toBe(true));
  it.each(["ftp://a/", "file:///etc/passwd", "a.example", "https://", "https://a b/", "unix:///x", `https://a/${"x".repeat(2000)}`])(
    "may not be %s",
    (url) => expect(isHookUrl(url)).toBe(false),
  );
  it("is shown by its origin", () => expect(placeOf("https://ann:pw@a.example:8/s3cret?t=1")).toBe("https://a.example:8/…"));
});
