import type { Verb } from "../cli.ts";
import type { Client, Deployment } from "../client.ts";
import { examples } from "../examples.ts";
import { movement } from "../verdict.ts";

/** A verb on a running deployment: prints its state after the call, and does not follow it. */
export function steering(
  example: string,
  call: (client: Client, id: string) => Promise<{ readonly deployments: readonly Deployment[] }>,
): Verb {
  return {
    declare: (command) => examples(command.argument("<deployment>"), example),
    async run(cli, args) {
      const { deployments } = await call(await cli.client(), args[0] ?? "");
      if (cli.json) cli.document({ deployments });
      else for (const d of deployments) cli.print(`${d.id}  ${movement(d)} ${d.outcome}`);
      return 0;
    },
  };
}
