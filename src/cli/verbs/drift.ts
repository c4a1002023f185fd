import { pipeline } from "node:stream/promises";
import { InstarError } from "../../errors.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type Client, type Drift } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";
import { age, table } from "../table.ts";
import { wholeFile } from "../whole-file.ts";
import { scopeOf } from "./scope.ts";

export const drift: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("[what]", "a stack or a service; or export INSTANCE, or suggest SERVICE")
        .argument("[name]", "for export: the instance whose writable layer is written as a tar; for suggest: the service")
        .option("-o, --output <file>", "where export writes to; - is standard output (INSTANCE.tar)"),
      "drift",
      "drift shop/web --json",
      "drift suggest shop/web",
      "drift export shop-web-r7-1-a1 -o layer.tar",
    ),
  async run(cli, [what, name], options): Promise<Exit> {
    const client = await cli.client();
    if (name !== undefined && what === "suggest") return suggest(cli, client, name);
    if (name !== undefined && what === "export") return exportLayer(cli, client, name, String(options.output ?? `${name}.tar`));
    if (name !== undefined)
      throw new InstarError("INS2001", `drift ${what} is nothing Instar does`, {
        hint: "instar drift export INSTANCE, or suggest SERVICE",
      });
    const found = await answer(client.api.GET("/v1/drift", { params: { query: await scopeOf(client, what) } }));
    if (cli.json) cli.document(found);
    else show(cli, found);
    return 0;
  },
};

function show(cli: Cli, { watching, gaps, instances, gone }: Drift): void {
  const now = Date.now();
  const drifted = instances.filter(({ verdict }) => verdict !== "none");
  cli.print(`watching for ${age(watching.since, now)}; ${drifted.length} of ${instances.length} instances drifted`);
  for (const gap of gaps.filter(({ blind }) => blind)) cli.print(`  nobody watched ${time(gap.from)} to ${time(gap.to)}: ${gap.reason}`);
  if (drifted.length > 0) cli.print("");
  const rows = drifted.map((one) => [one.name, cli.paint.yellow(one.verdict), one.because]);
  if (rows.length > 0) for (const line of table(["INSTANCE", "VERDICT", "BECAUSE"], rows)) cli.print(line);
  for (const one of instances) causes(cli, one.name, one.causes, one.more);
  for (const one of gone) causes(cli, `${one.name} (gone)`, one.causes, false);
}

const SHOWN = 20;

function causes(cli: Cli, name: string, found: Drift["gone"][number]["causes"], more: boolean): void {
  if (found.length === 0) return;
  cli.print("");
  cli.print(name);
  for (const { at, kind, detail, by } of found.slice(0, SHOWN)) cli.print(`  ${time(at)}  ${kind}  ${detail}  ${cli.paint.dim(by)}`);
  if (found.length > SHOWN) cli.print(`  and ${found.length - SHOWN} more: --json has them`);
  if (more) cli.print("  more paths changed than are listed");
}

const time = (at: number): string => new Date(at).toISOString();

async function suggest(cli: Cli, client: Client, name: string): Promise<Exit> {
  const path = await serviceOf(client, name);
  const found = await answer(client.api.GET("/v1/stacks/{stack}/services/{service}/suggest", { params: { path } }));
  if (cli.json) {
    cli.document(found);
    return 0;
  }
  const { lines, instances } = found;
  if (instances === 0) cli.print(`no instance of ${path.stack}/${path.service} runs`);
  else if (lines.length === 0)
    cli.print(`${path.stack}/${path.service} writes nowhere that is not declared: x-instar: { immutable: enforce } would let it run`);
  else for (const line of lines) cli.print(line);
  cli.remark(`from what ${instances} instances have written since they started; use the application first, all of it`);
  return 0;
}

async function exportLayer(cli: Cli, client: Client, name: string, to: string): Promise<Exit> {
  if (to === "-" && process.stdout.isTTY)
    throw new InstarError("INS2001", "a terminal is no place for an archive", { hint: "name a file with -o, or pipe it somewhere" });
  const { body } = await client.download(`/v1/instances/${encodeURIComponent(name)}/layer`);
  if (to === "-") {
    await pipeline(body, process.stdout, { end: false });
    return 0;
  }
  await wholeFile(to, (file) => pipeline(body, file));
  if (cli.json) cli.document({ instance: name, file: to });
  else cli.print(`${to}: the writable layer of ${name}`);
  return 0;
}
