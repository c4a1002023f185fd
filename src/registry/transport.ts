import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { createSecureContext, getCACertificates } from "node:tls";
import { InstarError } from "../errors.ts";
import { Agent as PlainAgent, request as plainRequest } from "../lib/http.ts";

export interface Asked {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly form?: string;
  /** More bytes than this are refused while they arrive. */
  readonly limitBytes: number;
  readonly trust: Trust;
  readonly timeouts: Timeouts;
}

export interface Trust {
  /** Certificates are not checked. */
  readonly insecure: boolean;
  /** PEM, beside the roots that everybody trusts. */
  readonly ca: string | null;
}

export interface Timeouts {
  /** Until the headers are there, connecting included; ms. */
  readonly headMs: number;
  /** For the whole answer; ms. */
  readonly wholeMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Connections are kept per host and per kind of trust, so that one that was not checked is never used for one that is. */
export class Transport {
  readonly #plain = new PlainAgent({ keepAlive: true, maxSockets: 8, maxFreeSockets: 4, timeout: 60_000 });
  readonly #tls = new Map<string, TlsAgent>();

  /** One request and its whole answer. Raises INS3026, INS3029 (too long), INS3030. */
  async ask(asked: Asked): Promise<Answer> {
    const { url, timeouts } = asked;
    const begun = performance.now();
    const message = await this.#head(asked);
    const left = Math.max(1, timeouts.wholeMs - (performance.now() - begun));
    const timer = setTimeout(() => message.destroy(new Error(`not whole after ${timeouts.wholeMs} ms`)), left);
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > asked.limitBytes) {
          message.destroy();
          throw new InstarError("INS3029", `${url.host} sends more than ${asked.limitBytes} bytes for ${url.pathname}`);
        }
        chunks.push(chunk);
      }
    } catch (cause) {
      throw cause instanceof InstarError ? cause : unreachable(url, cause);
    } finally {
      clearTimeout(timer);
    }
    if (!message.complete) throw unreachable(url, new Error("the answer was cut short"));
    return { status: message.statusCode ?? 0, headers: message.headers, body: Buffer.concat(chunks) };
  }

  close(): void {
    this.#plain.destroy();
    for (const agent of this.#tls.values()) agent.destroy();
  }

  #head({ method, url, headers, form, trust, timeouts }: Asked): Promise<IncomingMessage> {
    return new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method, headers: { ...headers, ...(form === undefined ? {} : FORM) } };
      const sent =
        url.protocol === "http:"
          ? plainRequest(url, { ...options, agent: this.#plain })
          : tlsRequest(url, { ...options, agent: this.#agentFor(trust) });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeouts.headMs} ms`)), timeouts.headMs);
      sent.once("response", (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      // Also after the answer: a connection that breaks then is told by the message itself.
      sent.on("error", (error) => {
        clearTimeout(timer);
        reject(unreachable(url, error));
      });
      sent.end(form);
    });
  }

  #agentFor(trust: Trust): TlsAgent {
    const key = `${trust.insecure} ${trust.ca ?? ""}`;
    const agent =
      this.#tls.get(key) ??
      new TlsAgent({
        ...{ keepAlive: true, maxSockets: 8, maxFreeSockets: 4, timeout: 60_000, rejectUnauthorized: !trust.insecure },
        // Made once: these are read anew for every connection else.
        ...(trust.ca === null ? {} : { secureContext: createSecureContext({ ca: [...roots(), trust.ca] }) }),
        // A session that is resumed shows no certificate: one that changed would go unseen.
        maxCachedSessions: 0,
      });
    this.#tls.set(key, agent);
    return agent;
  }
}

/** What Node trusts, and what the engine does, which adds a host's own to the system's (moby, `loadTLSConfig`). */
const roots = (): string[] => [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];

const FORM = { "content-type": "application/x-www-form-urlencoded" };

const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

/** The host does not speak TLS: what it answered was no handshake. */
export const speaksPlain = (error: unknown): boolean =>
  error instanceof InstarError &&
  codeOf(error.cause) === "EPROTO" &&
  /wrong version number|packet length too long|unknown protocol|http request/i.test(String(error.cause));

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "");

function unreachable(url: URL, cause: unknown): InstarError {
  const words = (cause instanceof AggregateError ? cause.errors.map(String).join(", ") : "") || (cause as Error).message || codeOf(cause);
  return CERTIFICATE.test(codeOf(cause))
    ? new InstarError("INS3030", `the certificate of ${url.host} is not trusted: ${words}`, { cause })
    : new InstarError("INS3026", `the registry ${url.host} cannot be reached: ${words}`, { cause });
}
