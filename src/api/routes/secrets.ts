import { Type } from "typebox";
import type { Control } from "../../reconcile/control.ts";
import type { SecretKind } from "../../reconcile/secret-control.ts";
import { ADMIN } from "../access.ts";
import { closed } from "../model.ts";
import { FailureModel } from "../models.ts";
import { SecretModel, SecretRemovedModel, SecretSetModel } from "../secret-models.ts";
import type { App } from "../types.ts";

const CONTENT_LIMIT = 1024 * 1024;
const tags = ["secrets"];
const byName = closed({ name: Type.String({ maxLength: 255, pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$" }) });
const all = Type.Array(SecretModel);

/** Contents that stack files name as `external`. They come in; no route gives one back. */
export function secretRoutes(app: App, control: Control): void {
  const { secrets } = control;
  app.get(
    "/v1/secrets",
    { config: ADMIN, schema: { operationId: "secrets", tags, response: { 200: Type.Object({ secrets: all }), default: FailureModel } } },
    async () => ({ secrets: [...(await secrets.list("secret"))] }),
  );
  app.get(
    "/v1/configs",
    { config: ADMIN, schema: { operationId: "configs", tags, response: { 200: Type.Object({ configs: all }), default: FailureModel } } },
    async () => ({ configs: [...(await secrets.list("config"))] }),
  );
  for (const [kind, Kind] of [
    ["secret", "Secret"],
    ["config", "Config"],
  ] as const) {
    app.delete(
      `/v1/${kind}s/:name`,
      {
        config: ADMIN,
        schema: {
          operationId: `remove${Kind}`,
          tags,
          params: byName,
          querystring: closed({ force: Type.Boolean({ default: false, description: "although services name it" }) }),
          response: { 200: SecretRemovedModel, default: FailureModel },
        },
      },
      async (request) => secrets.remove(kind, request.params.name, { force: request.query.force, who: request.who }),
    );
    void app.register((door: App, _options: object, done: () => void) => {
      setting(door, control, kind, `set${Kind}`);
      done();
    });
  }
}

/** Its own scope: a body is bytes, whatever it says it is. What is not parsed is not quoted in an error either. */
function setting(door: App, { secrets }: Control, kind: SecretKind, operationId: string): void {
  door.removeAllContentTypeParsers();
  door.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  door.put(
    `/v1/${kind}s/:name`,
    {
      bodyLimit: CONTENT_LIMIT,
      config: ADMIN,
      schema: {
        operationId,
        summary: "the body is the content",
        tags,
        consumes: ["application/octet-stream"],
        params: byName,
        response: { 200: SecretSetModel, default: FailureModel },
      },
    },
    async (request) => {
      const { body } = request;
      return secrets.set(kind, request.params.name, Buffer.isBuffer(body) ? body : new Uint8Array(), request.who);
    },
  );
}
