import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN } from "../access.ts";
import { asCatalogued, failure } from "../failure.ts";
import { feed, streamed } from "../feed.ts";
import { closed, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import { bodyOf, letThrough } from "../streamed-body.ts";
import type { App } from "../types.ts";
import { buildArguments, buildOptions } from "./build-arguments.ts";

const BACKLOG = 1024 * 1024;
const CONTEXT_LIMIT = 8 * 1024 * 1024 * 1024;
const Query = closed({
  stack: StackName,
  service: ServiceName,
  dockerfile: Type.String({ minLength: 1, maxLength: 1024, default: "Dockerfile" }),
  target: Type.Optional(Type.String({ maxLength: 256 })),
  push: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
});

const Built = Type.Object({
  image: Type.String(),
  pushed: Type.Optional(Type.Object({ reference: Type.String(), digest: Type.String() })),
});

/**
 * Builds a service's image from a tar stream. Answers one JSON object a line: `{"line":…}` while it
 * builds, then `{"image":…}` or `{"error":{…}}`. With `push` it is put into that registry too: `{"image":…,"pushed":{"reference","digest"}}`. Build arguments and options come in headers as base64 of JSON
 * objects, because an address ends up in logs. `bodyLimit`: bytes of a context; another one in tests.
 */
export function buildRoutes(app: App, control: Control, bodyLimit = CONTEXT_LIMIT): void {
  letThrough(app, "application/x-tar");
  app.post(
    "/v1/build",
    {
      bodyLimit,
      config: ADMIN,
      schema: {
        operationId: "build",
        tags: ["stacks"],
        consumes: ["application/x-tar"],
        querystring: Query,
        headers: Type.Object({
          "instar-build-args": Type.Optional(Type.String({ maxLength: 12_000 })),
          "instar-build-options": Type.Optional(Type.String({ maxLength: 3000 })),
        }),
        produces: ["application/x-ndjson"],
        response: { 200: streamed(Built), default: FailureModel },
      },
    },
    async (request, reply) => {
      const { stack, service, dockerfile, target, push } = request.query;
      const args = buildArguments(request.headers["instar-build-args"]);
      const options = buildOptions(request.headers["instar-build-options"]);
      const more = { ...(options === null ? {} : { options }), ...(push === undefined ? {} : { push }) };
      const context = bodyOf(request);
      const stream = feed(
        // Whoever reads slowly does not make the daemon remember a build of any length.
        {
          heartbeat: null,
          backlog: BACKLOG,
          leftOut: (count) => `${JSON.stringify({ line: `… ${count} lines left out: they came faster than they were read` })}\n`,
        },
        () => context.destroy(),
      );
      const write = (line: unknown) => stream.write(`${JSON.stringify(line)}\n`);
      const build = async () => {
        try {
          write(
            await control.build(stack, service, context, { dockerfile, target: target ?? null, args, ...more }, (line) => write({ line })),
          );
        } catch (error) {
          // What broke the context is the reason, whatever the engine said when it stopped.
          write(failure(asCatalogued(context.errored ?? (error instanceof Error ? error : new Error(String(error))), request)));
        }
        // What the engine did not read is let through, so that the sender gets the answer and not a reset.
        context.resume();
        stream.end();
      };
      void build();
      return reply.header("cache-control", "no-store").type("application/x-ndjson").send(stream.body);
    },
  );
}
