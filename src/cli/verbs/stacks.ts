import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { age, table } from "../table.ts";

export const stacks: Verb = {
  declare: (command) => examples(command, "stacks", "stacks --json"),
  async run(cli) {
    const answered = await answer((await cli.client()).api.GET("/v1/stacks"));
    if (cli.json) cli.document({ stacks: answered.stacks });
    else {
      const rows = answered.stacks.map((s) => [s.name, String(s.services), s.state, age(s.updatedAt, Date.now())]);
      for (const line of table(["STACK", "SERVICES", "STATE", "UPDATED"], rows)) cli.print(line);
    }
    return 0;
  },
};
