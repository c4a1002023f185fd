import type { Cli, Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";
import { short, table } from "../table.ts";

export const images: Verb = {
  declare: (command) => examples(command.argument("[service]"), "images", "images shop/web", "images --json"),
  async run(cli, args) {
    const client = await cli.client();
    const query = args[0] === undefined ? {} : await serviceOf(client, args[0]);
    const found = await answer(client.api.GET("/v1/images", { params: { query } }));
    if (cli.json) {
      cli.document({ images: found.images });
      return 0;
    }
    const rows = found.images.map((one) => [
      `${one.stack}/${one.service}`,
      `r${one.revision}${one.current ? " *" : ""}`,
      one.reference,
      short(one.digest),
      restorable(cli, one.state) + (one.saved && one.state !== "saved" ? " + saved" : ""),
      one.kept ? "yes" : cli.paint.dim("no"),
      one.detail ?? "",
    ]);
    for (const line of table(["SERVICE", "REVISION", "IMAGE", "DIGEST", "STATE", "KEPT", ""], rows)) cli.print(line);
    return 0;
  },
};

export function restorable(cli: Cli, state: string): string {
  if (state === "gone") return cli.paint.red(state);
  return state === "unknown" ? cli.paint.yellow(state) : cli.paint.green(state);
}
