import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { size } from "../table.ts";

export const prune: Verb = {
  declare: (command) =>
    examples(command.option("--dry-run", "only say what would go"), "prune --dry-run", "prune").addHelpText(
      "after",
      "\nOnly images that Instar pulled or built, and that no revision needs which can be gone back to (x-instar: { keep: 5 }).",
    ),
  async run(cli, _args, options) {
    const dryRun = options["dryRun"] === true;
    const done = await answer((await cli.client()).api.POST("/v1/images/prune", { body: { dryRun } }));
    if (cli.json) {
      cli.document({ ...done, dryRun });
      return 0;
    }
    const verb = dryRun ? "would remove" : "removed";
    for (const name of done.removed) cli.print(`${verb} ${name}`);
    for (const id of done.unsaved) cli.print(`${verb} the saved image ${id}`);
    for (const name of done.inUse) cli.print(`left ${name}: something still uses it`);
    if (done.removed.length + done.unsaved.length === 0) cli.print("nothing to remove: every image is needed, or not ours");
    else if (!dryRun && done.bytes > 0) cli.print(`${size(done.bytes)} of saved images freed`);
    return 0;
  },
};
