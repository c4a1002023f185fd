import { InstarError } from "../../errors.ts";
import { answer } from "../client.ts";
import { serviceOf } from "../name.ts";
import { moving } from "./moving.ts";

export const deploy = moving(
  (command) =>
    command
      .option("--image <reference>", "the image of the new revision")
      .option("--from <service>", "the exact image that serves there now, whatever its tag is by now"),
  ["deploy shop/web --image registry.example/shop/web:1.5", "deploy prod/web --from uat/web", "deploy web --image web:2 --detach"],
  async (client, path, _args, options) => {
    if ((options.image === undefined) === (options.from === undefined))
      throw new InstarError("INS2001", "say what to deploy: --image REFERENCE, or --from SERVICE");
    const body = options.from === undefined ? { image: String(options.image) } : { from: await serviceOf(client, String(options.from)) };
    return answer(client.api.POST("/v1/stacks/{stack}/services/{service}/deploy", { params: { path }, body }));
  },
);
