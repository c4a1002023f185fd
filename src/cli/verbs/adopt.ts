import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { InstarError } from "../../errors.ts";
import { buildAll } from "../build.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type Client, type UpRequest } from "../client.ts";
import { confirm } from "../confirm.ts";
import { readContents } from "../contents.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { tellNotices } from "../notices.ts";
import { tellPlan } from "../plan-text.ts";
import { readStack } from "../stack-file.ts";
import { applyFlags, applyOptions } from "./apply-options.ts";
import { fileOptions } from "./stack-options.ts";

export const adopt: Verb = {
  declare: (command) =>
    examples(
      applyOptions(fileOptions(command.argument("<project>", "its name, which the stack will have")))
        .option("--dry-run", "only show what would be taken over, in which order, and what clients will notice")
        .option("--yes", "do not ask")
        .option("--detach", "print the deployments' ids at once")
        .option("--undo", "let the project's containers run again, on the same volumes")
        .option("--finish", "remove the project's stopped containers: the way back ends"),
      "adopt shop --dry-run",
      "adopt shop",
      "adopt shop -f compose.yaml -f production.yaml",
      "adopt shop --undo",
      "adopt shop --finish",
    ),
  async run(cli, args, options) {
    const project = args[0] ?? "";
    const client = await cli.client();
    if (options.undo === true || options.finish === true) return end(cli, client, project, options);
    const found = await answer(client.api.GET("/v1/projects/{project}", { params: { path: { project } } }));
    const files = filesOf(found, options);
    const { spec, notices, contents } = await readStack(cli, { ...options, file: files, stack: project });
    const request: UpRequest = {
      ...{ spec: spec as UpRequest["spec"], notices: [...notices], who: "", built: {} },
      ...{ contents: await readContents(contents), ...applyFlags(options), adopt: true },
    };
    const plan = await answer(client.api.POST("/v1/plan", { body: request }));
    if (options.dryRun === true) {
      if (cli.json) cli.document(plan);
      else tellPlan(cli, plan);
      return 0;
    }
    if (!cli.json) tellPlan(cli, plan);
    await confirm(cli, `taking over the Compose project ${project}`, project, options.yes === true);
    const built = await buildAll(cli, client, spec);
    const { deployments, notices: all } = await answer(client.api.POST("/v1/up", { body: { ...request, built } }));
    tellNotices(cli, all);
    const exit = await follow(cli, client, deployments, { notices: all }, options.detach === true);
    if (exit === 0 && !cli.json)
      cli.print(
        `${project} is adopted. Its old containers are stopped and kept: instar adopt ${project} --undo brings them back, --finish removes them`,
      );
    return exit;
  },
};

/** `-f`, else what the project's labels name, when it can be read here. */
function filesOf(
  project: { files: readonly string[]; folder: string | null },
  options: Readonly<Record<string, unknown>>,
): readonly string[] {
  const given = options.file as readonly string[];
  if (given.length > 0) return given;
  const files = project.files.map((file) => (isAbsolute(file) ? file : join(project.folder ?? "/", file)));
  const missing = files.length === 0 ? "its Compose file" : files.find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new InstarError("INS1001", `${missing} is not here`, { hint: "name the project's Compose file: instar adopt PROJECT -f FILE" });
  return files;
}

async function end(cli: Cli, client: Client, project: string, options: Readonly<Record<string, unknown>>): Promise<Exit> {
  const undo = options.undo === true;
  if (undo && options.finish === true) throw new InstarError("INS2001", "--undo and --finish exclude each other");
  if (options.dryRun === true)
    throw new InstarError("INS2001", `--dry-run does not go with ${undo ? "--undo" : "--finish"}: it shows what taking over would do`, {
      hint: "leave one of them out; without --yes you are asked first",
    });
  const what = undo
    ? `stopping the instances of ${project} and starting its old containers again`
    : `removing the old containers of ${project}, which ends the way back`;
  await confirm(cli, what, project, options.yes === true);
  const params = { params: { path: { project } } };
  const { containers } = await answer(
    undo ? client.api.POST("/v1/projects/{project}/undo", params) : client.api.POST("/v1/projects/{project}/finish", params),
  );
  if (cli.json) cli.document({ containers });
  else for (const name of containers) cli.print(`${undo ? "running again" : "removed"} ${name}`);
  return 0;
}
