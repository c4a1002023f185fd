import { Readable } from "node:stream";
import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { needs } from "../access.ts";
import { asCatalogued, failure } from "../failure.ts";
import { sse, streamed } from "../feed.ts";
import { closed, count, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import type { App } from "../types.ts";

const Line = Type.Object({ at: Type.Integer(), stream: Type.String(), instance: Type.String(), text: Type.String() });

/**
 * Log lines of a service's instances, one JSON object a line, or server-sent events when asked for.
 * An error after the answer has begun is its last line: `{"error":{…}}`. A slow reader slows the source.
 */
export function logRoutes(app: App, control: Control): void {
  app.get(
    "/v1/stacks/:stack/services/:service/logs",
    {
      config: needs("deploy", "service"),
      schema: {
        operationId: "logs",
        tags: ["services"],
        params: closed({ stack: StackName, service: ServiceName }),
        querystring: closed({ follow: Type.Boolean({ default: false }), tail: Type.Optional(count) }),
        produces: ["application/x-ndjson", "text/event-stream"],
        response: { 200: streamed(Line), default: FailureModel },
      },
    },
    async (request, reply) => {
      const { stack, service } = request.params;
      // Asked before the answer begins, so that an unknown service is a 404.
      await control.find(`${stack}/${service}`);
      const asEvents = (request.headers.accept ?? "").includes("text/event-stream");
      const write = (line: unknown) => (asEvents ? sse(null, null, line) : `${JSON.stringify(line)}\n`);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const lines = control.logs(
        { stack, service },
        { follow: request.query.follow, tail: request.query.tail ?? null, signal: gone.signal },
      );

      async function* answer() {
        // An empty first piece sends the headers while no line is there yet.
        yield asEvents ? ": listening\n\n" : "";
        try {
          for await (const line of lines) yield write(line);
        } catch (error) {
          if (gone.signal.aborted) return;
          yield write(failure(asCatalogued(error instanceof Error ? error : new Error(String(error)), request)));
        }
      }
      return reply
        .header("cache-control", "no-store")
        .type(asEvents ? "text/event-stream" : "application/x-ndjson")
        .send(Readable.from(answer(), { objectMode: false, highWaterMark: 64 * 1024 }));
    },
  );
}
