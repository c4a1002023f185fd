import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { inspect } from "node:util";
import Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import { apiAtLeast } from "../../lib/api-version.ts";
import { request } from "../../lib/http.ts";
import { TellingAgent } from "../../lib/telling-agent.ts";
import { deadlineOf } from "./deadlines.ts";
import { failureOf } from "./failure.ts";

/** The oldest API Instar works with, and the newest whose answers it knows. */
export const OLDEST_API = "1.41";
export const NEWEST_API = "1.51";

export interface Ask {
  readonly query?: Readonly<Record<string, unknown>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as a tar. */
  readonly tar?: NodeJS.ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

type Method = "GET" | "HEAD" | "POST" | "DELETE";

interface Dial {
  readonly path: string;
  readonly method: Method;
  readonly isStream: boolean;
  readonly statusCodes: Readonly<Record<number, true>>;
  readonly options?: object;
  readonly headers?: object;
  readonly file?: NodeJS.ReadableStream;
  readonly abortSignal?: AbortSignal;
}

/** The part of docker-modem used here; dockerode's types leave it open. */
interface Modem {
  version: string | undefined;
  dial(options: Dial, done: (error: Error | null, answer: unknown) => void): void;
}

/** One connection pool to one engine, speaking the newest API version both sides know. */
export interface DockerClient {
  /** Raises what `failureOf` makes of the engine's answer, and INS3036 without one in time. An answer that is no JSON is `null`. */
  ask<T>(method: Method, path: string, ask?: Ask): Promise<T>;
  /** The answer as it arrives, once its headers are there. */
  stream(method: Method, path: string, ask?: Ask): Promise<IncomingMessage>;
  /** A container's streams on a connection of their own; ending the writing side ends its standard input. */
  attach(container: string): Promise<Socket>;
  /** A stream both ways on a connection of its own, begun with this JSON. */
  hijack(path: string, body: object): Promise<Socket>;
  /** Asks the engine for its versions again: it may have been upgraded. Raises INS3001, INS3007. */
  negotiate(): Promise<{ readonly version: string; readonly apiVersion: string }>;
  /** `1.41` and up; negotiates on first use. */
  apiVersion(): Promise<string>;
}

export type DockerAddress = { readonly socketPath: string } | { readonly dockerHost: string };

/** The engine's socket. Raises INS3007 for anything that is not on this machine. */
export const socketOf = (address: DockerAddress): string => {
  if ("socketPath" in address) return address.socketPath;
  if (address.dockerHost === "") return "/var/run/docker.sock";
  if (address.dockerHost.startsWith("unix://")) return address.dockerHost.slice("unix://".length) || "/var/run/docker.sock";
  throw new InstarError("INS3007", `DOCKER_HOST is ${address.dockerHost}: only a local engine (unix://…) can be used`);
};

/**
 * docker-modem prints the options of every request, to any depth, whether or not someone reads them: an agent
 * with sixteen sockets made a request of 1 ms one of 20 ms. So this one has nothing to print.
 */
class Sockets extends TellingAgent {
  [inspect.custom](): string {
    return "Sockets";
  }
}

/** Connections that are kept, and that a restart of the engine ends all at once. */
const STALE_AT_ONCE = 16;

const SUCCESS = { 200: true, 201: true, 204: true, 304: true } as const;

export const connectDocker = (address: DockerAddress, deadline = deadlineOf): DockerClient => {
  const socketPath = socketOf(address);
  // An empty host keeps docker-modem from preferring DOCKER_HOST of the environment over the socket given.
  const agent = new Sockets({ keepAlive: true, maxFreeSockets: STALE_AT_ONCE });
  const options: Docker.DockerOptions & { readonly agent: Sockets } = { socketPath, host: "", protocol: "http", agent };
  const modem = new Docker(options).modem as unknown as Modem;
  // Asks for the versions without a version, while other calls go on with theirs.
  const greeter = new Docker(options).modem as unknown as Modem;
  let negotiated: Promise<{ version: string; apiVersion: string }> | null = null;

  const dialOnce = (by: Modem, method: Method, path: string, isStream: boolean, ask: Ask): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options: Dial = {
        path: `${path}?`,
        method,
        isStream,
        statusCodes: SUCCESS,
        options: { _query: ask.query ?? {}, _body: ask.body ?? {} },
        ...(ask.headers === undefined ? {} : { headers: ask.headers }),
        ...(ask.tar === undefined ? {} : { file: ask.tar }),
        ...(ask.signal === undefined ? {} : { abortSignal: ask.signal }),
      };
      by.dial(options, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });

