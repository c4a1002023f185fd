import { once } from "node:events";
import { Agent, createServer, type IncomingHttpHeaders, request as send } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server as NetServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/route/types.ts";
import { table, WEB } from "../conformance/router-world.ts";
import { type HaproxyWorld, haproxyWorld } from "./haproxy-world.ts";

let world: HaproxyWorld;
const closing: (() => void)[] = [];
beforeAll(async () => {
  world = await haproxyWorld();
  await world.router.ensure();
});
afterAll(async () => {
  for (const close of closing) close();
  await world.close();
});

const serverOf = async (listening: NetServer, name: string): Promise<Server> => {
  await once(listening.listen(0, "127.0.0.1"), "listening");
  return { name, address: "127.0.0.1", port: (listening.address() as AddressInfo).port, weight: 100, state: "ready" };
};

/** The client keeps one connection for all of them, as browsers and pools do. */
function client(): (
  method: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  return (method, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = send({ host: "127.0.0.1", port: world.port(0), method, agent, headers }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      sent.on("error", reject);
      sent.end(method === "POST" ? "order" : undefined);
    });
}

test("what must not be sent twice meets no connection that may be dead; what may be shares one", async () => {
  const seen: { readonly method: string; readonly connection: number; readonly asked: IncomingHttpHeaders["connection"] }[] = [];
  const connections = new Map<object, number>();
  const application = createServer((request, response) => {
    const { socket, method = "" } = request;
    const used = connections.has(socket);
    const connection = connections.get(socket) ?? connections.size + 1;
    connections.set(socket, connection);
    // As an application does that was about to close what is idle, or has just died: nobody knows whether it took the order.
    if (used && method === "POST") return void socket.destroy();
    seen.push({ method, connection, asked: request.headers.connection });
    request.resume();
    response.end();
  });
  application.keepAliveTimeout = 60_000;
  closing.push(
    () => application.closeAllConnections(),
    () => application.close(),
  );
  await world.router.apply(table(world, [await serverOf(application, "shop-web-r1-1-a1")]));
  const ask = client();
  for (const method of ["GET", "GET", "POST", "GET", "POST", "PUT"]) expect((await ask(method)).status).toBe(200);
  expect(await ask("POST", { connection: "upgrade", upgrade: "tcp" })).toMatchObject({ status: 200 });
  const [first] = seen;
  const others = seen.filter(({ method }) => method !== "POST").map(({ connection }) => connection);
  expect(new Set(others)).toEqual(new Set([first?.connection]));
  const posts = seen.filter(({ method }) => method === "POST");
  expect(new Set(posts.map(({ connection }) => connection)).size).toBe(3);
  expect(posts.map(({ asked }) => asked)).toEqual(["close", "close", "upgrade"]);
});

test("HTTP/2 to an application keeps one connection for all, orders too", async () => {
  const sessions = new Set<object>();
  const application = createHttp2Server((request, response) => {
    sessions.add(request.stream.session ?? {});
    request.resume();
    response.end(request.method);
  });
  closing.push(() => application.close());
  const plain = table(world, [await serverOf(application, "shop-web-r2-1-a1")]);
  const h2 = { ...plain, backends: plain.backends.map((of) => (of.name === WEB ? { ...of, protocol: "h2" as const } : of)) };
  await world.router.apply(h2);
  const ask = client();
  for (const method of ["GET", "POST", "POST", "GET"]) expect(await ask(method)).toEqual({ status: 200, body: method });
  expect(sessions.size).toBe(1);
});
