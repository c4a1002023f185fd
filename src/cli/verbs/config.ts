import type { Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { tellNotices } from "../notices.ts";
import { loadInput } from "../stack-file.ts";
import { stackOptions } from "./stack-options.ts";

/** Needs no daemon. */
export const config: Verb = {
  declare: (command) =>
    examples(
      stackOptions(command)
        .option("--no-check", "print it even if Instar would refuse it")
        .option("--spec", "print what is sent to the daemon instead of a Compose file"),
      "config",
      "config --json",
      "config -f compose.yaml -f production.yaml",
    ),
  async run(cli, _args, options) {
    const [{ loadTree, specOf }, { composeDocument }, { printYaml }] = await Promise.all([
      import("../../spec/load.ts"),
      import("../../spec/canonical.ts"),
      import("../../spec/print.ts"),
    ]);
    const tree = loadTree(await loadInput(cli, options));
    const spec = options.check === false ? null : specOf(tree);
    const document = options.spec === true ? { spec: spec ?? specOf(tree), notices: tree.notices } : composeDocument(tree);
    tellNotices(cli, tree.notices);
    if (cli.json) cli.document(document);
    else cli.print(printYaml("spec" in document ? document.spec : document).trimEnd());
    return 0;
  },
};
