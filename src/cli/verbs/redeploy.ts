import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const redeploy = moving(
  (command) => command,
  ["redeploy shop/web"],
  (client, path) => answer(client.api.POST("/v1/stacks/{stack}/services/{service}/redeploy", { params: { path } })),
);
