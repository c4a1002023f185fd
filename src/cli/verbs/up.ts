import { buildAll } from "../build.ts";
import type { Verb } from "../cli.ts";
import { answer, type UpRequest } from "../client.ts";
import { readContents } from "../contents.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { tellNotices } from "../notices.ts";
import { nothingToDo, tellPlan } from "../plan-text.ts";
import { readStack } from "../stack-file.ts";
import { applyFlags, applyOptions } from "./apply-options.ts";
import { stackOptions } from "./stack-options.ts";

export const up: Verb = {
  declare: (command) =>
    examples(
      applyOptions(stackOptions(command))
        .option("--dry-run", "only show the plan")
        .option("--detach", "print the deployments' ids at once"),
      "up",
      "up -f compose.yaml -f production.yaml --stack shop",
      "up --dry-run",
    ),
  async run(cli, _args, options) {
    const { spec, notices, contents } = await readStack(cli, options);
    const client = await cli.client();
    const dryRun = options.dryRun === true;
    const built = dryRun ? {} : await buildAll(cli, client, spec);
    const flags = applyFlags(options);
    const body = {
      ...{ spec: spec as UpRequest["spec"], notices: [...notices], who: "", built },
      ...{ contents: await readContents(contents), ...flags },
    };
    if (dryRun) {
      const plan = await answer(client.api.POST("/v1/plan", { body }));
      if (cli.json) cli.document(plan);
      else tellPlan(cli, plan);
      return 0;
    }
    const { deployments, kept, notices: all } = await answer(client.api.POST("/v1/up", { body }));
    tellNotices(cli, all);
    for (const line of kept) cli.remark(`kept: ${line}`);
    const grouped = deployments.filter(({ group }) => group !== undefined);
    if (grouped.length > 1)
      cli.remark(`${grouped[0]?.group}: ${grouped.map(({ service }) => service).join(", ")} succeed together or go back together`);
    if (deployments.every((d) => d.outcome === "unchanged")) {
      if (!cli.json) cli.print(nothingToDo(spec.name, all));
      else cli.document({ deployments, kept, notices: all });
      return 0;
    }
    return follow(cli, client, deployments, { kept, notices: all }, options.detach === true);
  },
};
