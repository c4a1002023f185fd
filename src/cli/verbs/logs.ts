import type { Verb } from "../cli.ts";
import { asError } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf, whole } from "../name.ts";
import { interruptible } from "./interruptible.ts";

interface Line {
  readonly at: number;
  readonly stream: string;
  readonly instance: string;
  readonly text: string;
  readonly error?: unknown;
}

export const logs: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<service>")
        .option("-f, --follow", "go on as lines are written, with the instances that follow too")
        .option("-n, --tail <lines>", "how many of the last lines of each instance and job")
        .option("-t, --timestamps", "show when each line was written"),
      "logs shop/web --tail 50",
      "logs web -f",
    ).addHelpText("after", "\nControl characters are spelled out; colours are shown on a terminal alone. --json has each line as it was."),
  async run(cli, args, options) {
    const tail = options.tail === undefined ? null : whole(String(options.tail), "--tail", 0);
    const client = await cli.client();
    const { stack, service } = await serviceOf(client, args[0] ?? "");
    const query = new URLSearchParams({ follow: String(options.follow === true), ...(tail === null ? {} : { tail: String(tail) }) });
    return interruptible(async (signal) => {
      for await (const text of await client.stream(`/v1/stacks/${stack}/services/${service}/logs?${query}`, { signal })) {
        const line = JSON.parse(text) as Line;
        if (line.error !== undefined) throw asError(line, 200);
        const at = options.timestamps === true ? `${new Date(line.at).toISOString()} ` : "";
        if (cli.json) cli.document(line);
        else cli.print(`${cli.paint.dim(`${at}${line.instance} |`)} ${line.text}`);
      }
    });
  },
};
