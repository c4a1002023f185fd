import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InstarError } from "../errors.ts";
import { Agent, request } from "../lib/http.ts";

export interface Sent {
  readonly method: string;
  /** Absolute, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

export interface Transport {
  /**
   * Resolves when the answer's headers are there; without any time limit, for a stream lasts as long as it lasts. An error of the body
   * is one of the catalogue, here or in the answer: its own, or INS1001. Any other is the connection's.
   */
  send(what: Sent): Promise<IncomingMessage>;
  close(): void;
}

/**
 * Requests over a socket or to a URL, connections kept. Not fetch: loading one that
 * knows sockets takes 90 ms, nearly half of what `instar ps` would take with it.
 */
export async function transport(to: { readonly socket: string } | { readonly url: string }): Promise<Transport> {
  const url = "url" in to ? new URL(to.url) : null;
  const secure = url?.protocol === "https:" ? await import("node:https") : null;
  const agent = secure === null ? new Agent({ keepAlive: true }) : new secure.Agent({ keepAlive: true });
  const ask = secure === null ? request : secure.request;
  const prefix = url?.pathname.replace(/\/+$/, "") ?? "";
  const where =
    url === null ? { socketPath: (to as { socket: string }).socket } : { hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port };
  return {
    send({ method, path, headers, body, signal }) {
      return new Promise((resolve, reject) => {
        const length = typeof body === "string" ? { "content-length": String(Buffer.byteLength(body)) } : {};
        let answered: IncomingMessage | null = null;
        let lost = false;
        const sent = ask(
          { ...where, agent, method, path: prefix + path, headers: { ...headers, ...length }, ...(signal === undefined ? {} : { signal }) },
          (response) => {
            answered = response;
            resolve(response);
          },
        );
        sent.on("close", () => {
          lost = true;
        });
        sent.on("error", (error) => {
          lost = true;
          reject(error);
        });
        if (body === undefined || typeof body === "string") {
          sent.end(body);
          return;
        }
        // Before the pipeline's own: it ends each with the error of the other, and which of them was first is no longer seen.
        body.once("error", (cause) => {
          if (lost) return;
          const own = cause instanceof InstarError ? cause : unreadable(cause);
          reject(own);
          answered?.destroy(own);
        });
        pipeline(body, sent).catch(reject);
      });
    },
    close: () => agent.destroy(),
  };
}

const unreadable = (cause: Error): InstarError =>
  new InstarError("INS1001", `what is sent cannot be read: ${cause.message}`, {
    hint: "it was not sent whole; mend that and try again",
    cause,
  });
