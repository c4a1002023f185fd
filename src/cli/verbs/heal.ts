import { InstarError } from "../../errors.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";

const KEPT = "1h";

export const heal: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<service>", "every drifted instance of it is replaced, whatever its policy")
        .option("--keep", "keep the drifted ones out of rotation, to look into: phase quarantined")
        .option("--for <duration>", `how long they are kept (${KEPT})`)
        .option("--detach", "print the deployment's id at once"),
      "heal shop/web",
      "heal shop/web --keep --for 24h",
    ),
  async run(cli, [name = ""], options) {
    const [client, { follow }] = await Promise.all([cli.client(), import("../follow.ts")]);
    const keepMs = keptFor(options);
    const path = await serviceOf(client, name);
    const { deployments } = await answer(
      client.api.POST("/v1/stacks/{stack}/services/{service}/heal", { params: { path }, body: { keepMs } }),
    );
    if (deployments.length === 0) {
      if (cli.json) cli.document({ deployments });
      else cli.print(`nothing of ${path.stack}/${path.service} has drifted`);
      return 0;
    }
    return follow(cli, client, deployments, {}, options.detach === true);
  },
};

function keptFor(options: Readonly<Record<string, unknown>>): number | null {
  const written = options.for;
  if (written === undefined) return options.keep === true ? parseDuration(KEPT) : null;
  const hint = `write --keep --for ${KEPT}`;
  if (options.keep !== true) throw new InstarError("INS2001", "--for goes with --keep", { hint });
  const ms = parseDuration(String(written));
  if (ms === null || ms < 1000) throw new InstarError("INS2001", `${String(written)} is not a duration of a second or more`, { hint });
  return ms;
}
