import { answer } from "../client.ts";
import { steering } from "./steering.ts";

export const resume = steering("resume D12", (client, id) =>
  answer(client.api.POST("/v1/deployments/{id}/resume", { params: { path: { id } } })),
);
