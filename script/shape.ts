/**
 * The shape of the tree: no file over 400 lines, no folder or file named for what everything is. Generated files are let be.
 * Exits 1 with one line per finding.
 */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const LIMIT = 400;
const EMPTY_NAMES = /^(utils?|helpers?|managers?|data|info|common|misc|services|shared)$/;

const files = globSync("{src,test,bench,script}/**/*.{ts,js}", { cwd: root }).filter((file) => !file.includes("/generated/"));
const found: string[] = [];
for (const file of files) {
  const lines = readFileSync(root + file, "utf8").split("\n").length - 1;
  if (lines > LIMIT) found.push(`${file}: ${lines} lines, the limit is ${LIMIT}`);
  // A verb of the command line is called what the user types.
  const named = file.startsWith("src/cli/verbs/")
    ? file.split("/").slice(0, -1)
    : [...file.split("/").slice(0, -1), basename(file).split(".")[0] ?? ""];
  for (const name of named) if (EMPTY_NAMES.test(name)) found.push(`${file}: "${name}" says nothing; name it for what it holds`);
}
for (const line of found) console.error(line);
process.exitCode = found.length === 0 ? 0 : 1;
