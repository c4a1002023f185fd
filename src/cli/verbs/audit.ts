import { readFileSync } from "node:fs";
import { InstarError } from "../../errors.ts";
import type { Cli, Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";

/** As many heads as the daemon takes at once. */
const AT_ONCE = 200;
const SHOWN = 20;

interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly signature: string;
}

export const audit: Verb = {
  declare: (command) =>
    examples(
      command.option("--log <file>", "the daemon's own log: every head of the event log in it must still be there"),
      "audit",
      "journalctl -u instar -o cat > daemon.log && instar audit --log daemon.log",
    ),
  async run(cli, _args, options) {
    const heads = typeof options.log === "string" ? headsIn(options.log) : [];
    const { log, claims } = await asked(cli, heads);
    if (cli.json) cli.document({ log, claims });
    else {
      const faults = [...log.faults.map(({ message }) => message), ...claims];
      for (const message of faults.slice(0, SHOWN)) cli.print(`${cli.paint.red("!!")}  ${message}`);
      if (faults.length > SHOWN) cli.print(`    and ${faults.length - SHOWN} more: --json has them all`);
      if (faults.length === 0) {
        const against = heads.length === 0 ? "" : `, and has the ${heads.length} heads that the daemon's log saw`;
        cli.print(`${cli.paint.green("ok")}  ${log.events} events, none changed or removed, its head signed${against}`);
      }
    }
    return log.faults.length === 0 && claims.length === 0 ? 0 : 1;
  },
};

/** The log is checked with each part again: what the last answer says of it is the newest. */
async function asked(cli: Cli, heads: readonly Head[]) {
  const { api } = await cli.client();
  const ask = async (from: number) => answer(api.POST("/v1/audit", { body: { heads: heads.slice(from, from + AT_ONCE) } }));
  let { log, claims } = await ask(0);
  for (let from = AT_ONCE; from < heads.length; from += AT_ONCE) {
    const next = await ask(from);
    log = next.log;
    claims = [...claims, ...next.claims];
  }
  return { log, claims };
}

/**
 * Every head that the daemon's log says. Of one number there may be several: after a cut tail the log was written on, and it is the
 * earlier one that is not in it. Raises INS2037.
 */
function headsIn(file: string): Head[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new InstarError("INS2037", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const found = new Map<string, Head>();
  for (const line of text.split("\n")) {
    const match = /"head":(\{"seq":\d+,"hash":"[0-9a-f]{64}","signature":"[A-Za-z0-9+/=]{1,200}"\})/.exec(line)?.[1];
    if (match !== undefined) found.set(match, JSON.parse(match) as Head);
  }
  if (found.size === 0) throw new InstarError("INS2037", `${file} has no head of the event log`);
  return [...found.values()].sort((a, b) => a.seq - b.seq);
}
