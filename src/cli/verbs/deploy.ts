import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const deploy = moving(
  (command) => command.requiredOption("--image <reference>", "the image of the new revision"),
  ["deploy shop/web --image registry.example/shop/web:1.5", "deploy web --image web:2 --detach"],
  (client, path, _args, options) =>
    answer(client.api.POST("/v1/stacks/{stack}/services/{service}/deploy", { params: { path }, body: { image: String(options.image) } })),
);
