import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { phase } from "../paint.ts";
import { shareLines } from "../shares.ts";
import { age, short, table } from "../table.ts";
import { scopeOf } from "./scope.ts";

export const ps: Verb = {
  declare: (command) => examples(command.argument("[name]", "a stack, or a service"), "ps", "ps shop", "ps shop/web --json"),
  async run(cli, args) {
    const client = await cli.client();
    const query = await scopeOf(client, args[0]);
    const { instances } = await answer(client.api.GET("/v1/instances", { params: { query } }));
    if (cli.json) {
      cli.document({ instances });
      return 0;
    }
    // All of the stack: a shared domain is shown with everybody who is on it.
    const stack = query.stack === undefined ? {} : { stack: query.stack };
    const { services } = await answer(client.api.GET("/v1/services", { params: { query: stack } }));
    const rows = instances
      .toSorted(
        (a, b) => a.stack.localeCompare(b.stack) || a.service.localeCompare(b.service) || a.slot - b.slot || a.revision - b.revision,
      )
      .map((i) => [
        i.name,
        `${i.stack}/${i.service}`,
        `r${i.revision}`,
        phase(cli.paint, i.phase),
        i.phase === "serving" ? String(i.weight) : "",
        i.drift === "none" ? "" : cli.paint.yellow(i.drift),
        i.image,
        short(i.digest),
        i.address,
        age(i.createdAt, Date.now()),
      ]);
    for (const line of table(["INSTANCE", "SERVICE", "REV", "PHASE", "WEIGHT", "DRIFT", "IMAGE", "DIGEST", "ADDRESS", "AGE"], rows))
      cli.print(line);
    for (const line of shareLines(services, query.service)) cli.print(line);
    return 0;
  },
};
