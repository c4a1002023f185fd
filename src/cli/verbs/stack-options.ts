import type { Command } from "commander";

/** The options that name a stack file, the same for up, plan, config and adopt. */
export const fileOptions = (command: Command): Command =>
  command
    .option("-f, --file <file>", "a stack file; several are merged in order (compose.yaml of this folder when absent)", gather, [])
    .option(
      "--env-file <file>",
      "variables for ${…}; may be repeated, later files win (.env beside the stack file when absent)",
      gather,
      [],
    )
    .option("--profile <name>", "also the services of this profile; may be repeated", gather, []);

/** With the stack's name, where nothing else gives it. */
export const stackOptions = (command: Command): Command =>
  fileOptions(command).option("--stack <name>", "the stack's name (the file's `name`, else the folder's)");

function gather(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
