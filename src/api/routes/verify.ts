import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { needs } from "../access.ts";
import { closed, count, ServiceName, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import type { App } from "../types.ts";
import { AuditModel, VerifyModel } from "../verify-models.ts";

const ofService = closed({ stack: Type.Optional(StackName), service: Type.Optional(ServiceName) });
const tags = ["verify"];
const Hash = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Claim = closed({ seq: count, hash: Hash, signature: Type.String({ maxLength: 200 }) });

/** Proof that what runs is what was made. */
export function verifyRoutes(app: App, control: Control): void {
  app.get(
    "/v1/verify",
    {
      config: needs("read", "asked"),
      schema: { operationId: "verify", tags, querystring: ofService, response: { 200: VerifyModel, default: FailureModel } },
    },
    async (request) => control.proofs.verify(request.query),
  );
  app.get(
    "/v1/verify/key",
    {
      config: needs("read", "nothing"),
      schema: { operationId: "verifyKey", tags, response: { 200: Type.Object({ publicKey: Type.String() }), default: FailureModel } },
    },
    async () => ({ publicKey: control.proofs.publicKey() }),
  );
  app.post(
    "/v1/audit",
    {
      config: needs("read", "everything"),
      schema: {
        operationId: "audit",
        summary: "checks the event log, and that it still has these heads of it",
        tags,
        body: closed({ heads: Type.Array(Claim, { maxItems: 200 }) }),
        response: { 200: AuditModel, default: FailureModel },
      },
    },
    async (request) => control.proofs.audit(request.body.heads),
  );
}
