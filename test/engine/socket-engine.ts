import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** An HTTP server on a unix socket that says of itself what an engine says; the rest is the test's. */
export interface SocketEngine {
  readonly socketPath: string;
  readonly asked: string[];
  version: { Version: string; ApiVersion: string; MinAPIVersion?: string };
  on(path: string, answer: Answer): void;
  listen(): Promise<void>;
  /** Ends every connection that there is; new ones are taken. */
  cut(): void;
  /** Ends every connection, as a daemon does that dies. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export const socketEngine = async (): Promise<SocketEngine> => {
  const folder = await mkdtemp(join(tmpdir(), "instar-engine-"));
  const socketPath = join(folder, "docker.sock");
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  let server: Server | null = null;

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://engine");
    asked.push(`${request.method} ${url.pathname}`);
    const path = url.pathname.replace(/^\/v[\d.]+/, "");
    const answer = answers.get(path);
    if (path === "/version") json(response, 200, engine.version);
    else if (answer === undefined) json(response, 404, { message: `page not found: ${path}` });
    else answer(request, response, url);
  };

  const engine: SocketEngine = {
    socketPath,
    asked,
    version: { Version: "20.10.24", ApiVersion: "1.41", MinAPIVersion: "1.12" },
    on: (path, answer) => void answers.set(path, answer),
    listen: () =>
      new Promise((resolve) => {
        server = createServer(handle).listen(socketPath, () => resolve());
      }),
    cut: () => void server?.closeAllConnections(),
    die: () =>
      new Promise((resolve) => {
        server?.closeAllConnections();
        server?.close(() => resolve());
      }),
    close: async () => {
      await engine.die();
      await rm(folder, { recursive: true });
    },
  };
  await engine.listen();
  return engine;
};

export const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
};
