import swagger from "@fastify/swagger";
import { MODELS } from "./model.ts";
import type { App } from "./types.ts";
// Imported for their registration in MODELS.
import "./models.ts";
import "./token-models.ts";
import "./trigger-models.ts";

/** Registers the named schemas and collects the OpenAPI document; `app.swagger()` gives it once ready. */
export async function useDocument(app: App): Promise<void> {
  for (const schema of MODELS) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Instar", version: "1", description: "Over the daemon's socket, or over TCP with `Authorization: Bearer`." },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => (typeof json.$id === "string" ? json.$id : `def-${index}`) },
  });
}
