import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";

export const unpin: Verb = {
  declare: (command) => examples(command.argument("<service>"), "unpin shop/web"),
  async run(cli, args) {
    const client = await cli.client();
    const path = await serviceOf(client, args[0] ?? "");
    const service = await answer(client.api.POST("/v1/stacks/{stack}/services/{service}/unpin", { params: { path } }));
    if (cli.json) cli.document({ services: [service] });
    else cli.print(`${path.stack}/${path.service} r${service.revision} is not pinned`);
    return 0;
  },
};
