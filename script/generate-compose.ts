/** Writes docs/compose.md from the table in src/spec/keys.ts; with --check only compares, and exits 1 when they differ. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KEYS, type KeyRow } from "../src/spec/keys.ts";

const path = fileURLToPath(new URL("../docs/compose.md", import.meta.url));

const SECTIONS: readonly (readonly [prefix: string, title: string])[] = [
  ["", "The file"],
  ["services.*.", "Services"],
  ["networks.*.", "Networks"],
  ["volumes.*.", "Volumes"],
  ["secrets.*.", "Secrets"],
  ["configs.*.", "Configs"],
];

const CLASSES: Readonly<Record<KeyRow["does"], string>> = {
  honoured: "honoured",
  docker: "honoured on Docker",
  swarm: "honoured on Swarm",
  ignored: "ignored",
  refused: "refused",
};

const cell = (text: string): string => text.replaceAll("|", "\\|");
const says = ({ note, idle }: KeyRow): string => {
  const harmless = idle.filter((value) => value !== null && typeof value !== "string");
  return [note, ...(harmless.length === 0 ? [] : [`\`${String(harmless[0])}\` is let through`])].filter((part) => part !== "").join("; ");
};

function section(prefix: string, title: string): string {
  const rows = [...KEYS].filter(([key]) => (prefix === "" ? !/\.\*\./.test(key) : key.startsWith(prefix)));
  const lines = rows.map(([key, row]) => `| \`${key.slice(prefix.length)}\` | ${CLASSES[row.does]} | ${cell(says(row))} |`);
  return [`## ${title}`, "", "| key | Instar | |", "|---|---|---|", ...lines, ""].join("\n");
}

const text = `# Compose keys

Generated from \`src/spec/keys.ts\` by \`script/generate-compose.ts\`; not edited by hand.

A stack file is a Compose file. Every key of the Compose schema is in one of four classes. *honoured*: it means what Compose says,
with the remark beside it. *honoured on Docker* or *on Swarm*: only that engine has a word for it; on the other one a notice names
its line. *ignored*: it changes nothing here, and a notice names its line. *refused*: leaving it out would change what the
application does, so the file is not taken (INS1006). Keys deeper than those listed go with the one above them. Keys that begin
with \`x-\` are yours.

Instar runs on the Docker Engine so far; what is honoured on Swarm is a notice today.

${SECTIONS.map(([prefix, title]) => section(prefix, title)).join("\n")}`;

const fresh = existsSync(path) && readFileSync(path, "utf8") === text;
if (!process.argv.includes("--check")) {
  if (!fresh) writeFileSync(path, text);
} else if (!fresh) {
  console.error("docs/compose.md is stale: run node script/generate-compose.ts");
  process.exitCode = 1;
}
