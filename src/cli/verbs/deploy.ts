import { Option } from "commander";
import type { ServiceSpec } from "../../spec/types.ts";
import { answer } from "../client.ts";
import { moving } from "./moving.ts";

type Strategy = ServiceSpec["strategy"];

export const deploy = moving(
  (command) =>
    command
      .requiredOption("--image <reference>", "the image of the new revision")
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
    "deploy web --image web:2 --detach",
    "deploy web --image web:2 --strategy canary",
  ],
  (client, path, _args, options) => {
    const strategy = options.strategy === undefined ? {} : { strategy: options.strategy as Strategy };
    return answer(
      client.api.POST("/v1/stacks/{stack}/services/{service}/deploy", {
        params: { path },
        body: { image: String(options.image), ...strategy },
      }),
    );
  },
);
