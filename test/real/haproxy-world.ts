import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, get, type Server as HttpServer, type IncomingHttpHeaders } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Master } from "../../src/haproxy/master.ts";
import { foreignListeners, NOTHING_OURS } from "../../src/haproxy/ports.ts";
import { createHaproxyRouter } from "../../src/haproxy/router.ts";
import type { Router } from "../../src/reconcile/ports.ts";
import type { Server } from "../../src/route/types.ts";
import type { RouterWorld, Tunnel } from "../conformance/router-world.ts";
import { masterOf } from "../e2e/workers.ts";

/** The engine of the tests; `script/test` gives them one of their own. */
export const SOCKET = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace("unix://", "");
export const ROUTER_IMAGE = "instar/router:3.0";
/** Of a block: ten host ports of the router, ten for applications, the rest for processes of their own. */
const BLOCK = 100;
const APPLICATIONS = 10;
const PROCESSES = 20;
const run = promisify(execFile);
const docker = async (...words: string[]): Promise<string> => (await run("docker", words)).stdout.trim();

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** One request on a connection of its own; null when it is refused or cut. */
export const request = (port: number, host = "127.0.0.1", path = "/"): Promise<Answer | null> =>
  new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path, agent: false, headers: { host } }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      response.on("error", () => resolve(null));
    }).on("error", () => resolve(null));
  });

export interface HaproxyWorld extends RouterWorld {
  readonly home: string;
  /** A second process' view of the same home. */
  anew(): Router;
  master(): Promise<Master>;
  /** HAProxy's master in the newest router container, on this host. */
  processId(): Promise<number>;
  /** That container's process 1. */
  supervisorId(): Promise<number>;
  containers(): Promise<readonly string[]>;
  removeContainer(id: string): Promise<void>;
  /** The rude application as a process of its own, ready; it dies at SIGTERM in the middle of an answer. */
  rude(n: number): Promise<Server>;
  terminate(server: string): void;
  kill(server: string): void;
}

/** The first of a hundred ports of which none of the router's is taken: several suites may run on one machine. */
const freeBlock = async (): Promise<number> => {
  for (;;) {
    const base = 21_000 + BLOCK * Math.floor(Math.random() * 90);
    if (
      (
        await foreignListeners(
          Array.from({ length: BLOCK }, (_, n) => base + n),
          NOTHING_OURS,
        )
      ).length === 0
    )
      return base;
  }
};

/** HAProxy in a container of this machine's engine, applications on loopback. */
export const haproxyWorld = async (): Promise<HaproxyWorld> => {
  const base = await freeBlock();
  const home = await mkdtemp("/tmp/irt-");
  const installation = `irt${base}x${process.pid}`;
  const said: string[] = [];
  const log = { info: () => undefined, warn: (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`) };
  const anew = (): Router => createHaproxyRouter({ home, socketPath: SOCKET, image: ROUTER_IMAGE, installation, log, httpPort: base + 9 });
  const router = anew();
  const closing: (() => void)[] = [];
  const processes = new Map<string, ChildProcess>();

  const containers = async (): Promise<readonly string[]> =>
    (await docker("ps", "-q", "--filter", `label=dev.instar.installation=${installation}`)).split("\n").filter(Boolean);
  const supervisorId = async (): Promise<number> =>
    Number(await docker("inspect", "-f", "{{.State.Pid}}", (await containers())[0] ?? "none"));
  const processId = async (): Promise<number> => masterOf(await supervisorId());
  const master = async (): Promise<Master> => {
    const newest = await docker("inspect", "-f", '{{index .Config.Labels "dev.instar.router"}}', (await containers())[0] ?? "none");
    return new Master(join(home, "router", `g${newest}`, "master.sock"));
  };

  const application = (n: number): Promise<Server> => {
    const server: Server = {
      name: `shop-web-r1-${n + 1}-a1`,
      address: `127.0.0.${n + 11}`,
      port: base + APPLICATIONS,
      weight: 100,
      state: "ready",
    };
    // `?hold` is answered when somebody asks for `?release`.
    const held: (() => void)[] = [];
    const http: HttpServer = createServer((incoming, response) => {
      const headers = Object.entries(incoming.headers).filter(([name]) => name.startsWith("x-"));
      const seen = JSON.stringify({ name: server.name, headers: Object.fromEntries(headers), path: incoming.url });
      const answer = (): void => void response.end(seen);
      const { searchParams } = new URL(incoming.url ?? "/", "http://x");
      if (searchParams.has("hold")) held.push(answer);
      else answer();
      if (searchParams.has("release")) for (const release of held.splice(0)) release();
    });
    http.keepAliveTimeout = 60_000;
    closing.push(() => {
      http.close();
      http.closeAllConnections();
    });
    return new Promise((resolve) => http.listen(server.port, server.address, () => resolve(server)));
  };

  const rude = async (n: number): Promise<Server> => {
    const server: Server = {
      name: `shop-web-r2-${n + 1}-a1`,
      address: "127.0.0.1",
      port: base + PROCESSES + n,
      weight: 100,
      state: "ready",
    };
    const script = fileURLToPath(new URL("../apps/rude.js", import.meta.url));
    const env = { PORT: String(server.port), INSTANCE: server.name, VERSION: "v1", APP: "rude" };
    processes.set(server.name, spawn(process.execPath, [script], { env, stdio: "ignore" }));
    while ((await request(server.port, "127.0.0.1", "/healthz"))?.status !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
    return server;
  };

  return {
    home,
    router,
    anew,
    master,
    processId,
    supervisorId,
    containers,
    removeContainer: async (id) => void (await docker("rm", "-f", id)),
    application,
    rude,
    terminate: (server) => void processes.get(server)?.kill("SIGTERM"),
    kill: (server) => void processes.get(server)?.kill("SIGKILL"),
    port: (n) => base + n,
    async ask(port) {
      const answer = await request(port);
      return answer?.status === 200 ? (JSON.parse(answer.body) as { name: string }).name : null;
    },
    connect: (port) => tunnel(port),
    occupy: (port) => {
      const other = createTcpServer().unref();
      return new Promise((resolve) =>
        other.listen(port, "127.0.0.1", () => resolve(() => new Promise((closed) => other.close(() => closed())))),
      );
    },
    async meddle(server) {
      const { ask, pid } = await (async () => {
        const there = await master();
        const worker = (await there.workers()).find(({ old }) => !old);
        return { ask: there.ask.bind(there), pid: worker?.pid };
      })();
      await ask(`@!${pid} set server be:shop:web:8080/${server} state maint`);
    },
    async crash() {
      process.kill(await processId(), "SIGKILL");
    },
    async close() {
      for (const close of closing) close();
      for (const child of processes.values()) child.kill("SIGKILL");
      await router.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
};

/** A raw connection that has seen one answer, and then stays. */
const tunnel = (port: number): Promise<Tunnel> =>
  new Promise((resolve, reject) => {
    let open = true;
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    socket.on("close", () => {
      open = false;
    });
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      const server = /"name":"([^"]+)"/.exec(chunk.toString())?.[1];
      if (server !== undefined) resolve({ server, open: () => open, end: () => socket.destroy() });
    });
  });
