import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * What is tested: `INSTAR_ENTRY`, else the build when it is newer than every source file, else the sources themselves.
 */
export function entry(): string {
  if (process.env.INSTAR_ENTRY !== undefined) return process.env.INSTAR_ENTRY;
  const built = join(ROOT, "dist/cli.js");
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(...globSync("src/**/*.ts", { cwd: ROOT }).map((file) => statSync(join(ROOT, file)).mtimeMs));
  return builtAt > newest ? built : join(ROOT, "src/cli.ts");
}
