import type { InstarError } from "../../errors.ts";
import type { Environment } from "../interpolate.ts";
import { fail, plain } from "../node.ts";
import { byText } from "../values.ts";
import { defaultEnvFile, withEnvFiles } from "../variables.ts";
import { Draft } from "./draft.ts";
import { TUTUM_KEYS } from "./keys.ts";
import { readOldFiles, readOldStack } from "./read.ts";
import { readBack } from "./read-back.ts";
import { writeRoutes } from "./routes.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { ImportNote } from "./types.ts";
import { declareShared } from "./volumes.ts";

export interface ImportInput {
  /** Absolute; later ones are merged over earlier ones. `-` is standard input. */
  readonly files: readonly string[];
  /** Where the new file will stand. */
  readonly folder: string;
  /** The caller's; `.env` of the folder stands behind it. Only for the check: variables stay in the file. */
  readonly env: Environment;
  /** Text of an absolute path; null when there is no such file. Raises INS1001 when it cannot be read. */
  readonly readFile: (path: string) => string | null;
}

export interface Imported {
  /** A Compose file, as JSON. */
  readonly document: unknown;
  /** In the order of the old file. */
  readonly notes: readonly ImportNote[];
  /** What the reader of stack files says of it as long as a variable is not set, or a file is missing here; null: nothing. */
  readonly unsettled: InstarError | null;
}

/**
 * An old stackfile (`tutum.yml`, `docker-cloud.yml`) as a stack file. Every key of it is in the document or in a note, often in both.
 * Raises INS1001 to INS1014, INS1200 (not an old stackfile) and INS1202 (nothing is left of it), each with its place in the old file.
 */
export function importStack({ files, folder, env, readFile }: ImportInput): Imported {
  const root = readOldFiles(files, readFile);
  const draft = new Draft(root.at);
  const stack = readOldStack(root, draft);
  const around = surroundingsOf(stack);
  const kept = [...stack.values()].filter(({ name }) => !around.proxies.has(name));
  if (kept.length === 0)
    fail(stack.size === 0 ? "INS1200" : "INS1202", root, stack.size === 0 ? "there are no services" : "every service is an haproxy");
  for (const { name, at } of kept) draft.service(name, at);
  for (const service of kept) for (const key of service.keys.values()) TUTUM_KEYS[key.key]?.translate(key, service, draft, around);
  writeRoutes(draft, around);
  declareShared(draft, around);
  const made = draft.root();
  const environment = withEnvFiles(env, defaultEnvFile(folder, readFile), readFile);
  const unsettled = readBack(made, { folder, environment, readFile });
  return { document: plain(made), notes: inOrder(draft.notes), unsettled };
}

const inOrder = (notes: readonly ImportNote[]): ImportNote[] =>
  [...notes].sort((a, b) => byText(a.at.file, b.at.file) || a.at.line - b.at.line || a.at.column - b.at.column);
