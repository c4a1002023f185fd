import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { CallBack } from "../reconcile/senders.ts";

const TIMEOUT_MS = 10_000;
const DOCKER_HUB = "registry.hub.docker.com";

type Ask = (url: URL, options: RequestOptions, answered: (response: IncomingMessage) => void) => ClientRequest;

/** `INSTAR_CALLBACK_HOSTS`: names separated by commas; Docker Hub's without it. */
export const callbackHosts = (text: string | undefined): readonly string[] =>
  text === undefined
    ? [DOCKER_HUB]
    : text
        .split(",")
        .map((host) => host.trim().toLowerCase())
        .filter((host) => host !== "");

/**
 * Posts how a deployment went to the address that came with a delivery: whoever sends deliveries chooses it, so it may only be
 * https on the usual port of a host that is named here, redirects are not followed, and nothing of the answer is shown.
 * The form is Docker Hub's (docs.docker.com/docker-hub, "Validate a webhook callback").
 */
export function callBackTo(hosts: readonly string[], ask: Ask = httpsRequest): CallBack {
  return async (address, report) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "")
      return "the callback is no plain https address";
    if (!hosts.includes(url.host)) return `${url.host.slice(0, 100)} is no host that may be called back`;
    const body = JSON.stringify({ ...report, context: "Instar" });
    return new Promise((resolve) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = ask(url, { method: "POST", headers, timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
        const status = response.statusCode ?? 0;
        // Nothing of it is read.
        response.destroy();
        resolve(status >= 200 && status < 300 ? null : `${url.host} answered ${status}`);
      });
      sent.on("error", (error) => resolve(`${url.host} cannot be reached: ${error.message}`));
      sent.end(body);
    });
  };
}
