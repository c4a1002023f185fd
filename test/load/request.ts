import http from "node:http";
import type { Socket } from "node:net";
import { Packages } from "./packages.ts";
import type { LoadOptions, RequestRecord } from "./report.ts";
import { faultIn, notJson, type Said } from "./wrong-answer.ts";

/** What the n-th request says, and what is wrong with an answer's body (null: nothing). */
export interface Exchange extends Pick<RequestRecord, "method" | "connection" | "slow"> {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly judge: (text: string) => { readonly error: string | null; readonly said?: Said | null };
}

/** Which request the n-th one is: half on new connections, a third POST, one in twenty slow, in every combination. */
export function kindOf(n: number): Pick<RequestRecord, "method" | "connection" | "slow"> {
  const slow = n % 40 === 0 || n % 40 === 21;
  return { method: n % 3 === 0 ? "POST" : "GET", connection: n % 2 === 0 ? "new" : "kept", slow };
}

/** 100 bytes to 8 KiB, different for every request. */
export const bodyOf = (n: number): string => `${n}:${"0123456789abcdef".repeat(6 + ((n * 37) % 500))}`;

/** Connections in turn, so that none is idle long enough to meet the server's keep-alive limit. */
export const keptConnections = (): http.Agent => new http.Agent({ keepAlive: true, scheduling: "fifo", maxFreeSockets: 512 });

/** With the rude application: it says in JSON who it is and what it was asked. */
function rudeExchange(n: number, options: LoadOptions): Exchange {
  const kind = kindOf(n);
  const body = kind.method === "POST" ? bodyOf(n) : null;
  const judge = (text: string): ReturnType<Exchange["judge"]> => {
    const said = parse(text);
    return { error: said === null ? notJson(text) : faultIn(said, { n, method: kind.method, body }, options), said };
  };
  return {
    ...kind,
    path: `/?n=${n}${kind.slow ? `&delay=${options.slowMs}` : ""}`,
    headers: { "content-type": "text/plain" },
    body,
    judge,
  };
}

const packages = new Packages();

/** When each connection was opened. */
const opened = new WeakMap<Socket, number>();

function noteOpening(socket: Socket): void {
  if (socket.connecting) socket.once("connect", () => opened.set(socket, Date.now()));
}

/** Sends the n-th request once and never again; always resolves with what became of it. */
export function send(n: number, dueAt: number, options: LoadOptions, agent: http.Agent): Promise<RequestRecord> {
  const exchange = options.traffic === "packages" ? packages.exchange(n) : rudeExchange(n, options);
  const { method, connection, slow, body } = exchange;
  const kind = { method, connection, slow };

  return new Promise((resolve) => {
    const settle = (status: number | null, error: string | null, said: Said | null = null): void => {
      const openedAt = request.socket === null ? undefined : opened.get(request.socket);
      resolve({
        n,
        sentAt: dueAt,
        endedAt: Date.now(),
        ...kind,
        ...(openedAt === undefined ? {} : { openedAt }),
        status,
        version: said?.version ?? null,
        instance: said?.instance ?? null,
        error,
      });
    };
    const request = http.request(new URL(exchange.path, options.url), {
      method,
      agent: connection === "kept" ? agent : false,
      headers: body === null ? {} : { ...exchange.headers, "content-length": Buffer.byteLength(body) },
    });
    const limit = setTimeout(() => request.destroy(new Error(`no answer within ${options.timeoutMs} ms`)), options.timeoutMs);
    const end = (status: number | null, error: string | null, said?: Said | null): void => {
      clearTimeout(limit);
      settle(status, error, said);
    };
    request.on("socket", noteOpening);
    request.on("error", (error) => end(null, describe(error)));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", (error) => end(response.statusCode ?? null, `answer cut: ${describe(error)}`));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const status = response.statusCode ?? null;
        if (status === null || status < 200 || status > 299) return end(status, `status ${status}: ${text.slice(0, 120).trim()}`);
        const { error, said } = exchange.judge(text);
        end(status, error, said);
      });
    });
    request.end(body ?? undefined);
  });
}

function parse(text: string): Said | null {
  try {
    return JSON.parse(text) as Said;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const describe = (error: Error): string => `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`;
