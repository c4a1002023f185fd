import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { userInfo } from "node:os";
import type { Readable } from "node:stream";
import type { Client as Typed } from "openapi-fetch";
import { CATALOGUE, type ErrorCode, InstarError } from "../errors.ts";
import type { Home } from "../lib/home.ts";
import type { components, paths } from "./generated/api.d.ts";
import { type Sent, transport } from "./transport.ts";

type Schemas = components["schemas"];
export type Deployment = Schemas["Deployment"];
export type Instance = Schemas["Instance"];
export type Plan = Schemas["Plan"];
export type EventRow = Schemas["Event"];
export type UpRequest = Schemas["UpRequest"];
export type Snapshot = Schemas["Snapshot"];
export type Volume = Schemas["Volume"];
export type Drift = Schemas["Drift"];
export type Verification = Schemas["Verification"];
export type Notice = Schemas["Notice"];
export type SecretSet = Schemas["SecretSet"];

/** The operations of the OpenAPI document, with its types; `answer` takes their result apart. */
export type Api = Pick<Typed<paths>, "GET" | "POST" | "DELETE">;

export interface Client {
  readonly api: Api;
  /** An answer's lines as they come. Raises the answer's error, or INS7001. */
  stream(path: string, how?: Partial<Omit<Sent, "path">>): Promise<AsyncIterable<string>>;
  /** Sends a stream while its answer comes. Raises the answer's error, or INS7001. */
  exchange(path: string, body: Readable): Promise<AsyncIterable<Buffer>>;
  /** An answer's bytes. Raises the answer's error; INS7001, also when they do not all come. */
  download(path: string): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: AsyncIterable<Buffer> }>;
  close(): void;
}

interface Parameters {
  readonly params?: { readonly path?: Readonly<Record<string, unknown>>; readonly query?: Readonly<Record<string, unknown>> };
  readonly body?: unknown;
}

/** Sent as POST for their size, and change nothing. */
const QUESTIONS: ReadonlySet<string> = new Set(["/v1/plan", "/v1/audit"]);

/**
 * Over INSTAR_URL with INSTAR_TOKEN when set, else over the home's socket. Nothing is sent yet. `changing` is about each operation that
 * changes something, until it is answered. Raises INS2001.
 */
export async function connect(
  env: Readonly<Record<string, string | undefined>>,
  home: Home,
  changing: <T>(operation: () => Promise<T>) => Promise<T>,
): Promise<Client> {
  const remote = env.INSTAR_URL;
  if (remote && !(/^https?:\/\/[^/]/.test(remote) && URL.canParse(remote)))
    throw new InstarError("INS2001", `INSTAR_URL is not a URL: ${remote}`, { hint: "write http://host:port" });
  const where = remote || home.socket;
  const wire = await transport(remote ? { url: remote } : { socket: home.socket });
  const headers: Record<string, string> = { "instar-who": userName() };
  if (remote && env.INSTAR_TOKEN) headers.authorization = `Bearer ${env.INSTAR_TOKEN}`;

  const send = async (what: Sent): Promise<IncomingMessage> => {
    try {
      return await wire.send({ ...what, headers: { ...headers, ...what.headers } });
    } catch (error) {
      throw unreachable(error, where);
    }
  };
  const operation =
    (method: string) =>
    (template: string, { params, body }: Parameters = {}) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
      const ask = async () => {
        const response = await send({ method, path: address(template, params), headers: type, ...json });
        const value = parse(await whole(response, where));
        const status = response.statusCode ?? 0;
        return { response: { status }, ...(status < 300 ? { data: value } : { error: value }) };
      };
      return method === "GET" || QUESTIONS.has(template) ? ask() : changing(ask);
    };
  return {
    api: { GET: operation("GET"), POST: operation("POST"), DELETE: operation("DELETE") } as unknown as Api,
    async stream(path, how = {}) {
      const response = await send({ method: "GET", headers: {}, ...how, path });
      const status = response.statusCode ?? 0;
      if (status >= 300) throw asError(parse(await whole(response, where)), status);
      return lines(response, where);
    },
    async exchange(path, body) {
      const response = await send({ method: "POST", headers: { "content-type": "application/octet-stream" }, path, body });
      const status = response.statusCode ?? 0;
      if (status >= 300) throw asError(parse(await whole(response, where)), status);
      return arriving<Buffer>(response, where);
    },
    async download(path) {
      const response = await send({ method: "GET", headers: {}, path });
      const status = response.statusCode ?? 0;
      if (status >= 300) throw asError(parse(await whole(response, where)), status);
      return { headers: response.headers, body: arriving<Buffer>(response, where) };
    },
    close: () => wire.close(),
  };
}

/** `/v1/stacks/{stack}` and its parameters → a path with its query. */
function address(template: string, params: Parameters["params"]): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params?.path?.[name])));
  const query = Object.entries(params?.query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
  );
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}

/** The data of an answer; raises its error. */
export async function answer<T>(call: Promise<{ data?: T | undefined; error?: unknown; response: { status: number } }>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw asError(error, response.status);
  return data;
}

/** An answer piece by piece. Raises INS7001 when it ends too early, and the error of what was sent along with it. */
async function* arriving<T extends Buffer | string>(response: IncomingMessage, where: string): AsyncGenerator<T> {
  try {
    for await (const piece of response) yield piece as T;
  } catch (error) {
    throw unreachable(error, where);
  }
}

async function whole(response: IncomingMessage, where: string): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of arriving<Buffer>(response, where)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** Undefined for what is not JSON: something else than Instar answered. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function* lines(response: IncomingMessage, where: string): AsyncIterable<string> {
  let rest = "";
  response.setEncoding("utf8");
  for await (const piece of arriving<string>(response, where)) {
    const complete = (rest + piece).split("\n");
    rest = complete.pop() ?? "";
    yield* complete;
  }
  if (rest !== "") yield rest;
}

/** A failure answer as the error it was; an answer of another form is INS7005. */
export function asError(body: unknown, status: number): InstarError {
  const error = (body as { error?: { code?: unknown; message?: unknown; hint?: unknown; at?: InstarError["at"] } } | undefined)?.error;
  if (typeof error?.code !== "string" || typeof error.message !== "string") {
    return new InstarError("INS7005", `the answer was ${status}, and not in Instar's form`, {
      hint: "look at INSTAR_URL: something else may answer there",
    });
  }
  const hint = typeof error.hint === "string" ? { hint: error.hint } : {};
  if (!(error.code in CATALOGUE)) return new InstarError("INS7005", `${error.code} ${error.message}`, hint);
  return new InstarError(error.code as ErrorCode, error.message, { ...hint, at: error.at ?? null });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no socket",
  ECONNREFUSED: "nobody answers",
  ECONNRESET: "the connection ended",
};

/** An error of the connection; one of the catalogue, about what was sent, stays what it is. */
function unreachable(error: unknown, where: string): InstarError {
  if (error instanceof InstarError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM") return new InstarError("INS7002", `${where} may not be opened by this user`, { cause: error });
  return new InstarError("INS7001", `the daemon cannot be reached at ${where}: ${REASONS[code ?? ""] ?? message}`, { cause: error });
}

/** The caller's name; `uid-1000` for a user that no passwd has, as in a container. */
function userName(): string {
  try {
    return userInfo()
      .username.replace(/[^A-Za-z0-9._@-]/g, "_")
      .slice(0, 64);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SYSTEM_ERROR") throw error;
    return `uid-${process.getuid?.()}`;
  }
}
