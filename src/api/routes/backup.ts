import { Type } from "typebox";
import { ADMIN } from "../access.ts";
import { streamed } from "../feed.ts";
import { FailureModel } from "../models.ts";
import type { ApiOptions, App } from "../types.ts";

/** Instar's own data as one compressed archive. An answer that ends before its last chunk is no backup. */
export function backupRoutes(app: App, backup: ApiOptions["backup"]): void {
  app.get(
    "/v1/backup",
    {
      config: ADMIN,
      schema: {
        operationId: "backup",
        tags: ["daemon"],
        produces: ["application/zstd"],
        response: { 200: streamed(Type.String()), default: FailureModel },
      },
    },
    async (request, reply) => {
      const { name, bytes, body } = await backup(request.who);
      return reply
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="${name}"`)
        .header("instar-bytes", String(bytes))
        .type("application/zstd")
        .send(body);
    },
  );
}
