import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { DriftModel } from "../drift-models.ts";
import { closed, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import type { App } from "../types.ts";

const ofService = closed({ stack: Type.Optional(StackName), service: Type.Optional(ServiceName) });

/** What changed in instances without being declared. */
export function driftRoutes(app: App, control: Control): void {
  app.get(
    "/v1/drift",
    {
      schema: { operationId: "drift", tags: ["drift"], querystring: ofService, response: { 200: DriftModel, default: FailureModel } },
    },
    async (request) => control.drift.list(request.query),
  );
}
