import type { Verb } from "../cli.ts";
import { answer, type UpRequest } from "../client.ts";
import { readContents } from "../contents.ts";
import { examples } from "../examples.ts";
import { tellPlan } from "../plan-text.ts";
import { readStack } from "../stack-file.ts";
import { applyFlags, applyOptions } from "./apply-options.ts";
import { stackOptions } from "./stack-options.ts";

export const plan: Verb = {
  declare: (command) => examples(applyOptions(stackOptions(command)), "plan", "plan -f compose.yaml --json"),
  async run(cli, _args, options) {
    const { spec, notices, contents } = await readStack(cli, options);
    const flags = applyFlags(options);
    const body = {
      ...{ spec: spec as UpRequest["spec"], notices: [...notices], who: "", built: {} },
      ...{ contents: await readContents(contents), ...flags },
    };
    const result = await answer((await cli.client()).api.POST("/v1/plan", { body }));
    if (cli.json) cli.document(result);
    else tellPlan(cli, result);
    return result.changed ? 2 : 0;
  },
};
