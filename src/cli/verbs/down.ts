import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";

export const down: Verb = {
  declare: (command) =>
    examples(
      command.argument("<stack>").option("--volumes", "delete the stack's volumes and what is in them"),
      "down shop",
      "down shop --volumes",
    ),
  async run(cli, args, options) {
    const params = { path: { stack: args[0] ?? "" }, query: { volumes: options.volumes === true } };
    const result = await answer((await cli.client()).api.DELETE("/v1/stacks/{stack}", { params }));
    if (cli.json) {
      cli.document(result);
      return 0;
    }
    for (const name of result.removed) cli.print(`removed ${name}`);
    for (const name of result.removedVolumes) cli.print(`deleted volume ${name}`);
    for (const name of result.keptVolumes) cli.print(`kept volume ${name}`);
    return 0;
  },
};
