import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";
import { outcome } from "../paint.ts";
import { age, short, table } from "../table.ts";
import { restorable } from "./images.ts";

export const history: Verb = {
  declare: (command) => examples(command.argument("<service>"), "history shop/web", "history web --json"),
  async run(cli, args) {
    const client = await cli.client();
    const path = await serviceOf(client, args[0] ?? "");
    const [{ deployments, revisions: all }, { images }] = await Promise.all([
      answer(client.api.GET("/v1/stacks/{stack}/services/{service}/history", { params: { path } })),
      answer(client.api.GET("/v1/images", { params: { query: path } })),
    ]);
    const revisions = all.map((r) => ({ ...r, restorable: images.find(({ revision }) => revision === r.number)?.state ?? "unknown" }));
    if (cli.json) {
      cli.document({ deployments, revisions });
      return 0;
    }
    const now = Date.now();
    const moved = deployments.map((d) => [
      d.id,
      d.from === null ? `r${d.to}` : `r${d.from} → r${d.to}`,
      d.group === undefined ? d.cause.kind : `${d.cause.kind} ${d.group}`,
      d.cause.who,
      outcome(cli.paint, d.outcome),
      `${d.seconds.toFixed(1)} s`,
      age(d.startedAt, now),
      d.reason ?? "",
    ]);
    const numbered = revisions
      .toSorted((a, b) => b.number - a.number)
      .map((r) => [
        `r${r.number}${r.current ? " *" : ""}`,
        r.image,
        short(r.digest),
        restorable(cli, r.restorable),
        r.who,
        r.why,
        age(r.createdAt, now),
      ]);
    for (const line of table(["DEPLOYMENT", "REVISION", "CAUSE", "WHO", "OUTCOME", "TOOK", "AGE", "REASON"], moved)) cli.print(line);
    cli.print("");
    for (const line of table(["REVISION", "IMAGE", "DIGEST", "CAN BE HAD", "WHO", "WHY", "AGE"], numbered)) cli.print(line);
    return 0;
  },
};
