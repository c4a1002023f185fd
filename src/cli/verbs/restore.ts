import { resolve } from "node:path";
import type { Verb } from "../cli.ts";
import { examples } from "../examples.ts";

export const restore: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<file>", "made by instar backup")
        .option("--home <dir>", "where to (INSTAR_HOME)")
        .option("--force", "a home that is not empty is moved aside"),
      "restore instar-….tar.zst",
      "restore instar-….tar.zst --home /var/lib/instar --force",
    ),
  async run(cli, args, options) {
    const home = resolve(String(options.home ?? cli.home.path));
    const done = await cli.restore({ file: args[0] ?? "", home, force: options.force === true });
    if (cli.json) {
      cli.document(done);
      return 0;
    }
    cli.print(`restored ${done.home} as it was at ${done.date} (installation ${done.installation})`);
    if (done.aside !== null) cli.print(`the home that was there is at ${done.aside}`);
    cli.print("next: start the daemon (instar server); what runs goes on, and instar events says what changed since the backup");
    return 0;
  },
};
