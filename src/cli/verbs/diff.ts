import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf, whole } from "../name.ts";

export const diff: Verb = {
  declare: (command) => examples(command.argument("<service>").argument("<from>").argument("<to>"), "diff shop/web 6 8"),
  async run(cli, args) {
    const [a, b] = [args[1], args[2]].map((text) => whole((text ?? "").replace(/^r/, ""), "a revision", 1)) as [number, number];
    const client = await cli.client();
    const path = await serviceOf(client, args[0] ?? "");
    const { changes } = await answer(client.api.GET("/v1/stacks/{stack}/services/{service}/diff", { params: { path, query: { a, b } } }));
    if (cli.json) cli.document({ changes });
    else if (changes.length === 0) cli.print(`r${a} and r${b} do not differ`);
    for (const change of cli.json ? [] : changes) {
      cli.print(change.path);
      if (change.before !== null) cli.print(cli.paint.red(`  - ${change.before}`));
      if (change.after !== null) cli.print(cli.paint.green(`  + ${change.after}`));
    }
    return 0;
  },
};
