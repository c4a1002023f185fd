import { Option } from "commander";
import { InstarError } from "../../errors.ts";
import type { ServiceSpec } from "../../spec/types.ts";
import { answer } from "../client.ts";
import { serviceOf } from "../name.ts";
import { moving } from "./moving.ts";

type Strategy = ServiceSpec["strategy"];

export const deploy = moving(
  (command) =>
    command
      .option("--image <reference>", "the image of the new revision")
      .option("--from <service>", "the exact image that serves there now, whatever its tag is by now")
      .addOption(
        new Option("--strategy <name>", "for this deployment, instead of the file's").choices([
          "rolling",
          "recreate",
          "blue-green",
          "canary",
        ]),
      ),
  [
    "deploy shop/web --image registry.example/shop/web:1.5",
    "deploy prod/web --from uat/web",
    "deploy web --image web:2 --detach",
    "deploy web --image web:2 --strategy canary",
  ],
  async (client, path, _args, options) => {
    if ((options.image === undefined) === (options.from === undefined))
      throw new InstarError("INS2001", "say what to deploy: --image REFERENCE, or --from SERVICE");
    const what = options.from === undefined ? { image: String(options.image) } : { from: await serviceOf(client, String(options.from)) };
    const body = options.strategy === undefined ? what : { ...what, strategy: options.strategy as Strategy };
    return answer(client.api.POST("/v1/stacks/{stack}/services/{service}/deploy", { params: { path }, body }));
  },
);
