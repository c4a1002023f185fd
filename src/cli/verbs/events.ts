import type { Verb } from "../cli.ts";
import { answer, type EventRow } from "../client.ts";
import { examples } from "../examples.ts";
import { whole } from "../name.ts";
import { interruptible } from "./interruptible.ts";
import { scopeOf } from "./scope.ts";

export const events: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("[name]", "a stack, or a service")
        .option("-f, --follow", "go on as events happen")
        .option("-n, --limit <count>", "how many past events", "100"),
      "events",
      "events shop/web -f",
      "events -f --json",
    ),
  async run(cli, args, options) {
    const limit = whole(String(options.limit), "--limit", 0);
    const client = await cli.client();
    const of = await scopeOf(client, args[0]);
    const past = limit === 0 ? [] : (await answer(client.api.GET("/v1/events", { params: { query: { ...of, limit } } }))).events;
    if (options.follow !== true) {
      if (cli.json) cli.document({ events: past });
      else for (const event of past) cli.print(line(event));
      return 0;
    }
    const show = (event: EventRow) => (cli.json ? cli.document(event) : cli.print(line(event)));
    for (const event of past) show(event);
    // With nothing asked of the past, only what is new; else without a gap after the last one shown.
    const after = limit === 0 ? undefined : (past.at(-1)?.seq ?? 0);
    const query = new URLSearchParams({ ...of, ...(after === undefined ? {} : { after: String(after) }) });
    return interruptible(async (signal) => {
      const stream = await client.stream(`/v1/events?${query}`, { headers: { accept: "text/event-stream" }, signal });
      for await (const text of stream) {
        if (!text.startsWith("data: ")) continue;
        const event = JSON.parse(text.slice(6)) as EventRow;
        if (event.seq !== 0) show(event);
      }
    });
  },
};

function line(event: EventRow): string {
  const of = [event.stack, event.service].filter((part) => part !== null).join("/");
  return [new Date(event.at).toISOString(), of, event.deployment ?? "", event.kind, event.message].filter((part) => part !== "").join("  ");
}
