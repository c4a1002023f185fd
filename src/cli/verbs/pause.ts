import { answer } from "../client.ts";
import { steering } from "./steering.ts";

export const pause = steering("pause D12", (client, id) =>
  answer(client.api.POST("/v1/deployments/{id}/pause", { params: { path: { id } } })),
);