  // A connection of before the engine's restart: what could not be written was not heard, whatever it asks for. A tar is used up.
  const dial = async (...asked: Parameters<typeof dialOnce>): Promise<unknown> => {
    const [, method, path, , ask] = asked;
    for (let left = STALE_AT_ONCE; ; left--)
      try {
        return await dialOnce(...asked);
      } catch (error) {
        if (left > 0 && ask.tar === undefined && (error as NodeJS.ErrnoException).code === "EPIPE") continue;
        throw failureOf(error, `${method} ${path}`);
      }
  };

  const timely = async (by: Modem, method: Method, path: string, ask: Ask): Promise<unknown> => {
    const limitMs = ask.tar === undefined ? deadline(method, path, ask.query) : null;
    if (limitMs === null) return dial(by, method, path, false, ask);
    const late = AbortSignal.timeout(limitMs);
    const signal = ask.signal === undefined ? late : AbortSignal.any([ask.signal, late]);
    return dial(by, method, path, false, { ...ask, signal }).catch((error: unknown) => {
      if (!late.aborted || ask.signal?.aborted === true) throw error;
      throw new InstarError("INS3036", `${method} ${path}: the engine gave no answer within ${limitMs / 1000} s`, { cause: error });
    });
  };

  const negotiate = async (): Promise<{ version: string; apiVersion: string }> => {
    const server = (await timely(greeter, "GET", "/version", {})) as { Version: string; ApiVersion: string; MinAPIVersion?: string };
    if (!apiAtLeast(server.ApiVersion, OLDEST_API)) {
      throw new InstarError("INS3007", `the engine (${server.Version}) speaks API ${server.ApiVersion}; ${OLDEST_API} is needed`);
    }
    if (server.MinAPIVersion !== undefined && !apiAtLeast(NEWEST_API, server.MinAPIVersion)) {
      throw new InstarError("INS3007", `the engine (${server.Version}) wants API ${server.MinAPIVersion}; this Instar knows ${NEWEST_API}`);
    }
    const apiVersion = apiAtLeast(server.ApiVersion, NEWEST_API) ? NEWEST_API : server.ApiVersion;
    modem.version = `v${apiVersion}`;
    return { version: server.Version, apiVersion };
  };

  const agreed = (): Promise<{ version: string; apiVersion: string }> => {
    const attempt = negotiated ?? negotiate();
    negotiated = attempt;
    // A failed attempt is not kept: the next call tries again, and this one gets the error.
    attempt.catch(() => {
      if (negotiated === attempt) negotiated = null;
    });
    return attempt;
  };

  /** docker-modem would send the end of a chunked body into the container's standard input. */
  const upgrade = (path: string, body?: object): Promise<Socket> =>
    new Promise<Socket>((resolve, reject) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      const sent = body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(text)) };
      const asked = request({ socketPath, method: "POST", path, headers: { Connection: "Upgrade", Upgrade: "tcp", ...sent } });
      asked.once("upgrade", (_answer, socket: Socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      asked.once("response", (answer) => {
        answer.resume();
        reject(new InstarError("INS3005", `the engine refused to attach: status ${answer.statusCode}`));
      });
      asked.once("error", reject);
      asked.end(text);
    }).catch((error: unknown) => {
      throw failureOf(error, `POST ${path}`);
    });

  return {
    attach: async (container) =>
      upgrade(`/v${(await agreed()).apiVersion}/containers/${container}/attach?stream=1&stdin=1&stdout=1&stderr=1`),
    hijack: async (path, body) => upgrade(`/v${(await agreed()).apiVersion}${path}`, body),
    ask: async <T>(method: Method, path: string, ask: Ask = {}): Promise<T> => {
      await agreed();
      const answer = await timely(modem, method, path, ask);
      return (Buffer.isBuffer(answer) ? null : answer) as T;
    },
    stream: async (method, path, ask = {}) => {
      await agreed();
      return (await dial(modem, method, path, true, ask)) as IncomingMessage;
    },
    negotiate: () => {
      negotiated = null;
      return agreed();
    },
    apiVersion: async () => (await agreed()).apiVersion,
  };
};
