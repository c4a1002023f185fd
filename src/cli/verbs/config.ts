import { stringify } from "yaml";
import type { Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { tellNotices } from "../notices.ts";
import { readStack } from "../stack-file.ts";
import { stackOptions } from "./stack-options.ts";

/** Needs no daemon. */
export const config: Verb = {
  declare: (command) => examples(stackOptions(command), "config", "config --json"),
  async run(cli, _args, options) {
    const { spec, notices } = await readStack(cli, options);
    tellNotices(cli, notices);
    if (cli.json) cli.document({ spec, notices });
    else cli.print(stringify(spec, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd());
    return 0;
  },
};
