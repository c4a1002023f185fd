import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN } from "../access.ts";
import { closed, StackName } from "../model.ts";
import { FailureModel, ProjectModel } from "../models.ts";
import type { App } from "../types.ts";

const params = closed({ project: StackName });
const containers = { 200: Type.Object({ containers: Type.Array(Type.String()) }), default: FailureModel };

/** Compose projects, and the ends of an adoption; its beginning is `up` with `adopt`. */
export function adoptRoutes(app: App, control: Control): void {
  app.get(
    "/v1/projects/:project",
    { config: ADMIN, schema: { operationId: "project", tags: ["stacks"], params, response: { 200: ProjectModel, default: FailureModel } } },
    async (request) => control.project(request.params.project),
  );
  app.post(
    "/v1/projects/:project/undo",
    { config: ADMIN, schema: { operationId: "undoAdoption", tags: ["stacks"], params, response: containers } },
    async (request) => ({ containers: [...(await control.undoAdoption(request.params.project, request.who))] }),
  );
  app.post(
    "/v1/projects/:project/finish",
    { config: ADMIN, schema: { operationId: "finishAdoption", tags: ["stacks"], params, response: containers } },
    async (request) => ({ containers: [...(await control.finishAdoption(request.params.project, request.who))] }),
  );
}
