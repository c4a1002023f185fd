import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent } from "./http.ts";

interface Adding {
  addRequest(request: ClientRequest, ...rest: readonly unknown[]): void;
}

/**
 * An answer that breaks off in the middle, as when the engine is killed, is an error of its request. docker-modem waits for the end
 * of an answer and for errors of the request, and for nothing else: without this such a call never ends.
 */
export class TellingAgent extends Agent {
  addRequest(request: ClientRequest, ...rest: readonly unknown[]): void {
    request.once("response", (answer: IncomingMessage) => answer.once("error", (cause) => request.emit("error", cause)));
    (Agent.prototype as unknown as Adding).addRequest.call(this, request, ...rest);
  }
}
