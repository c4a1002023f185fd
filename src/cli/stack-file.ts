import type { Notice, StackSpec } from "../spec/types.ts";
import type { Cli } from "./cli.ts";

interface Resolved {
  readonly spec: StackSpec;
  readonly notices: readonly Notice[];
}

/** The file that the options name, resolved with the caller's environment. Raises INS1xxx with the position. */
export async function readStack(cli: Cli, options: Readonly<Record<string, unknown>>): Promise<Resolved> {
  const { loadStack } = await import("../spec/load.ts");
  const text = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return loadStack({
    files: text(options.file),
    envFiles: text(options.envFile),
    profiles: text(options.profile),
    name: options.stack === undefined ? null : String(options.stack),
    env: cli.env,
    cwd: process.cwd(),
  });
}
