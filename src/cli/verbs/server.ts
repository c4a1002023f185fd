import { InstarError } from "../../errors.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { examples } from "../examples.ts";

const DEFAULT_ADDRESS = "127.0.0.1:7080";

export const server: Verb = {
  declare: (command) =>
    examples(
      command
        .option("--listen <address>", "host:port of the API and the page; `none` for the socket alone (INSTAR_LISTEN)")
        .option("--recover [id]", "the home is lost: rebuild it from what runs on the engine; ID where several installations do")
        .option("--yes", "with --recover: do not ask")
        .addHelpText("after", "\nState, socket and token are in INSTAR_HOME (/var/lib/instar as root, else ~/.local/share/instar)."),
      "server",
      "server --listen 127.0.0.1:7081",
      "server --recover",
    ),
  async run(cli, _args, options) {
    const address = String(options.listen ?? (cli.env.INSTAR_LISTEN || DEFAULT_ADDRESS));
    const recover =
      options.recover === undefined
        ? {}
        : {
            recover: {
              installation: typeof options.recover === "string" ? options.recover : null,
              confirm: (found: readonly string[]) => confirmed(cli, found, options.yes === true),
            },
          };
    return (await cli.serve({ home: cli.home, address: address === "none" ? null : address, version: cli.version, ...recover })) as Exit;
  },
};

/** Raises INS2001 where nobody can be asked. */
async function confirmed(cli: Cli, found: readonly string[], yes: boolean): Promise<boolean> {
  for (const line of found) cli.remark(line);
  if (yes) return true;
  if (!cli.stderr.tty || process.stdin.isTTY !== true)
    throw new InstarError("INS2001", "--recover asks before it begins, and there is no terminal to ask on", { hint: "add --yes" });
  const { createInterface } = await import("node:readline/promises");
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const said = await asking.question("Take them over, as they are? [y/N] ");
  asking.close();
  return /^y(es)?$/i.test(said.trim());
}
