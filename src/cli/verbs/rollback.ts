import { answer } from "../client.ts";
import { whole } from "../name.ts";
import { moving } from "./moving.ts";

export const rollback = moving(
  (command) =>
    command
      .option("--to <revision>", "its number; the one before the present when absent")
      .option("--data", "the volumes too: as the snapshot has them that was taken before the present revision was deployed"),
  ["rollback shop/web", "rollback shop/web --to 6", "rollback shop/db --data"],
  (client, path, _args, options) => {
    const to = options.to === undefined ? null : whole(String(options.to).replace(/^r/, ""), "a revision", 1);
    return answer(
      client.api.POST("/v1/stacks/{stack}/services/{service}/rollback", { params: { path }, body: { to, data: options.data === true } }),
    );
  },
);
