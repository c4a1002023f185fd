import { basename, dirname, join, resolve } from "node:path";
import { InstarError } from "../errors.ts";

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"] as const;

type ReadFile = (path: string) => string | null;

/**
 * The stack's files, absolute: those named, else `COMPOSE_FILE`'s, else the first of Compose's default names in `cwd` or a folder
 * above, with its override file beside it. Raises INS1001.
 */
export function discover(named: readonly string[], cwd: string, composeFile: string | undefined, readFile: ReadFile): readonly string[] {
  if (named.length > 0) return named.map((file) => (file === "-" ? file : resolve(cwd, file)));
  if (composeFile !== undefined && composeFile !== "") return composeFile.split(":").map((file) => resolve(cwd, file));
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = NAMES.find((name) => readFile(join(folder, name)) !== null);
    if (found !== undefined) {
      const stem = found.replace(/\.ya?ml$/, "");
      const override = [`${stem}.override.yml`, `${stem}.override.yaml`].find((name) => readFile(join(folder, name)) !== null);
      return [found, ...(override === undefined ? [] : [override])].map((name) => join(folder, name));
    }
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
