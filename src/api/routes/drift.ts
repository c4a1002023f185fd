import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN, needs } from "../access.ts";
import { DriftModel, SuggestionModel } from "../drift-models.ts";
import { closed, nullable, ServiceName, StackName } from "../model.ts";
import { Deployment, FailureModel } from "../models.ts";
import type { App } from "../types.ts";

const ofService = closed({ stack: Type.Optional(StackName), service: Type.Optional(ServiceName) });
const ServiceParams = closed({ stack: StackName, service: ServiceName });
const answers = <S>(ok: S) => ({ 200: ok, default: FailureModel });
const tags = ["drift"];

/** What changed in instances without being declared, and what becomes of them. */
export function driftRoutes(app: App, control: Control): void {
  app.get(
    "/v1/drift",
    { config: needs("read", "asked"), schema: { operationId: "drift", tags, querystring: ofService, response: answers(DriftModel) } },
    async (request) => control.drift.list(request.query),
  );
  app.post(
    "/v1/stacks/:stack/services/:service/heal",
    {
      config: ADMIN,
      schema: {
        operationId: "heal",
        summary: "replaces every drifted instance; with keepMs they are kept for so long, out of rotation",
        tags,
        params: ServiceParams,
        body: closed({ keepMs: nullable(Type.Integer({ minimum: 1000, maximum: 30 * 86_400_000 })) }),
        response: answers(Type.Object({ deployments: Type.Array(Deployment) })),
      },
    },
    async (request) => {
      const { stack, service } = request.params;
      const started = await control.drift.heal({ stack, service }, request.body.keepMs, request.who);
      return { deployments: started === null ? [] : [started] };
    },
  );
  app.get(
    "/v1/stacks/:stack/services/:service/suggest",
    {
      config: needs("read", "service"),
      schema: { operationId: "suggest", tags, params: ServiceParams, response: answers(SuggestionModel) },
    },
    async (request) => control.drift.suggest({ stack: request.params.stack, service: request.params.service }),
  );
  app.get(
    "/v1/instances/:name/layer",
    {
      config: ADMIN,
      schema: {
        operationId: "exportLayer",
        summary: "the instance's writable layer as a tar",
        tags,
        params: closed({ name: Type.String({ maxLength: 255, pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$" }) }),
        produces: ["application/x-tar"],
        response: answers(Type.Any()),
      },
    },
    async (request, reply) => reply.type("application/x-tar").send(await control.drift.export(request.params.name)),
  );
}
