import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { closed, DeploymentId, Name, ServiceName, StackName } from "../model.ts";
import { Changes, Deployment, Doctor, FailureModel, History, Instance, Service, Stack } from "../models.ts";
import type { App } from "../types.ts";

const answers = <S>(ok: S) => ({ 200: ok, default: FailureModel });
const ofStack = closed({ stack: Type.Optional(StackName) });
const ofService = closed({ stack: Type.Optional(StackName), service: Type.Optional(ServiceName) });
const ServiceParams = closed({ stack: StackName, service: ServiceName });
const RevisionNumber = Type.Integer({ minimum: 1 });

/** Everything that only looks. */
export function lookRoutes(app: App, control: Control, version: string): void {
  app.get(
    "/v1/version",
    { schema: { operationId: "version", tags: ["daemon"], response: answers(Type.Object({ version: Type.String() })) } },
    async () => ({ version }),
  );
  app.get("/v1/doctor", { schema: { operationId: "doctor", tags: ["daemon"], response: answers(Doctor) } }, async () => control.doctor());
  app.get(
    "/v1/timings",
    { schema: { operationId: "timings", tags: ["daemon"], response: answers(Type.Object({ eventToStepMs: Type.Array(Type.Number()) })) } },
    async () => ({ eventToStepMs: [...(await control.timings()).eventToStepMs] }),
  );
  app.get(
    "/v1/stacks",
    { schema: { operationId: "stacks", tags: ["stacks"], response: answers(Type.Object({ stacks: Type.Array(Stack) })) } },
    async () => ({ stacks: [...(await control.stacks())] }),
  );
  app.get(
    "/v1/services",
    {
      schema: {
        operationId: "services",
        tags: ["services"],
        querystring: ofStack,
        response: answers(Type.Object({ services: Type.Array(Service) })),
      },
    },
    async (request) => ({ services: [...(await control.services(request.query.stack))] }),
  );
  app.get(
    "/v1/instances",
    {
      schema: {
        operationId: "instances",
        tags: ["services"],
        querystring: ofService,
        response: answers(Type.Object({ instances: Type.Array(Instance) })),
      },
    },
    async (request) => ({ instances: [...(await control.instances(request.query))] }),
  );
  app.get(
    "/v1/find",
    {
      schema: {
        operationId: "find",
        summary: "`service` or `stack/service` to both names; INS2002, INS2003",
        tags: ["services"],
        querystring: closed({ name: Name }),
        response: answers(Type.Object({ stack: Type.String(), service: Type.String() })),
      },
    },
    async (request) => control.find(request.query.name),
  );
  app.get(
    "/v1/stacks/:stack/services/:service/history",
    { schema: { operationId: "history", tags: ["services"], params: ServiceParams, response: answers(History) } },
    async (request) => control.history(request.params),
  );
  app.get(
    "/v1/stacks/:stack/services/:service/diff",
    {
      schema: {
        operationId: "diff",
        tags: ["services"],
        params: ServiceParams,
        querystring: closed({ a: RevisionNumber, b: RevisionNumber }),
        response: answers(Changes),
      },
    },
    async (request) => ({ changes: [...(await control.diff(request.params, request.query.a, request.query.b))] }),
  );
  app.get(
    "/v1/deployments/:id",
    {
      schema: {
        operationId: "deployment",
        tags: ["deployments"],
        params: closed({ id: DeploymentId }),
        response: answers(Type.Object({ deployment: Deployment })),
      },
    },
    async (request) => ({ deployment: await control.deployment(request.params.id) }),
  );
}
