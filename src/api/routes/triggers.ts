import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import type { TriggerCall } from "../../reconcile/trigger-control.ts";
import { ADMIN, HOOK, needs } from "../access.ts";
import { closed, nullable, oneOf, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import { TriggerAnswerModel, TriggerMadeModel, TriggerModel } from "../trigger-models.ts";
import type { App } from "../types.ts";

/** Far above what any sender documents: GitHub's largest are some 30 KiB. */
const BODY_LIMIT = 256 * 1024;
const TriggerId = Type.String({ pattern: "^[a-z0-9]{1,40}$" });
const Word = Type.String({ maxLength: 200 });

/** Triggers, and the door they are called at: `POST /hooks/ID/SECRET` needs no token, the secret is in its address. */
export function triggerRoutes(app: App, control: Control, listening: () => string | null): void {
  const { triggers } = control;
  app.get(
    "/v1/triggers",
    {
      config: needs("read", "rows"),
      schema: {
        operationId: "triggers",
        tags: ["triggers"],
        response: { 200: Type.Object({ triggers: Type.Array(TriggerModel) }), default: FailureModel },
      },
    },
    async () => ({ triggers: [...(await triggers.list())] }),
  );
  app.post(
    "/v1/stacks/:stack/services/:service/triggers",
    {
      config: ADMIN,
      schema: {
        operationId: "createTrigger",
        summary: "the answer alone has the secret and the key",
        tags: ["triggers"],
        params: closed({ stack: StackName, service: ServiceName }),
        body: closed({
          name: nullable(Type.String({ minLength: 1, maxLength: 63 })),
          kind: oneOf("redeploy", "scale-up"),
          hmac: Type.Boolean(),
          body: Type.Boolean(),
          anyTag: Type.Boolean(),
          by: Type.Integer({ minimum: 1, maximum: 1000 }),
          most: Type.Integer({ minimum: 1, maximum: 10_000 }),
        }),
        response: { 200: TriggerMadeModel, default: FailureModel },
      },
    },
    async (request, reply) => {
      const { stack, service } = request.params;
      const made = await triggers.create({ stack, service }, request.body, request.who);
      const url = listening();
      reply.header("cache-control", "no-store");
      return { ...made, url: url === null ? null : `${url}${made.path}` };
    },
  );
  app.delete(
    "/v1/triggers/:id",
    {
      config: ADMIN,
      schema: {
        operationId: "removeTrigger",
        tags: ["triggers"],
        params: closed({ id: TriggerId }),
        response: { 200: Type.Object({ removed: Type.String() }), default: FailureModel },
      },
    },
    async (request) => {
      await triggers.remove(request.params.id, request.who);
      return { removed: request.params.id };
    },
  );
  void app.register((door: App, _options: object, done: () => void) => {
    hook(door, control);
    done();
  });
}

/** Its own scope: bodies are bytes of any type here, as they were signed. */
function hook(door: App, control: Control): void {
  door.removeAllContentTypeParsers();
  door.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const call = async (request: FastifyRequest, reply: FastifyReply, body: Uint8Array | null) => {
    const { id, secret } = request.params as { readonly id: string; readonly secret: string };
    const answer = await control.triggers.call({ id, secret, headers: plain(request.headers), body, from: request.ip });
    return reply
      .header("cache-control", "no-store")
      .status(answer.pending ? 202 : 200)
      .send(answer);
  };
  door.post(
    "/hooks/:id/:secret",
    {
      bodyLimit: BODY_LIMIT,
      config: HOOK,
      schema: { hide: true, params: closed({ id: Word, secret: Word }), response: { "2xx": TriggerAnswerModel, default: FailureModel } },
      // Too large is an answer and an event like any other, once it is known who calls.
      errorHandler: async (error: FastifyError, request, reply) => {
        if (error.code !== "FST_ERR_CTP_BODY_TOO_LARGE") throw error;
        return call(request, reply, null);
      },
    },
    async (request, reply) => call(request, reply, request.body instanceof Uint8Array ? request.body : new Uint8Array()),
  );
}

function plain(headers: FastifyRequest["headers"]): TriggerCall["headers"] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]));
}
