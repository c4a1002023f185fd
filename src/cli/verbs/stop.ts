import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const stop = moving(
  (command) => command,
  ["stop shop/web"],
  (client, path) => answer(client.api.POST("/v1/stacks/{stack}/services/{service}/stop", { params: { path } })),
);
