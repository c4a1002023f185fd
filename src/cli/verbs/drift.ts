import type { Cli, Verb } from "../cli.ts";
import { answer, type Drift } from "../client.ts";
import { examples } from "../examples.ts";
import { age, table } from "../table.ts";
import { scopeOf } from "./scope.ts";

export const drift: Verb = {
  declare: (command) => examples(command.argument("[name]", "a stack, or a service"), "drift", "drift shop/web", "drift shop/web --json"),
  async run(cli, [name]) {
    const client = await cli.client();
    const found = await answer(client.api.GET("/v1/drift", { params: { query: await scopeOf(client, name) } }));
    if (cli.json) cli.document(found);
    else show(cli, found);
    return 0;
  },
};

function show(cli: Cli, { watching, gaps, instances, gone }: Drift): void {
  const now = Date.now();
  const drifted = instances.filter(({ verdict }) => verdict !== "none");
  cli.print(`watching for ${age(watching.since, now)}; ${drifted.length} of ${instances.length} instances drifted`);
  const blind = gaps.filter((gap) => gap.blind);
  for (const gap of blind) cli.print(`  nobody watched ${time(gap.from)} to ${time(gap.to)}: ${gap.reason}`);
  if (drifted.length > 0) cli.print("");
  const rows = drifted.map((one) => [one.name, cli.paint.yellow(one.verdict), one.because]);
  if (rows.length > 0) for (const line of table(["INSTANCE", "VERDICT", "BECAUSE"], rows)) cli.print(line);
  for (const one of instances) causes(cli, one);
  for (const one of gone) causes(cli, { ...one, name: `${one.name} (gone)` });
}

const SHOWN = 20;

function causes(cli: Cli, one: { readonly name: string; readonly causes: Drift["gone"][number]["causes"] }): void {
  if (one.causes.length === 0) return;
  cli.print("");
  cli.print(one.name);
  for (const { at, kind, detail, by } of one.causes.slice(0, SHOWN)) cli.print(`  ${time(at)}  ${kind}  ${detail}  ${cli.paint.dim(by)}`);
  if (one.causes.length > SHOWN) cli.print(`  and ${one.causes.length - SHOWN} more: --json has them all`);
}

const time = (at: number): string => new Date(at).toISOString();
