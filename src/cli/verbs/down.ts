import { InstarError } from "../../errors.ts";
import type { Cli, Verb } from "../cli.ts";
import { answer, type Client, type EventRow } from "../client.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { size } from "../table.ts";

export const down: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<stack>")
        .option("--volumes", "delete the stack's volumes and what is in them; lists them first, and asks on a terminal")
        .option("--yes", "do not ask"),
      "down shop",
      "down shop --volumes",
    ),
  async run(cli, args, options) {
    const client = await cli.client();
    const stack = args[0] ?? "";
    if (options.volumes === true) await announce(cli, client, stack, options.yes === true);
    const params = { path: { stack }, query: { volumes: options.volumes === true } };
    const remove = () => answer(client.api.DELETE("/v1/stacks/{stack}", { params }));
    const result = await (cli.json ? remove() : telling(cli, client, stack, remove));
    if (cli.json) {
      cli.document(result);
      return 0;
    }
    for (const name of result.removed) cli.print(`removed ${name}`);
    for (const name of result.removedVolumes) cli.print(`deleted volume ${name}`);
    for (const name of result.keptVolumes) cli.print(`kept volume ${name}`);
    return 0;
  },
};

/** What will be deleted, before it is. Without a terminal `--volumes` is consent enough. */
async function announce(cli: Cli, client: Client, stack: string, yes: boolean): Promise<void> {
  const { volumes } = await answer(client.api.GET("/v1/volumes", {}));
  const own = volumes.filter((volume) => volume.ours && volume.stack === stack);
  for (const { name, bytes, snapshots } of own)
    cli.remark(
      `will delete volume ${name}${bytes === null ? "" : ` (${size(bytes)})`}${snapshots === 0 ? ", of which there is no snapshot" : ""}`,
    );
  if (own.length > 0 && process.stdin.isTTY && !cli.json)
    await confirm(cli, `deleting ${own.length === 1 ? "this volume" : `these ${own.length} volumes`} of ${stack}`, stack, yes);
}

/** A line for every step of the stack while `work` goes on: what drains may take its time. */
async function telling<T>(cli: Cli, client: Client, stack: string, work: () => Promise<T>): Promise<T> {
  const { events } = await answer(client.api.GET("/v1/events", { params: { query: { stack, limit: 1 } } }));
  const query = new URLSearchParams({ stack, after: String(events.at(-1)?.seq ?? 0) });
  const done = new AbortController();
  const heard = (async () => {
    const stream = await client.stream(`/v1/events?${query}`, { headers: { accept: "text/event-stream" }, signal: done.signal });
    for await (const text of stream) {
      if (!text.startsWith("data: ")) continue;
      const { kind, service, message } = JSON.parse(text.slice(6)) as EventRow;
      if (kind.startsWith("step.")) cli.print(`${stack}/${service}  ${message}`);
    }
  })().catch((error: unknown) => {
    // The removal itself fails where the daemon does.
    if (!done.signal.aborted && !(error instanceof InstarError && error.code === "INS7001")) throw error;
  });
  try {
    return await work();
  } finally {
    done.abort();
    await heard;
  }
}
