import { Type } from "typebox";
import { InstarError } from "../../errors.ts";
import type { Control, DeploymentView, ServiceKey } from "../../reconcile/control.ts";
import { ADMIN, MOVES, needs, needsByBody } from "../access.ts";
import { closed, DeploymentId, ImageReference, nullable, ServiceName, StackName } from "../model.ts";
import { Deployment, Down, FailureModel, PlanModel, Service, Up, UpBody } from "../models.ts";
import { Strategy } from "../side-models.ts";
import type { App } from "../types.ts";

const ServiceParams = closed({ stack: StackName, service: ServiceName });
const DeploymentParams = closed({ id: DeploymentId });
const Deployments = Type.Object({ deployments: Type.Array(Deployment) });
/** Stack files with their environment; far above any real one, far below what would hurt. */
const SPEC_LIMIT = 8 * 1024 * 1024;

const answers = <S>(ok: S) => ({ 200: ok, default: FailureModel });
const one = (deployment: DeploymentView) => ({ deployments: [deployment] });

/** Everything that moves a service. Each returns while the deployment runs; `GET /v1/deployments/:id` follows it. */
export function changeRoutes(app: App, control: Control): void {
  app.post(
    "/v1/up",
    { bodyLimit: SPEC_LIMIT, config: ADMIN, schema: { operationId: "up", tags: ["stacks"], body: UpBody, response: answers(Up) } },
    async (request) => control.up({ ...request.body, who: request.who }),
  );
  app.post(
    "/v1/plan",
    { bodyLimit: SPEC_LIMIT, config: ADMIN, schema: { operationId: "plan", tags: ["stacks"], body: UpBody, response: answers(PlanModel) } },
    async (request) => control.plan({ ...request.body, who: request.who }),
  );
  app.delete(
    "/v1/stacks/:stack",
    {
      config: ADMIN,
      schema: {
        operationId: "down",
        tags: ["stacks"],
        params: closed({ stack: StackName }),
        querystring: closed({ volumes: Type.Boolean({ default: false }) }),
        response: answers(Down),
      },
    },
    async (request) => control.down(request.params.stack, { volumes: request.query.volumes, who: request.who }),
  );

  const service = "/v1/stacks/:stack/services/:service";
  const schema = { tags: ["services"], params: ServiceParams, response: answers(Deployments) };
  app.post(
    `${service}/deploy`,
    {
      config: needsByBody("deploy", "service", ({ from }: { from?: ServiceKey }) => (from === undefined ? {} : { reads: from })),
      schema: {
        ...schema,
        operationId: "deploy",
        summary: "an image, or the one that serves in another service",
        body: closed({ image: Type.Optional(ImageReference), from: Type.Optional(ServiceParams), strategy: Type.Optional(Strategy) }),
      },
    },
    async (request) => {
      const { image, from, strategy } = request.body;
      const of = key(request.params);
      if (image !== undefined && from === undefined) return one(await control.deploy(of, image, request.who, strategy));
      if (image === undefined && from !== undefined) return one(await control.deployFrom(of, from, request.who, strategy));
      throw new InstarError("INS2001", "name either an image or the service it comes from");
    },
  );
  app.post(
    `${service}/rollback`,
    {
      config: needsByBody("deploy", "service", ({ data }: { data?: boolean }) => (data === true ? { role: "admin" } : {})),
      schema: {
        ...schema,
        operationId: "rollback",
        body: closed({ to: nullable(Type.Integer({ minimum: 1 })), data: Type.Optional(Type.Boolean()) }),
      },
    },
    async (request) =>
      one(await control.rollback(key(request.params), { to: request.body.to, data: request.body.data === true }, request.who)),
  );
  app.post(
    `${service}/scale`,
    {
      config: needs("deploy", "service"),
      schema: { ...schema, operationId: "scale", body: closed({ replicas: Type.Integer({ minimum: 0, maximum: 10_000 }) }) },
    },
    async (request) => one(await control.scale(key(request.params), request.body.replicas, request.who)),
  );
  app.post(`${service}/redeploy`, { config: needs("deploy", "service"), schema: { ...schema, operationId: "redeploy" } }, async (request) =>
    one(await control.redeploy(key(request.params), request.who)),
  );
  app.post(`${service}/recycle`, { config: needs("deploy", "service"), schema: { ...schema, operationId: "recycle" } }, async (request) =>
    one(await control.recycle(key(request.params), request.who)),
  );
  app.post(`${service}/stop`, { config: ADMIN, schema: { ...schema, operationId: "stop" } }, async (request) =>
    one(await control.stop(key(request.params), request.who)),
  );
  app.post(`${service}/start`, { config: ADMIN, schema: { ...schema, operationId: "start" } }, async (request) =>
    one(await control.start(key(request.params), request.who)),
  );
  app.post(
    `${service}/unpin`,
    { config: needs("deploy", "service"), schema: { ...schema, operationId: "unpin", response: answers(Service) } },
    async (request) => control.unpin(key(request.params), request.who),
  );

  const movement = { tags: ["deployments"], params: DeploymentParams, response: answers(Deployments) };
  app.post("/v1/deployments/:id/pause", { config: MOVES, schema: { ...movement, operationId: "pause" } }, async (request) =>
    one(await control.pause(request.params.id, request.who)),
  );
  app.post("/v1/deployments/:id/resume", { config: MOVES, schema: { ...movement, operationId: "resume" } }, async (request) =>
    one(await control.resume(request.params.id, request.who)),
  );
  app.post("/v1/deployments/:id/abort", { config: MOVES, schema: { ...movement, operationId: "abort" } }, async (request) =>
    one(await control.abort(request.params.id, request.who)),
  );
  app.post(
    "/v1/router/replace",
    { config: ADMIN, schema: { operationId: "replaceRouter", tags: ["daemon"], response: answers(closed({})) } },
    async (request) => {
      await control.replaceRouter(request.who);
      return {};
    },
  );
}

const key = (params: ServiceKey): ServiceKey => ({ stack: params.stack, service: params.service });
