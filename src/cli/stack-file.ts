import type { LoadedStack, LoadInput } from "../spec/load.ts";
import type { Notice, StackSpec } from "../spec/types.ts";
import type { Cli } from "./cli.ts";

interface Resolved {
  readonly spec: StackSpec;
  readonly notices: readonly Notice[];
  /** Where the contents of secrets and configs are to be read. */
  readonly contents: LoadedStack["contents"];
}

/** The files that the options name, resolved with the caller's environment. Raises INS1xxx with the position. */
export async function readStack(cli: Cli, options: Readonly<Record<string, unknown>>): Promise<Resolved> {
  const { loadStack } = await import("../spec/load.ts");
  const { spec, notices, contents } = loadStack(await loadInput(cli, options));
  return { spec, notices, contents };
}

/** What the options of `stackOptions` say. */
export async function loadInput(cli: Cli, options: Readonly<Record<string, unknown>>): Promise<LoadInput> {
  const { readTextFile } = await import("../spec/files.ts");
  return {
    files: texts(options.file),
    profiles: texts(options.profile),
    envFiles: texts(options.envFile),
    ...(options.stack === undefined ? {} : { stack: String(options.stack) }),
    cwd: process.cwd(),
    env: cli.env,
    readFile: readTextFile,
  };
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
