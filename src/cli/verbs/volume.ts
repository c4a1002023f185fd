import { InstarError } from "../../errors.ts";
import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";

export const volume: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<action>", "rm: delete the volume and all that is in it; its snapshots stay")
        .argument("<name>", "the engine's name of the volume, as instar volumes shows it")
        .option("-y, --yes", "do not ask"),
      "volume rm shop_data",
      "volume rm shop_data --yes",
    ),
  async run(cli, [action, name = ""], options) {
    if (action !== "rm") throw new InstarError("INS2001", `volume ${action} is nothing Instar does`, { hint: "instar volume rm NAME" });
    await confirm(cli, `${name} and all that is in it will be deleted`, name, options.yes === true);
    const result = await answer((await cli.client()).api.DELETE("/v1/volumes/{name}", { params: { path: { name } } }));
    if (cli.json) cli.document(result);
    else cli.print(`deleted volume ${result.removed}`);
    return 0;
  },
};
