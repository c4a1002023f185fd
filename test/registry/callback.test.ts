import { createServer, request, type Server } from "node:http";
import type { RequestOptions } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callBackTo, callbackHosts } from "../../src/registry/callback.ts";

const REPORT = { state: "success", description: "D7 succeeded" } as const;
const HUB = "https://registry.hub.docker.com/u/acme/web/hook/1/";

describe("where a callback may go", () => {
  const asked: string[] = [];
  const never: Parameters<typeof callBackTo>[1] = (url) => {
    asked.push(url.href);
    throw new Error("nothing may be sent");
  };

  it.each([
    ["plain http", "http://registry.hub.docker.com/u/x"],
    ["another host", "https://169.254.169.254/latest/meta-data/"],
    ["a host that only begins like it", "https://registry.hub.docker.com.evil.example/u/x"],
    ["a user before the host", "https://registry.hub.docker.com@127.0.0.1/u/x"],
    ["a user on the host", "https://me:pw@registry.hub.docker.com/u/x"],
    ["another port", "https://registry.hub.docker.com:2375/containers/json"],
    ["a file", "file:///etc/passwd"],
    ["a socket", "unix:///var/run/docker.sock"],
    ["no address", "registry.hub.docker.com/u/x"],
  ])("not to %s", async (_case, address) => {
    expect(await callBackTo(callbackHosts(undefined), never)(address, REPORT)).toMatch(/\w/);
    expect(asked).toEqual([]);
  });

  it("to Docker Hub, or to the hosts that are named instead", () => {
    expect(callbackHosts(undefined)).toEqual(["registry.hub.docker.com"]);
    expect(callbackHosts("Hooks.example, other.example:8443,")).toEqual(["hooks.example", "other.example:8443"]);
    expect(callbackHosts("")).toEqual([]);
  });
});

describe("what is sent", () => {
  let server: Server;
  let status = 200;
  const got: { url: string; body: string }[] = [];
  beforeEach(async () => {
    got.length = 0;
    server = createServer((from, answer) => {
      let body = "";
      from.on("data", (piece: Buffer) => {
        body += piece.toString();
      });
      from.on("end", () => {
        got.push({ url: `${from.method} ${from.url}`, body });
        answer.writeHead(status, { location: "http://127.0.0.1:1/elsewhere" }).end("x".repeat(1000));
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  /** As https would ask the hub, to a server of the test's own. */
  const here = (url: URL, options: RequestOptions, answered: Parameters<Parameters<typeof callBackTo>[1] & object>[2]) => {
    const { port } = server.address() as { readonly port: number };
    return request(new URL(url.pathname, `http://127.0.0.1:${port}`), options, answered);
  };

  it("how it went, in Docker Hub's words", async () => {
    status = 200;
    expect(await callBackTo(callbackHosts(undefined), here)(HUB, REPORT)).toBeNull();
    expect(got.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      ["POST /u/acme/web/hook/1/", { state: "success", description: "D7 succeeded", context: "Instar" }],
    ]);
  });

  it("a redirect is not followed", async () => {
    status = 302;
    expect(await callBackTo(callbackHosts(undefined), here)(HUB, REPORT)).toBe("registry.hub.docker.com answered 302");
    expect(got).toHaveLength(1);
  });

  it("nobody who answers is a reason, not a throw", async () => {
    const gone = (url: URL, options: RequestOptions, answered: Parameters<typeof here>[2]) =>
      request(new URL(url.pathname, "http://127.0.0.1:1"), options, answered);
    expect(await callBackTo(callbackHosts(undefined), gone)(HUB, REPORT)).toMatch(/cannot be reached/);
  });
});
