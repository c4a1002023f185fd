import { userInfo } from "node:os";
import createClient, { type Client as Typed } from "openapi-fetch";
import { Agent, fetch, Request, type RequestInit, type Response } from "undici";
import { CATALOGUE, type ErrorCode, InstarError } from "../errors.ts";
import type { Home } from "../lib/home.ts";
import type { components, paths } from "./generated/api.d.ts";

type Schemas = components["schemas"];
export type Deployment = Schemas["Deployment"];
export type Instance = Schemas["Instance"];
export type Service = Schemas["Service"];
export type Stack = Schemas["Stack"];
export type Plan = Schemas["Plan"];
export type EventRow = Schemas["Event"];
export type UpRequest = Schemas["UpRequest"];
export type Notice = Schemas["Notice"];

export interface Client {
  readonly api: Typed<paths>;
  /** A raw request, for streams. Raises the answer's error, or INS7001. */
  stream(path: string, init?: RequestInit): Promise<AsyncIterable<string>>;
  close(): Promise<void>;
}

/** Over INSTAR_URL with INSTAR_TOKEN when set, else over the home's socket. Nothing is sent yet. */
export function connect(env: Readonly<Record<string, string | undefined>>, home: Home): Client {
  const remote = env.INSTAR_URL;
  // A deployment's stream lasts as long as it lasts.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, ...(remote ? {} : { connect: { socketPath: home.socket } }) });
  const baseUrl = (remote || "http://localhost").replace(/\/+$/, "");
  const headers: Record<string, string> = { "instar-who": userName() };
  if (remote && env.INSTAR_TOKEN) headers.authorization = `Bearer ${env.INSTAR_TOKEN}`;
  const where = remote || home.socket;

  const send = async (input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> => {
    try {
      return await fetch(input, { ...init, dispatcher: agent });
    } catch (error) {
      throw unreachable(error, where);
    }
  };
  const api = createClient<paths>({
    baseUrl,
    headers,
    Request: Request as unknown as typeof globalThis.Request,
    fetch: send as unknown as (input: globalThis.Request) => Promise<globalThis.Response>,
  });
  return {
    api,
    async stream(path, init = {}) {
      const response = await send(`${baseUrl}${path}`, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
      if (!response.ok) throw asError(await response.json().catch(() => null), response.status);
      return lines(response, where);
    },
    close: () => agent.destroy(),
  };
}

/** The data of an answer; raises its error. */
export async function answer<T>(call: Promise<{ data?: T | undefined; error?: unknown; response: { status: number } }>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw asError(error, response.status);
  return data;
}

async function* lines(response: Response, where: string): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const piece of response.body ?? []) {
      rest += decoder.decode(piece as Uint8Array, { stream: true });
      const whole = rest.split("\n");
      rest = whole.pop() ?? "";
      yield* whole;
    }
  } catch (error) {
    throw unreachable(error, where);
  }
  if (rest !== "") yield rest;
}

/** A failure answer as the error it was; an answer of another form is INS7005. */
export function asError(body: unknown, status: number): InstarError {
  const error = (body as { error?: { code?: unknown; message?: unknown; hint?: unknown; at?: InstarError["at"] } } | null)?.error;
  if (typeof error?.code !== "string" || typeof error.message !== "string") {
    return new InstarError("INS7005", `the answer was ${status} without a reason`);
  }
  const hint = typeof error.hint === "string" ? { hint: error.hint } : {};
  if (!(error.code in CATALOGUE)) return new InstarError("INS7005", `${error.code} ${error.message}`, hint);
  return new InstarError(error.code as ErrorCode, error.message, { ...hint, at: error.at ?? null });
}

function unreachable(error: unknown, where: string): InstarError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EACCES" || code === "EPERM") return new InstarError("INS7002", `${where} may not be opened by this user`, { cause: error });
  const why = { ENOENT: "there is no socket", ECONNREFUSED: "nobody answers", UND_ERR_SOCKET: "the connection ended" }[code ?? ""];
  return new InstarError("INS7001", `the daemon cannot be reached at ${where}: ${why ?? (cause as Error).message}`, { cause: error });
}

function userName(): string {
  return userInfo()
    .username.replace(/[^A-Za-z0-9._@-]/g, "_")
    .slice(0, 64);
}
