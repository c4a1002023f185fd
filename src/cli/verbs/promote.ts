import { answer } from "../client.ts";
import { steering } from "./steering.ts";

export const promote = steering("promote D12", (client, id) =>
  answer(client.api.POST("/v1/deployments/{id}/promote", { params: { path: { id } } })),
);
