import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import { ADMIN } from "../access.ts";
import { closed, nullable } from "../model.ts";
import { FailureModel } from "../models.ts";
import { Role, TokenMadeModel, TokenModel } from "../token-models.ts";
import type { App } from "../types.ts";

const TokenName = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,62}$" });
const Part = Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,62}(/[A-Za-z0-9][A-Za-z0-9._-]{0,62})?$" });
const answers = <S>(ok: S) => ({ 200: ok, default: FailureModel });
const tags = ["tokens"];

/** Tokens beside the home's own. */
export function tokenRoutes(app: App, control: Control, listening: () => string | null): void {
  app.get(
    "/v1/tokens",
    { config: ADMIN, schema: { operationId: "tokens", tags, response: answers(Type.Object({ tokens: Type.Array(TokenModel) })) } },
    async () => ({ tokens: [...(await control.tokens.list())] }),
  );
  app.post(
    "/v1/tokens",
    {
      config: ADMIN,
      schema: {
        operationId: "createToken",
        summary: "the answer alone has the token",
        tags,
        body: closed({
          name: TokenName,
          role: Role,
          scope: nullable(Type.Array(Part, { minItems: 1, maxItems: 100 })),
          expiresInMs: nullable(Type.Integer({ minimum: 1000, maximum: 100 * 365 * 86_400_000 })),
        }),
        response: answers(TokenMadeModel),
      },
    },
    async (request, reply) => {
      const made = await control.tokens.create(request.body, request.who);
      reply.header("cache-control", "no-store");
      return { ...made, url: listening() };
    },
  );
  app.delete(
    "/v1/tokens/:name",
    {
      config: ADMIN,
      schema: {
        operationId: "removeToken",
        tags,
        params: closed({ name: TokenName }),
        response: answers(Type.Object({ removed: Type.String() })),
      },
    },
    async (request) => {
      await control.tokens.remove(request.params.name, request.who);
      return { removed: request.params.name };
    },
  );
}
