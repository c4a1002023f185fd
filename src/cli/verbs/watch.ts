import type { Cli, Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { age, short, table } from "../table.ts";

export const watch: Verb = {
  declare: (command) => examples(command.argument("[stack]"), "watch", "watch shop --json"),
  async run(cli, args) {
    const query = args[0] === undefined ? {} : { stack: args[0] };
    const { watches } = await answer((await cli.client()).api.GET("/v1/watch", { params: { query } }));
    if (cli.json) {
      cli.document({ watches });
      return 0;
    }
    const now = Date.now();
    const rows = watches.map((one) => [
      `${one.stack}/${one.service}`,
      one.watches || "-",
      state(cli, one.state),
      one.candidate === null ? "-" : `${one.candidate.tag} ${short(one.candidate.digest)}`,
      one.lookedAt === null ? "never" : `${age(one.lookedAt, now)} ago`,
      one.state === "up-to-date" ? "" : one.reason,
    ]);
    if (rows.length === 0)
      cli.remark("no service follows a registry: x-instar: { autoredeploy: same-tag } in the stack file begins it (docs/registry.md)");
    else for (const line of table(["SERVICE", "FOLLOWS", "STATE", "CANDIDATE", "LOOKED", "WHY"], rows)) cli.print(line);
    return 0;
  },
};

function state(cli: Cli, name: string): string {
  if (name === "trouble" || name === "failed-before") return cli.paint.red(name);
  if (name === "up-to-date") return cli.paint.green(name);
  return cli.paint.yellow(name);
}
