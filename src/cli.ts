#!/usr/bin/env node
import type { Surroundings } from "./cli/program.ts";
import { VERSION } from "./version.ts";

// A reader that has gone (`| head`) ends the watching, as Ctrl-C does; a verb that had ended keeps its own exit code.
const unread = (): never => process.exit(process.exitCode ?? 130);
// A full disk behind `>` is a failure of every verb: who reads that file later is not to take a part for the whole.
let unwritten = (error: Error): number => {
  process.stderr.write(`error ${error.message}\n`);
  return 1;
};
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") unread();
  process.exit(unwritten(error));
});
// Behind `2>` it is none: what was to be told is lost, what was to be done is not, and the exit code says how it went.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") unread();
});

const words = process.argv.slice(2);
// Asked by scripts and shells at every start: answered before anything else is loaded.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.exitCode = 0;
  process.stdout.write(`${VERSION}\n`);
} else {
  const { outputFailed, runCli } = await import("./cli/program.ts");
  const surroundings: Surroundings = {
    env: process.env,
    version: VERSION,
    program: decodeURIComponent(new URL("../bin/instar", import.meta.url).pathname),
    serve: async (options) => (await import("./main.ts")).runServer(options),
    restore: async (options) => (await import("./main.ts")).restoreHome(options),
    stdout: process.stdout,
    stderr: process.stderr,
  };
  unwritten = (error) => outputFailed(error, words, surroundings);
  process.exitCode = await runCli(words, surroundings);
}
