import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { MOVES, needs } from "../access.ts";
import { closed, DeploymentId, ServiceName, StackName } from "../model.ts";
import { Deployment, FailureModel } from "../models.ts";
import { SplitBody } from "../side-models.ts";
import type { App } from "../types.ts";

const answers = { 200: Type.Object({ deployments: Type.Array(Deployment) }), default: FailureModel };

/** What can be asked of services whose revisions stand side by side. */
export function sideRoutes(app: App, control: Control): void {
  app.post(
    "/v1/deployments/:id/promote",
    { config: MOVES, schema: { operationId: "promote", tags: ["deployments"], params: closed({ id: DeploymentId }), response: answers } },
    async (request) => ({ deployments: [await control.sides.promote(request.params.id, request.who)] }),
  );
  app.post(
    "/v1/stacks/:stack/services/:service/split",
    {
      config: needs("deploy", "service"),
      schema: {
        operationId: "split",
        tags: ["services"],
        params: closed({ stack: StackName, service: ServiceName }),
        body: SplitBody,
        response: answers,
      },
    },
    async (request) => ({ deployments: [await control.sides.split(request.params, request.body.shares, request.who)] }),
  );
}
