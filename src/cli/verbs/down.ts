import type { Cli, Verb } from "../cli.ts";
import { answer, type Client } from "../client.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { size } from "../table.ts";

export const down: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<stack>")
        .option("--volumes", "delete the stack's volumes and what is in them; lists them first, and asks on a terminal")
        .option("--yes", "do not ask"),
      "down shop",
      "down shop --volumes",
    ),
  async run(cli, args, options) {
    const client = await cli.client();
    if (options.volumes === true) await announce(cli, client, args[0] ?? "", options.yes === true);
    const params = { path: { stack: args[0] ?? "" }, query: { volumes: options.volumes === true } };
    const result = await answer(client.api.DELETE("/v1/stacks/{stack}", { params }));
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

/** What will be deleted, before it is. Without a terminal `--volumes` is consent enough. */
async function announce(cli: Cli, client: Client, stack: string, yes: boolean): Promise<void> {
  const { volumes } = await answer(client.api.GET("/v1/volumes", {}));
  const own = volumes.filter((volume) => volume.ours && volume.stack === stack);
  for (const { name, bytes, snapshots } of own)
    cli.remark(
      `will delete volume ${name}${bytes === null ? "" : ` (${size(bytes)})`}${snapshots === 0 ? ", of which there is no snapshot" : ""}`,
    );
  if (own.length > 0 && process.stdin.isTTY && !cli.json)
    await confirm(cli, `deleting ${own.length === 1 ? "this volume" : `these ${own.length} volumes`} of ${stack}`, stack, yes);
}
