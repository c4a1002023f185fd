import { resolve } from "node:path";
import { InstarError } from "../errors.ts";
import { parseDotenv } from "./dotenv.ts";
import { type Environment, lookUp } from "./interpolate.ts";

type ReadFile = (path: string) => string | null;

/** `outer` over the variables of these files, of which later ones win (absolute paths; each must exist). Raises INS1011 and what `parseDotenv` raises. */
export function withEnvFiles(outer: Environment, files: readonly string[], readFile: ReadFile): Environment {
  const own = set(outer);
  let values: Environment = {};
  for (const file of files) {
    const content = readFile(file);
    if (content === null) throw new InstarError("INS1011", `${file} does not exist`);
    values = { ...values, ...Object.fromEntries(parseDotenv(file, content, { ...values, ...own })) };
  }
  return { ...values, ...own };
}

/** `.env` of a folder, if there is one; a folder of that name is none. */
export function defaultEnvFile(folder: string, readFile: ReadFile): readonly string[] {
  const file = resolve(folder, ".env");
  try {
    return readFile(file) === null ? [] : [file];
  } catch (error) {
    if (error instanceof InstarError && error.cause === "EISDIR") return [];
    throw error;
  }
}

/** Those of `--env-file`, else of COMPOSE_ENV_FILES, absolute; null: `.env` is to be looked for. */
export function namedEnvFiles(named: readonly string[], env: Environment, cwd: string): readonly string[] | null {
  const files = named.length > 0 ? named : (lookUp(env, "COMPOSE_ENV_FILES") ?? "").split(",").filter((file) => file !== "");
  if (files.length > 0) return files.map((file) => resolve(cwd, file));
  return isOn(lookUp(env, "COMPOSE_DISABLE_ENV_FILE")) ? [] : null;
}

const isOn = (word: string | undefined): boolean => ["1", "t", "true"].includes((word ?? "").toLowerCase());

const set = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
