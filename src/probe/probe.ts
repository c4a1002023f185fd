import { connect } from "node:net";
import { request } from "../lib/http.ts";
import type { Prober } from "../reconcile/ports.ts";

type Check = Parameters<Prober["probe"]>[0];

/**
 * One attempt from the daemon to an instance's own address. HTTP: any 2xx or 3xx answer is ready, its
 * body is not read. TCP: an accepted connection is. Each attempt has its own connection.
 */
export const prober: Prober = {
  probe(check: Check, address: string, timeoutMs: number): Promise<string | null> {
    return check.kind === "http" ? probeHttp(address, check.port, check.path, timeoutMs) : probeTcp(address, check.port, timeoutMs);
  },
};

function probeHttp(address: string, port: number, path: string, timeoutMs: number): Promise<string | null> {
  const what = `GET ${path} on port ${port}`;
  return new Promise((resolve) => {
    const attempt = request({
      host: address,
      port,
      path,
      method: "GET",
      agent: false,
      headers: { host: `${address.includes(":") ? `[${address}]` : address}:${port}`, "user-agent": "instar-probe", connection: "close" },
    });
    const settle = (seen: string | null) => {
      clearTimeout(limit);
      resolve(seen);
      attempt.destroy();
    };
    const limit = setTimeout(() => settle(`${what}: no answer within ${timeoutMs} ms`), timeoutMs);
    attempt.on("response", (response) => {
      const status = response.statusCode ?? 0;
      settle(status >= 200 && status < 400 ? null : `${what} answered ${status} ${response.statusMessage ?? ""}`.trimEnd());
    });
    // An application that answers with an upgrade is not answering the request it was asked.
    attempt.on("upgrade", (response) => settle(`${what} answered ${response.statusCode} with an upgrade`));
    attempt.on("error", (error: NodeJS.ErrnoException) => settle(`${what}: ${inWords(error)}`));
    attempt.end();
  });
}

function probeTcp(address: string, port: number, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const attempt = connect({ host: address, port });
    const settle = (seen: string | null) => {
      clearTimeout(limit);
      resolve(seen);
      attempt.destroy();
    };
    const limit = setTimeout(() => settle(`port ${port}: no connection within ${timeoutMs} ms`), timeoutMs);
    attempt.on("connect", () => settle(null));
    attempt.on("error", (error: NodeJS.ErrnoException) => settle(`port ${port}: ${inWords(error)}`));
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused: nothing listens there",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was reset",
  EHOSTUNREACH: "the address cannot be reached",
  ENETUNREACH: "the address cannot be reached",
  ETIMEDOUT: "the connection timed out",
};

function inWords(error: NodeJS.ErrnoException): string {
  if (error.code?.startsWith("HPE_")) return "the answer is not HTTP";
  return WORDS[error.code ?? ""] ?? error.message;
}
