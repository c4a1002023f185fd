import { answer } from "../client.ts";
import { whole } from "../name.ts";
import { moving } from "./moving.ts";

export const scale = moving(
  (command) => command.argument("<replicas>"),
  ["scale shop/web 5"],
  (client, path, args) => {
    const replicas = whole(args[1] ?? "", "the number of replicas", 0);
    return answer(client.api.POST("/v1/stacks/{stack}/services/{service}/scale", { params: { path }, body: { replicas } }));
  },
);
