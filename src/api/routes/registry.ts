import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN, needs } from "../access.ts";
import { closed, nullable, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import { PruneModel, ReactionModel, RevisionImageModel, WatchModel } from "../registry-models.ts";
import type { App } from "../types.ts";

const answers = <S>(ok: S) => ({ 200: ok, default: FailureModel });

/** Autoredeploy, and the images of revisions. */
export function registryRoutes(app: App, control: Control): void {
  app.get(
    "/v1/watch",
    {
      config: needs("read", "rows"),
      schema: {
        operationId: "watch",
        summary: "what each service follows, and what it waits for",
        tags: ["images"],
        querystring: closed({ stack: Type.Optional(StackName) }),
        response: answers(Type.Object({ watches: Type.Array(WatchModel) })),
      },
    },
    async (request) => ({ watches: [...(await control.autoredeploy.watched(request.query.stack))] }),
  );
  app.post(
    "/v1/stacks/:stack/services/:service/approve",
    {
      config: needs("deploy", "service"),
      schema: {
        operationId: "approve",
        summary: "lets the waiting image in; INS2042",
        tags: ["images"],
        params: closed({ stack: StackName, service: ServiceName }),
        response: answers(ReactionModel),
      },
    },
    async (request) => control.autoredeploy.approve(request.params, request.who),
  );
  app.post(
    "/v1/notices",
    {
      config: needs("deploy", "everything"),
      schema: {
        operationId: "notice",
        summary: "an image was pushed, says the caller: services that follow it look at once",
        tags: ["images"],
        body: closed({
          registry: Type.String({ maxLength: 255, pattern: "^[A-Za-z0-9.:[\\]-]+$" }),
          repository: Type.String({ maxLength: 255, pattern: "^[a-z0-9._/-]+$" }),
          tag: nullable(Type.String({ maxLength: 128, pattern: "^\\w[\\w.-]*$" })),
          digest: nullable(Type.String({ pattern: "^sha256:[a-f0-9]{64}$" })),
        }),
        response: answers(Type.Object({ reactions: Type.Array(ReactionModel) })),
      },
    },
    async (request) => ({ reactions: [...(await control.autoredeploy.noticed(request.body, request.who))] }),
  );
  app.get(
    "/v1/images",
    {
      config: needs("read", "asked"),
      schema: {
        operationId: "images",
        summary: "which revisions' images can still be had",
        tags: ["images"],
        querystring: closed({ stack: Type.Optional(StackName), service: Type.Optional(ServiceName) }),
        response: answers(Type.Object({ images: Type.Array(RevisionImageModel) })),
      },
    },
    async (request) => ({ images: [...(await control.images.list(request.query))] }),
  );
  app.post(
    "/v1/images/prune",
    {
      config: ADMIN,
      schema: {
        operationId: "prune",
        summary: "lets go of images of revisions that nobody can go back to",
        tags: ["images"],
        body: closed({ dryRun: Type.Boolean({ default: false }) }),
        response: answers(PruneModel),
      },
    },
    async (request) => control.images.prune({ dryRun: request.body.dryRun, who: request.who }),
  );
}
