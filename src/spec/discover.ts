import { basename, dirname, join, resolve } from "node:path";
import { InstarError } from "../errors.ts";

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"] as const;
const OVERRIDES = ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"] as const;

type ReadFile = (path: string) => string | null;

/** Those named with `-f`, else those of COMPOSE_FILE, absolute; null when neither names any. `-` is standard input. */
export function namedFiles(named: readonly string[], cwd: string, composeFile: string, separator: string): readonly string[] | null {
  const files = named.length > 0 ? named : composeFile === "" ? [] : composeFile.split(separator === "" ? ":" : separator);
  return files.length === 0 ? null : files.map((file) => (file === "-" ? file : resolve(cwd, file)));
}

/**
 * The first of Compose's default names in `cwd` or a folder above, with the first override file beside it; `tell` hears of others.
 * Raises INS1001.
 */
export function discover(cwd: string, readFile: ReadFile, tell: (used: string, others: readonly string[]) => void): readonly string[] {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const there = (names: readonly string[]): string | null => {
      const [first, ...others] = names.map((name) => join(folder, name)).filter((file) => readFile(file) !== null);
      if (first !== undefined && others.length > 0) tell(first, others);
      return first ?? null;
    };
    const found = there(NAMES);
    if (found !== null) return [found, there(OVERRIDES)].filter((file) => file !== null);
    if (dirname(folder) === folder) throw new InstarError("INS1001", `there is no compose.yaml in ${cwd} or a folder above it`);
  }
}

/** A folder's name made fit for a stack: lower case, other letters dropped; null when nothing is left. */
export function nameFromFolder(folder: string): string | null {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "")
    .slice(0, 63);
  return name === "" ? null : name;
}
