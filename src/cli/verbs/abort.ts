import { answer } from "../client.ts";
import { steering } from "./steering.ts";

export const abort = steering("abort D12", (client, id) =>
  answer(client.api.POST("/v1/deployments/{id}/abort", { params: { path: { id } } })),
);
