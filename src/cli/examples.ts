import type { Command } from "commander";

/** Shown after the options in a verb's help. */
export const examples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ instar ${line}`).join("\n")}`);
