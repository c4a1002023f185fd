import { Readable } from "node:stream";
import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN } from "../access.ts";
import { asCatalogued, failure } from "../failure.ts";
import { streamed } from "../feed.ts";
import { closed, nullable } from "../model.ts";
import { FailureModel } from "../models.ts";
import { bodyOf } from "../streamed-body.ts";
import type { App } from "../types.ts";

const tags = ["exec"];
const INPUT_LIMIT = 8 * 1024 * 1024 * 1024;
const side = Type.Integer({ minimum: 1, maximum: 10_000 });
const Params = closed({ id: Type.String({ pattern: "^[0-9a-f-]{36}$" }) });
const Opened = Type.Object({ id: Type.String(), instance: Type.String(), stack: Type.String(), service: Type.String() });

/**
 * The emergency door: `POST /v1/execs` says who, why and what, and answers an id; `POST /v1/execs/ID/run` has the command's input as its
 * body and answers its output in frames as the engine's: a byte (1 stdout, 2 stderr, 3 the exit code, 4 an error), three of
 * zero, four of length, the payload. `bodyLimit`: bytes of a command's input; another one in tests.
 */
export function execRoutes(app: App, control: Control, bodyLimit = INPUT_LIMIT): void {
  // That bytes are let through as they come, volumes.ts has declared.
  app.post(
    "/v1/execs",
    {
      config: ADMIN,
      schema: {
        operationId: "exec",
        tags,
        body: closed({
          target: Type.String({ minLength: 1, maxLength: 200 }),
          command: Type.Array(Type.String({ maxLength: 32_768 }), { minItems: 1, maxItems: 1000 }),
          reason: Type.String({ maxLength: 1000 }),
          tty: Type.Boolean(),
          columns: nullable(side),
          rows: nullable(side),
        }),
        response: { 200: Opened, default: FailureModel },
      },
    },
    async (request) => control.execs.open({ ...request.body, who: request.who }),
  );
  app.post(
    "/v1/execs/:id/size",
    {
      config: ADMIN,
      schema: {
        operationId: "execSize",
        tags,
        params: Params,
        body: closed({ columns: side, rows: side }),
        response: { 200: Type.Object({ ok: Type.Boolean() }), default: FailureModel },
      },
    },
    async (request) => {
      await control.execs.resize(request.params.id, request.body.columns, request.body.rows);
      return { ok: true };
    },
  );
  app.post(
    "/v1/execs/:id/run",
    {
      bodyLimit,
      config: ADMIN,
      schema: {
        operationId: "execRun",
        tags,
        consumes: ["application/octet-stream"],
        params: Params,
        produces: ["application/octet-stream"],
        response: { 200: streamed(Type.String()), default: FailureModel },
      },
    },
    async (request, reply) => {
      const input = bodyOf(request);
      request.raw.once("close", () => input.end());
      const pieces = control.execs.run(request.params.id, input);
      async function* frames() {
        // An empty first piece sends the headers while nothing has been said.
        yield Buffer.alloc(0);
        try {
          for await (const piece of pieces)
            yield "exit" in piece ? frame(3, Buffer.from(String(piece.exit))) : frame(piece.stream === "stderr" ? 2 : 1, piece.payload);
        } catch (error) {
          yield frame(
            4,
            Buffer.from(JSON.stringify(failure(asCatalogued(error instanceof Error ? error : new Error(String(error)), request)))),
          );
        }
      }
      return reply
        .header("cache-control", "no-store")
        .type("application/octet-stream")
        .send(Readable.from(frames(), { objectMode: false }));
    },
  );
}

function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}
