import type { Exit, Verb } from "../cli.ts";
import { examples } from "../examples.ts";

const DEFAULT_ADDRESS = "127.0.0.1:7080";

export const server: Verb = {
  declare: (command) =>
    examples(
      command
        .option("--listen <address>", "host:port of the API and the page; `none` for the socket alone (INSTAR_LISTEN)")
        .addHelpText("after", "\nState, socket and token are in INSTAR_HOME (/var/lib/instar as root, else ~/.local/share/instar)."),
      "server",
      "server --listen 127.0.0.1:7081",
    ),
  async run(cli, _args, options) {
    const address = String(options.listen ?? (cli.env.INSTAR_LISTEN || DEFAULT_ADDRESS));
    return (await cli.serve({ home: cli.home, address: address === "none" ? null : address, version: cli.version })) as Exit;
  },
};
