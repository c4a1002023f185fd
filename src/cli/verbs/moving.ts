import type { Command } from "commander";
import type { Cli, Exit, Verb } from "../cli.ts";
import type { Client, Deployment } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";

interface Key {
  readonly stack: string;
  readonly service: string;
}

type Begin = (
  client: Client,
  key: Key,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<{ readonly deployments: readonly Deployment[] }>;

/** A verb that moves one service and follows the deployment. */
export function moving(declare: (command: Command) => Command, lines: readonly string[], begin: Begin): Verb {
  return {
    declare: (command) =>
      examples(declare(command.argument("<service>")).option("--detach", "print the deployment's id at once"), ...lines),
    async run(cli: Cli, args, options): Promise<Exit> {
      // Before it is begun: Ctrl-C finds somebody who answers it, all along.
      const [client, { follow }] = await Promise.all([cli.client(), import("../follow.ts")]);
      const { deployments } = await begin(client, await serviceOf(client, args[0] ?? ""), args, options);
      return follow(cli, client, deployments, {}, options.detach === true);
    },
  };
}
