/** Writes docs/errors.md from the catalogue; with --check only compares, and exits 1 when they differ. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CatalogueRow } from "../src/catalogue/row.ts";
import { CATALOGUE } from "../src/errors.ts";

const path = fileURLToPath(new URL("../docs/errors.md", import.meta.url));

const RANGES: readonly (readonly [digit: string, title: string])[] = [
  ["1", "The stack file"],
  ["2", "The request"],
  ["3", "The engine"],
  ["4", "The router"],
  ["5", "The deployment"],
  ["6", "The store"],
  ["7", "The daemon and everything else"],
];

const EXITS: Readonly<Record<CatalogueRow["exit"], string>> = {
  0: "done",
  1: "failed, or rolled back; `verify`, `audit` or `doctor` found something",
  64: "usage",
  65: "a bad stack file",
  69: "the daemon or the engine cannot be reached",
  77: "not allowed",
};

const cell = (text: string): string => text.replaceAll("|", "\\|");

function section(digit: string, title: string): string {
  const rows = Object.entries<CatalogueRow>(CATALOGUE).filter(([code]) => code.startsWith(`INS${digit}`));
  const lines = rows.map(
    ([code, row]) => `| ${code} | ${cell(row.title)} | ${cell(row.hint)} | ${row.exit} | ${row.status} | ${row.retryable ? "yes" : "no"} |`,
  );
  return [
    `## ${digit}xxx: ${title}`,
    "",
    "| code | what | what to do | exit | HTTP | again? |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

const unlisted = Object.keys(CATALOGUE).filter((code) => !RANGES.some(([digit]) => code.startsWith(`INS${digit}`)));
if (unlisted.length > 0) throw new Error(`no range for ${unlisted.join(", ")}`);

const text = `# Errors

Generated from \`src/errors.ts\` by \`script/generate\`; not edited by hand.

On a terminal an error reads \`error INS1003 …cause… → …what to do…\`; with \`--json\` it is
\`{"error":{"code","message","hint","at":{"file","line","column"}}}\`. Both go to stderr, also for a deployment that
failed or was rolled back, beside its document on stdout. *Again?* says whether the same command
can succeed later without anything being mended.

| exit code | meaning |
|---|---|
${Object.entries(EXITS)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join("\n")}
| 2 | \`instar plan\` found changes (not an error) |
| 130 | Ctrl-C, or nobody reads any more: the watching ended, the work goes on |
| any | \`instar exec\`: the exit code of the command |

${RANGES.map(([digit, title]) => section(digit, title)).join("\n")}`;

if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
  console.error("docs/errors.md is stale: run script/generate");
  process.exitCode = 1;
}
