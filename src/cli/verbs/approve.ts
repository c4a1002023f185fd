import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";

export const approve: Verb = {
  declare: (command) =>
    examples(
      command.argument("<service>").option("--detach", "print the deployment's id at once"),
      "approve shop/web",
      "approve web --detach",
    ),
  async run(cli, args, options) {
    const client = await cli.client();
    const path = await serviceOf(client, args[0] ?? "");
    const { deployment, reason } = await answer(client.api.POST("/v1/stacks/{stack}/services/{service}/approve", { params: { path } }));
    if (deployment === null) {
      // Approved, and still waiting: for its age, a window, or another deployment.
      if (cli.json) cli.document({ deployments: [], reason });
      else cli.print(`${path.stack}/${path.service}: approved; not yet: ${reason}`);
      return 0;
    }
    const begun = await answer(client.api.GET("/v1/deployments/{id}", { params: { path: { id: deployment } } }));
    const { follow } = await import("../follow.ts");
    return follow(cli, client, [begun.deployment], {}, options.detach === true);
  },
};
