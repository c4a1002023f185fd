import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const start = moving(
  (command) => command,
  ["start shop/web"],
  (client, path) => answer(client.api.POST("/v1/stacks/{stack}/services/{service}/start", { params: { path } })),
);
