import { Type } from "typebox";
import type { Control, DeploymentView } from "../../reconcile/control.ts";
import { needs } from "../access.ts";
import { find } from "../find.ts";
import { type Holder, isAtLeast } from "../holder.ts";
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
    {
      config: needs("read", "nothing"),
      schema: { operationId: "version", tags: ["daemon"], response: answers(Type.Object({ version: Type.String() })) },
    },
    async () => ({ version }),
  );
  app.get(
    "/v1/doctor",
    { config: needs("read", "everything"), schema: { operationId: "doctor", tags: ["daemon"], response: answers(Doctor) } },
    async () => control.doctor(),
  );
  app.get(
    "/v1/timings",
    {
      config: needs("read", "everything"),
      schema: { operationId: "timings", tags: ["daemon"], response: answers(Type.Object({ eventToStepMs: Type.Array(Type.Number()) })) },
    },
    async () => ({ eventToStepMs: [...(await control.timings()).eventToStepMs] }),
  );
  app.get(
    "/v1/stacks",
    {
      config: needs("read", "rows"),
      schema: { operationId: "stacks", tags: ["stacks"], response: answers(Type.Object({ stacks: Type.Array(Stack) })) },
    },
    async () => ({ stacks: [...(await control.stacks())] }),
  );
  app.get(
    "/v1/services",
    {
      config: needs("read", "rows"),
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
      config: needs("read", "rows"),
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
      config: needs("read", "nothing"),
      schema: {
        operationId: "find",
        summary: "`service` or `stack/service` to both names; INS2002, INS2003",
        tags: ["services"],
        querystring: closed({ name: Name }),
        response: answers(Type.Object({ stack: Type.String(), service: Type.String() })),
      },
    },
    async (request) => find(control, request.holder, request.query.name),
  );
  app.get(
    "/v1/stacks/:stack/services/:service/history",
    {
      config: needs("deploy", "service"),
      schema: { operationId: "history", tags: ["services"], params: ServiceParams, response: answers(History) },
    },
    async (request) => control.history(request.params),
  );
  app.get(
    "/v1/stacks/:stack/services/:service/diff",
    {
      config: needs("deploy", "service"),
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
      config: needs("read", "deployment"),
      schema: {
        operationId: "deployment",
        tags: ["deployments"],
        params: closed({ id: DeploymentId }),
        response: answers(Type.Object({ deployment: Deployment })),
      },
    },
    async (request) => ({ deployment: shown(request.holder, await control.deployment(request.params.id)) }),
  );
}

/** What a service prints is for those who may read its logs. */
function shown(holder: Holder, view: DeploymentView): DeploymentView {
  if (isAtLeast(holder, "deploy")) return view;
  return {
    ...view,
    evidence: view.evidence === null ? null : { ...view.evidence, log: [] },
    ...(view.jobs === undefined ? {} : { jobs: view.jobs.map((job) => ({ ...job, log: [] })) }),
  };
}
