import type { LoadedStack } from "../spec/load.ts";
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
  const [{ loadStack }, { readTextFile }] = await Promise.all([import("../spec/load.ts"), import("../spec/files.ts")]);
  const { spec, notices, contents } = loadStack({
    files: texts(options.file),
    profiles: texts(options.profile),
    ...(options.envFile === undefined ? {} : { envFile: String(options.envFile) }),
    ...(options.stack === undefined ? {} : { stack: String(options.stack) }),
    cwd: process.cwd(),
    env: cli.env,
    readFile: readTextFile,
  });
  return { spec, notices, contents };
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
