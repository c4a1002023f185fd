import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { prober } from "../../src/probe/probe.ts";

const open: (Server | ReturnType<typeof createHttp>)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server | ReturnType<typeof createHttp>): Promise<number> {
  open.push(server);
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const http = (listener: RequestListener) => listen(createHttp(listener));
const probe = (port: number, path = "/healthz", timeoutMs = 5000) => prober.probe({ kind: "http", path, port }, "127.0.0.1", timeoutMs);

test.each([200, 204, 299, 301, 399])("HTTP %i is ready", async (status) => {
  expect(await probe(await http((_request, answer) => answer.writeHead(status).end()))).toBeNull();
});

test.each([
  [404, "answered 404 Not Found"],
  [500, "answered 500 Internal Server Error"],
  [503, "answered 503 Service Unavailable"],
])("HTTP %i is not, and says so", async (status, words) => {
  expect(await probe(await http((_request, answer) => answer.writeHead(status).end()))).toContain(words);
});

test("the path and the address are the ones asked for", async () => {
  const asked: string[] = [];
  const port = await http((request, answer) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    answer.end();
  });
  await probe(port, "/ready?deep=1");
  expect(asked).toEqual([`GET /ready?deep=1 127.0.0.1:${port}`]);
});

test("a redirect is not followed, a body is not waited for", async () => {
  let requests = 0;
  const port = await http((_request, answer) => {
    requests++;
    answer.writeHead(302, { location: "/elsewhere" }).write("the end never comes");
  });
  expect(await probe(port)).toBeNull();
  expect(requests).toBe(1);
});

test("no answer ends with the attempt's time, and its connection", async () => {
  const closed: Promise<void>[] = [];
  const server = createTcp((socket) => void closed.push(new Promise((resolve) => socket.on("close", () => resolve()).resume())));
  const port = await listen(server);
  expect(await probe(port, "/", 60)).toBe(`GET / on port ${port}: no answer within 60 ms`);
  await Promise.all(closed);
  expect(closed).toHaveLength(1);
});

test("what is not HTTP, hangs up, or is not there, in words", async () => {
  const ssh = await listen(createTcp((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")));
  expect(await probe(ssh)).toContain("not HTTP");
  const rude = await listen(createTcp((socket) => socket.destroy()));
  expect(await probe(rude)).toMatch(/reset|hang up/);
  const gone = createTcp();
  const port = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  open.splice(0);
  expect(await probe(port)).toContain("nothing listens there");
  expect(await prober.probe({ kind: "tcp", port }, "127.0.0.1", 5000)).toContain("nothing listens there");
});

test("TCP is ready once the connection is accepted", async () => {
  const port = await listen(createTcp(() => {}));
  expect(await prober.probe({ kind: "tcp", port }, "127.0.0.1", 5000)).toBeNull();
});
