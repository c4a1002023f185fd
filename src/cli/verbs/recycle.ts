import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const recycle = moving(
  (command) => command,
  ["recycle shop/web"],
  (client, path) => answer(client.api.POST("/v1/stacks/{stack}/services/{service}/recycle", { params: { path } })),
);
