import type { Command } from "commander";
import type { UpRequest } from "../client.ts";

/** What `up`, `plan` and `adopt` take besides the file: how far the file may go. */
export const applyOptions = (command: Command): Command =>
  command
    .option("--prune", "remove services that the file no longer has")
    .option("--unpin", "also change services that a rollback has pinned")
    .option("--force-file", "let the file win over what verbs have set since")
    .option(
      "--accept-volume <name>",
      "let this volume (or what is at this path) take the place of the one mounted before; may be repeated",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    );

export const applyFlags = (
  options: Readonly<Record<string, unknown>>,
): Pick<UpRequest, "prune" | "unpin" | "forceFile" | "acceptVolumes"> => ({
  prune: options.prune === true,
  unpin: options.unpin === true,
  forceFile: options.forceFile === true,
  acceptVolumes: options.acceptVolume as string[],
});
