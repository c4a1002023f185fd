import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InstarError } from "../../errors.ts";
import type { ImportNote } from "../../spec/tutum/types.ts";
import type { Cli, Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { errorLine } from "../failure.ts";
import { wholeFile } from "../whole-file.ts";

const NAMES = ["docker-cloud.yml", "docker-cloud.yaml", "tutum.yml", "tutum.yaml"];

/** Needs no daemon. */
export const importVerb: Verb = {
  declare: (command) =>
    examples(
      command
        .option("-f, --file <file>", "an old stackfile; several are merged in order", (value, before: string[]) => [...before, value], [])
        .option("-o, --output <file>", "write the stack file here instead of printing it")
        .option("--force", "write over a file that is there")
        .addHelpText("after", `\nWithout -f: the first of ${NAMES.join(", ")} in this folder, with its .override.yml.`),
      "import > compose.yaml",
      "import -f tutum.yml -o compose.yaml",
      "import -f tutum.yml --json",
    ),
  async run(cli, _args, options) {
    const [{ importStack }, { printYaml }, { readTextFile }] = await Promise.all([
      import("../../spec/tutum/import.ts"),
      import("../../spec/print.ts"),
      import("../../spec/files.ts"),
    ]);
    const output = options.output === undefined ? null : resolve(String(options.output));
    const { document, notes, unsettled } = importStack({
      files: filesOf(options.file as readonly string[]),
      folder: output === null ? process.cwd() : dirname(output),
      env: cli.env,
      readFile: readTextFile,
    });
    const yaml = printYaml(document);
    if (output !== null) await write(output, yaml, options.force === true);
    for (const note of notes) tell(cli, note);
    if (unsettled !== null) cli.remark(`${cli.stderr.paint.yellow("unsettled")} ${errorLine(unsettled, false)}`);
    if (cli.json) cli.document({ file: document, notes, unsettled, output });
    else if (output === null) cli.print(yaml.trimEnd());
    else cli.print(`${output} is written; instar plan -f ${output} shows what it would do`);
    return 0;
  },
};

/** Those named with `-f`, else the first of the old names in this folder. */
function filesOf(named: readonly string[]): readonly string[] {
  const cwd = process.cwd();
  if (named.length > 0) return named.map((file) => (file === "-" ? file : resolve(cwd, file)));
  const found = NAMES.map((name) => join(cwd, name)).find((file) => existsSync(file));
  if (found === undefined)
    throw new InstarError("INS1001", `there is no ${NAMES.join(", ")} in ${cwd}`, { hint: "name the old stackfile with -f" });
  const override = found.replace(/\.ya?ml$/, ".override.yml");
  return existsSync(override) ? [found, override] : [found];
}

/** Whole or not at all. Raises INS1201 when there is a file of the name already. */
async function write(file: string, text: string, force: boolean): Promise<void> {
  const claimed = !force && (await claim(file));
  try {
    await wholeFile(file, async (to) => {
      await new Promise<void>((done, failed) => {
        to.on("error", failed);
        to.end(text, done);
      });
    });
  } catch (error) {
    if (claimed) await rm(file, { force: true });
    throw error;
  }
}

/** The name is taken in one step, so that no other file of it can come in between; what else is wrong the writing says. */
async function claim(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new InstarError("INS1201", `${file} is there already`);
    return false;
  }
}

/** `note tutum.yml:3:5 web.tags is left out: …`. */
function tell(cli: Cli, { at, service, key, became, note }: ImportNote): void {
  const what = became === null ? "is left out" : became === key || key.startsWith(`${became}.`) ? "stays" : `became ${became}`;
  cli.remark(`${cli.stderr.paint.yellow("note")} ${at.file}:${at.line}:${at.column} ${service}.${key} ${what}: ${note}`);
}
